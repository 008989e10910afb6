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

const remembered = new Map<string, Buffer>();

/**
 * A field block for a response or its trailers: `fields` are lines `Name: value CRLF` that passed the strict parser. Nothing goes into the
 * dynamic table, so that no state of the connection is kept (RFC 7541 6.2.2); the client's table size does not matter then.
 */
export function encodeBlock(status: number | undefined, fields: string): Buffer {
  const parts = status === undefined ? [] : [encodeStatus(status)];
  for (let at = 0; at < fields.length;) {
    const end = fields.indexOf('\r\n', at);
    parts.push(encodeLine(fields.slice(at, end)));
    at = end + 2;
  }
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}

function encodeStatus(status: number): Buffer {
  const index = STATUS_INDEX.get(status);
  if (index !== undefined) return Buffer.from([0x80 | index]);
  return Buffer.concat([Buffer.from([STATUS_INDEX.get(200)!]), encodeText(String(status))]);
}

function encodeLine(line: string): Buffer {
  const known = remembered.get(line);
  if (known !== undefined) return known;
  const colon = line.indexOf(':');
  const name = line.slice(0, colon).toLowerCase();
  const value = line.slice(colon + 1).trim();
  const index = STATIC_NAMES.get(name);
  // RFC 7541 7.1.3: what intermediaries must not remember either.
  const kind = name === 'set-cookie' || name === 'authorization' ? 0x10 : 0;
  const head = index === undefined ? [Buffer.from([kind]), encodeText(name)] : [encodeInteger(kind, 0x0f, index)];
  const bytes = Buffer.concat([...head, encodeText(value)]);
  if (kind === 0 && line.length <= MAX_REMEMBERED_LENGTH) {
    if (remembered.size >= MAX_REMEMBERED) remembered.delete(remembered.keys().next().value!);
    remembered.set(line, bytes);
  }
  return bytes;
}

/** RFC 7541 5.2. */
function encodeText(text: string): Buffer {
  const length = text.length >= HUFFMAN_FROM ? huffmanLength(text) : text.length;
  if (length >= text.length) {
    return Buffer.concat([encodeInteger(0, 0x7f, text.length), Buffer.from(text, 'latin1')]);
  }
  const prefix = encodeInteger(0x80, 0x7f, length);
  const bytes = Buffer.allocUnsafe(prefix.length + length);
  prefix.copy(bytes);
  encodeHuffman(text, bytes, prefix.length);
  return bytes;
}

/** RFC 7541 5.1. */
function encodeInteger(flags: number, mask: number, value: number): Buffer {
  if (value < mask) return Buffer.from([flags | value]);
  const octets = [flags | mask];
  let rest = value - mask;
  for (; rest >= 128; rest = Math.floor(rest / 128)) octets.push((rest & 0x7f) | 0x80);
  octets.push(rest);
  return Buffer.from(octets);
}
