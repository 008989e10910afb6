import { encodeHuffman, huffmanLength } from './huffman.ts';
import { STATIC_TABLE } from './static-table.ts';

/** Lines that servers send again and again, ready as they go out; the rest is encoded anew each time. */
const MAX_REMEMBERED = 1000;
const MAX_REMEMBERED_LENGTH = 256;
/** Huffman pays where text is long enough to be worth the bits. */
const HUFFMAN_FROM = 5;

const STATIC_NAMES = new Map<string, number>();
for (const [index, [name]] of STATIC_TABLE.entries()) if (!STATIC_NAMES.has(name)) STATIC_NAMES.set(name, index + 1);
const STATUS_INDEX = new Map(
  STATIC_TABLE.flatMap(([name, value], index) => (name === ':status' ? [[Number(value), index + 1]] : [])),
);

const CONTENT_LENGTH = STATIC_NAMES.get('content-length')!;

const remembered = new Map<string, Uint8Array>();
/** Where blocks are encoded. */
let scratch = Buffer.allocUnsafeSlow(16_384);

/**
 * A field block for a response or its trailers: `fields` are lines `Name: value CRLF` that passed the strict parser, `length` a
 * Content-Length that is not among them, or -1. Valid until the next one. Nothing goes into the dynamic table, so that no state of the
 * connection is kept (RFC 7541 6.2.2); the client's table size does not matter then.
 */
export function encodeBlock(status: number | undefined, fields: string, length = -1): Buffer {
  // No line takes more than its octets and seven for lengths, and none is shorter than four.
  const most = 2 * fields.length + 64;
  if (most > scratch.length) scratch = Buffer.allocUnsafeSlow(most);
  let at = status === undefined ? 0 : writeStatus(status);
  for (let from = 0; from < fields.length;) {
    const end = fields.indexOf('\r\n', from);
    at = writeLine(fields.slice(from, end), at);
    from = end + 2;
  }
  if (length >= 0) at = writeLength(length, at);
  return scratch.subarray(0, at);
}

function writeStatus(status: number): number {
  const index = STATUS_INDEX.get(status);
  if (index !== undefined) {
    scratch[0] = 0x80 | index;
    return 1;
  }
  scratch[0] = STATUS_INDEX.get(200)!;
  return writeText(String(status), 1);
}

function writeLength(length: number, at: number): number {
  return writeText(String(length), writeInteger(0, 0x0f, CONTENT_LENGTH, at));
}

function writeLine(line: string, at: number): number {
  const known = remembered.get(line);
  if (known !== undefined) {
    scratch.set(known, at);
    return at + known.length;
  }
  const colon = line.indexOf(':');
  const name = line.slice(0, colon).toLowerCase();
  // Of blanks alone: 0xA0 is a letter of some alphabet.
  const value = line.slice(colon + 1).replace(/^[\t ]+|[\t ]+$/g, '');
  // RFC 7541 7.1.3: what intermediaries must not remember either.
  const kind = name === 'set-cookie' || name === 'authorization' ? 0x10 : 0;
  const start = at;
  at = writeText(value, writeName(name, kind, at));
  if (kind === 0 && line.length <= MAX_REMEMBERED_LENGTH) {
    if (remembered.size >= MAX_REMEMBERED) remembered.delete(remembered.keys().next().value!);
    remembered.set(line, Uint8Array.from(scratch.subarray(start, at)));
  }
  return at;
}

function writeName(name: string, kind: number, at: number): number {
  const index = STATIC_NAMES.get(name);
  if (index !== undefined) return writeInteger(kind, 0x0f, index, at);
  scratch[at] = kind;
  return writeText(name, at + 1);
}

/** RFC 7541 5.2. */
function writeText(text: string, at: number): number {
  const length = text.length >= HUFFMAN_FROM ? huffmanLength(text) : text.length;
  if (length < text.length) return encodeHuffman(text, scratch, writeInteger(0x80, 0x7f, length, at));
  const start = writeInteger(0, 0x7f, text.length, at);
  return start + scratch.latin1Write(text, start);
}

/** RFC 7541 5.1. */
function writeInteger(flags: number, mask: number, value: number, at: number): number {
  if (value < mask) {
    scratch[at] = flags | value;
    return at + 1;
  }
  scratch[at++] = flags | mask;
  let rest = value - mask;
  for (; rest >= 128; rest = Math.floor(rest / 128)) scratch[at++] = (rest & 0x7f) | 0x80;
  scratch[at] = rest;
  return at + 1;
}
