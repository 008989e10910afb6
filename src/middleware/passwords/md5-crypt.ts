import { createHash } from 'node:crypto';

const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/**
 * The MD5 hash of a password as Poul-Henning Kamp's `crypt` makes it, in the form of `setting`: `$1$salt$` or Apache's `$apr1$salt$`, of
 * which more may follow. Undefined: the setting is none.
 */
export function md5Crypt(password: Buffer, setting: string): string | undefined {
  const match = /^(\$(?:1|apr1)\$)([^$]{0,8})\$/.exec(setting);
  if (match === null) return undefined;
  const [start, magic = '', saltText = ''] = match;
  const salt = Buffer.from(saltText, 'latin1');
  const inner = md5(password, salt, password);
  const parts = [password, Buffer.from(magic), salt];
  for (let left = password.length; left > 0; left -= 16) parts.push(inner.subarray(0, Math.min(16, left)));
  for (let left = password.length; left > 0; left >>= 1)
    parts.push((left & 1) === 1 ? Buffer.of(0) : password.subarray(0, 1));
  let digest = md5(...parts);
  for (let round = 0; round < 1000; round++) {
    const isOdd = (round & 1) === 1;
    const mixed = [isOdd ? password : digest];
    if (round % 3 !== 0) mixed.push(salt);
    if (round % 7 !== 0) mixed.push(password);
    mixed.push(isOdd ? digest : password);
    digest = md5(...mixed);
  }
  return start + encode(digest);
}

function md5(...parts: readonly Buffer[]): Buffer {
  const hash = createHash('md5');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function encode(digest: Buffer): string {
  let text = '';
  for (const [a, b, c] of [
    [0, 6, 12],
    [1, 7, 13],
    [2, 8, 14],
    [3, 9, 15],
    [4, 10, 5],
  ] as const) {
    text += digits((digest[a]! << 16) | (digest[b]! << 8) | digest[c]!, 4);
  }
  return text + digits(digest[11]!, 2);
}

/** Six bits a character, the lowest first. */
function digits(value: number, count: number): string {
  return Array.from({ length: count }, (_, i) => ALPHABET[(value >> (6 * i)) & 63]).join('');
}
