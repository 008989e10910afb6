/** Byte classes of RFC 9110/9112/3986 as bit sets, one table for the whole engine (rules L1, R2, R9, H1, H6, X8). */

export const TOKEN = 1;
/** Field value: HTAB, 0x20…0x7E, 0x80…0xFF (H6). */
export const VALUE = 2;
/** Path of a request target (R9): visible ASCII but `?`, `#` and backslash. */
export const PATH = 4;
/** Query of a request target (R9): visible ASCII but `#`. */
export const QUERY = 8;
export const DIGIT = 16;
export const HEX = 32;
/** `_`, so that one OR over a name tells whether it has one (H10). */
export const UNDERSCORE = 64;

export const CR = 13;
export const LF = 10;
export const SP = 32;
export const HTAB = 9;
export const COLON = 58;

export const CLASS: Uint8Array = buildClasses();

function buildClasses(): Uint8Array {
  const table = new Uint8Array(256);
  const mark = (characters: string, bit: number): void => {
    for (let i = 0; i < characters.length; i++) table[characters.charCodeAt(i)]! |= bit;
  };
  const alphanumeric = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  mark(`!#$%&'*+-.^_\`|~${alphanumeric}`, TOKEN);
  mark('0123456789', DIGIT);
  mark('0123456789abcdefABCDEF', HEX);
  mark('_', UNDERSCORE);
  for (let byte = 0x21; byte <= 0x7e; byte++) table[byte]! |= VALUE | PATH | QUERY;
  for (let byte = 0x80; byte <= 0xff; byte++) table[byte]! |= VALUE;
  table[SP]! |= VALUE;
  table[HTAB]! |= VALUE;
  for (const byte of ['#', '?', '\\']) table[byte.charCodeAt(0)]! &= ~PATH;
  table['#'.charCodeAt(0)]! &= ~QUERY;
  return table;
}

/** Whether `buf[start, end)` equals `lower` (lower-case ASCII) when its letters are lower-cased (H1). */
export function equalsIgnoreCase(buf: Uint8Array, start: number, end: number, lower: string): boolean {
  if (end - start !== lower.length) return false;
  for (let i = 0; i < lower.length; i++) {
    let byte = buf[start + i]!;
    if (byte >= 65 && byte <= 90) byte |= 32;
    if (byte !== lower.charCodeAt(i)) return false;
  }
  return true;
}
