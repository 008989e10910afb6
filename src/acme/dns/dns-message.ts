/** Types of records we write or read ourselves. */
export const RECORD_TYPE = { soa: 6, txt: 16, tsig: 250, any: 255 } as const;
/** Classes: an update says by them what is to be done (RFC 2136 2.5). */
export const RECORD_CLASS = { in: 1, none: 254, any: 255 } as const;

const HEADER_BYTES = 12;
/** In the third byte of a message. */
const OPCODE_BITS = 0x78;
const MAX_POINTERS = 32;
/** Of a name in wire form (RFC 1035 2.3.4). */
const MAX_NAME_BYTES = 255;

/** A name in wire form, lower-case and without compression (RFC 1035 3.1). Throws when it is none. */
export function encodeName(name: string): Buffer {
  const labels = name.replace(/\.$/, '').toLowerCase().split('.');
  if (name === '.' || name === '') return Buffer.of(0);
  const parts = labels.map((label) => {
    const bytes = Buffer.from(label, 'latin1');
    if (bytes.length === 0 || bytes.length > 63) throw new RangeError(`not a DNS name: ${name}`);
    return Buffer.concat([Buffer.of(bytes.length), bytes]);
  });
  const encoded = Buffer.concat([...parts, Buffer.of(0)]);
  if (encoded.length > MAX_NAME_BYTES) throw new RangeError(`not a DNS name: ${name}`);
  return encoded;
}

/** One record in wire form. `ttl` in seconds. */
export function encodeRecord(record: {
  readonly name: string;
  readonly type: number;
  readonly class: number;
  readonly ttl: number;
  readonly data: Buffer;
}): Buffer {
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(record.type, 0);
  fixed.writeUInt16BE(record.class, 2);
  fixed.writeUInt32BE(record.ttl, 4);
  fixed.writeUInt16BE(record.data.length, 8);
  return Buffer.concat([encodeName(record.name), fixed, record.data]);
}

/** Data of a TXT record with one text of at most 255 bytes. */
export function encodeText(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  if (bytes.length > 255) throw new RangeError('a text of a TXT record is longer than 255 bytes');
  return Buffer.concat([Buffer.of(bytes.length), bytes]);
}

/** A record as it was received; `start` is where it begins in the message, for whoever has to sign what is before it. */
export interface ReceivedRecord {
  readonly name: string;
  readonly type: number;
  readonly class: number;
  readonly data: Buffer;
  readonly start: number;
}

/** The parts of a message that we look at. */
export interface ReceivedMessage {
  readonly id: number;
  readonly code: number;
  readonly isTruncated: boolean;
  readonly answers: readonly ReceivedRecord[];
  readonly authority: readonly ReceivedRecord[];
  readonly additional: readonly ReceivedRecord[];
}

/** Reads a message (RFC 1035 4.1). Throws `RangeError` when it is broken. */
export function decodeMessage(bytes: Buffer): ReceivedMessage {
  const counts = [4, 6, 8, 10].map((offset) => bytes.readUInt16BE(offset)) as [number, number, number, number];
  let offset = HEADER_BYTES;
  for (let left = counts[0]; left > 0; left--) offset = readName(bytes, offset).end + 4;
  const section = (count: number): ReceivedRecord[] => {
    const records: ReceivedRecord[] = [];
    for (let left = count; left > 0; left--) {
      const start = offset;
      const { name, end } = readName(bytes, offset);
      const length = bytes.readUInt16BE(end + 8);
      offset = end + 10 + length;
      if (offset > bytes.length) throw new RangeError('the DNS message ends within a record');
      const data = bytes.subarray(end + 10, offset);
      records.push({ name, type: bytes.readUInt16BE(end), class: bytes.readUInt16BE(end + 2), data, start });
    }
    return records;
  };
  return {
    id: bytes.readUInt16BE(0),
    code: bytes.readUInt8(3) & 15,
    isTruncated: (bytes.readUInt8(2) & 2) !== 0,
    answers: section(counts[1]),
    authority: section(counts[2]),
    additional: section(counts[3]),
  };
}

/**
 * Whether a message answers ours, which has one question: the number, the kind and the question are the same (RFC 5452 3). A server may
 * leave the question out of the answer to an update (RFC 2136 3.8), and where it could not read us.
 */
export function isAnswerTo(answer: Buffer, message: Buffer): boolean {
  if (answer.length < HEADER_BYTES || answer.readUInt16BE(0) !== message.readUInt16BE(0)) return false;
  const flags = answer.readUInt8(2);
  if (flags < 0x80 || (flags & OPCODE_BITS) !== (message.readUInt8(2) & OPCODE_BITS)) return false;
  if (answer.readUInt16BE(4) === 0) return (flags & OPCODE_BITS) !== 0 || (answer.readUInt8(3) & 15) !== 0;
  try {
    return questionOf(answer) === questionOf(message);
  } catch {
    return false;
  }
}

function questionOf(message: Buffer): string {
  const { name, end } = readName(message, HEADER_BYTES);
  return `${name} ${message.readUInt32BE(end)}`;
}

/** Lower-case, without the trailing dot; `end` is behind it. */
export function readName(bytes: Buffer, start: number): { readonly name: string; readonly end: number } {
  const labels: string[] = [];
  let end: number | undefined;
  let offset = start;
  let size = 1;
  for (let pointers = 0; ;) {
    const length = bytes.readUInt8(offset);
    if (length === 0) return { name: labels.join('.').toLowerCase(), end: end ?? offset + 1 };
    if (length < 64) {
      size += length + 1;
      if (size > MAX_NAME_BYTES) throw new RangeError('the DNS message has a name that is too long');
      labels.push(bytes.toString('latin1', offset + 1, offset + 1 + length));
      offset += length + 1;
      continue;
    }
    if (++pointers > MAX_POINTERS || length < 192) throw new RangeError('the DNS message has a broken name');
    end ??= offset + 2;
    offset = bytes.readUInt16BE(offset) & 0x3fff;
  }
}
