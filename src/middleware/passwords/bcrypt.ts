import { Blowfish } from './blowfish.ts';

const ALPHABET = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const NO_SALT = new Int32Array(4);

/**
 * The bcrypt hash of a password, in the form of `setting`: `$2b$10$` and 22 characters of salt, of which more may follow. The variants
 * 2a, 2b and 2y are one function. 72 bytes of the password count. Undefined: the setting is none.
 */
export function bcrypt(password: Buffer, setting: string): string | undefined {
  const match = /^(\$2[aby]\$(\d\d)\$)([./A-Za-z0-9]{22})/.exec(setting);
  if (match === null) return undefined;
  const [, prefix = '', cost = '', saltText = ''] = match;
  const salt = wordsOf(decode(saltText).subarray(0, 16), 4);
  const key = wordsOf(Buffer.concat([password, Buffer.of(0)]), 18);
  const saltKey = Int32Array.from({ length: 18 }, (_, i) => salt[i % 4]!);
  const cipher = new Blowfish();
  cipher.expand(key, salt);
  for (let round = 2 ** Number(cost); round > 0; round--) {
    cipher.expand(key, NO_SALT);
    cipher.expand(saltKey, NO_SALT);
  }
  const words = wordsOf(Buffer.from('OrpheanBeholderScryDoubt'), 6);
  for (let at = 0; at < 6; at += 2) cipher.encrypt(words, at, 64);
  const bytes = Buffer.alloc(24);
  for (const [i, word] of words.entries()) bytes.writeInt32BE(word, i * 4);
  // The salt anew: of its last character only two bits count.
  return prefix + encode(decode(saltText).subarray(0, 16)) + encode(bytes.subarray(0, 23));
}

/** Words of the bytes, over and over. */
function wordsOf(bytes: Uint8Array, count: number): Int32Array {
  const byteAt = (i: number): number => bytes[i % bytes.length]!;
  return Int32Array.from({ length: count }, (_, i) => {
    const at = i * 4;
    return (byteAt(at) << 24) | (byteAt(at + 1) << 16) | (byteAt(at + 2) << 8) | byteAt(at + 3);
  });
}

function decode(text: string): Buffer {
  const bits = Array.from(text, (character) => ALPHABET.indexOf(character).toString(2).padStart(6, '0')).join('');
  return Buffer.from(bits.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? []);
}

function encode(bytes: Uint8Array): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
  return Array.from(bits.match(/.{1,6}/g) ?? [], (six) => ALPHABET[Number.parseInt(six.padEnd(6, '0'), 2)]).join('');
}
