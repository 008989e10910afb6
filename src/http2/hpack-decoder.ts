import { DynamicTable } from './dynamic-table.ts';
import { Field } from './field.ts';
import { decodeHuffman } from './huffman.ts';
import { STATIC_TABLE } from './static-table.ts';

/** Ours, as SETTINGS tells the client by silence (RFC 9113 6.5.2). */
export const TABLE_BYTES = 4096;
/** No index, length or size that means anything is larger; nor has one more octets behind its first. */
const MAX_INTEGER = 1 << 24;
const MAX_FACTOR = 128 ** 4;

const STATIC: readonly Field[] = STATIC_TABLE.map(([name, value]) => new Field(name, value));

/** Takes the fields of a block in order. */
export interface FieldSink {
  field(field: Field): void;
}

/**
 * Decodes field blocks of one connection (RFC 7541), each whole, in order. What makes a block undecodable ends the connection
 * (COMPRESSION_ERROR, RFC 9113 4.3): the tables of both sides would differ from then on.
 */
export class HpackDecoder {
  private readonly table = new DynamicTable<Field>(TABLE_BYTES);
  private readonly maxString: number;
  private buf!: Buffer;
  private at = 0;
  private end = 0;

  /** `maxStringBytes`: a longer name or value is an error. */
  constructor(maxStringBytes: number) {
    this.maxString = maxStringBytes;
  }

  /** Decodes `buf[start, end)`; false: it cannot be decoded. Fields go to the sink as they come, also before an error. */
  decode(buf: Buffer, start: number, end: number, sink: FieldSink): boolean {
    this.buf = buf;
    this.at = start;
    this.end = end;
    let mayResize = true;
    while (this.at < this.end) {
      const octet = buf[this.at]!;
      if ((octet & 0x80) !== 0) {
        const entry = this.entryAt(this.integer(0x7f));
        if (entry === undefined) return false;
        sink.field(entry);
      } else if ((octet & 0xe0) === 0x20) {
        // RFC 7541 4.2: only where a block begins, and never above what SETTINGS allow.
        const bytes = this.integer(0x1f);
        if (!mayResize || bytes < 0 || bytes > TABLE_BYTES) return false;
        this.table.resize(bytes);
        continue;
      } else {
        const isIndexed = (octet & 0xc0) === 0x40;
        const entry = this.literal(isIndexed ? 0x3f : 0x0f);
        if (entry === undefined) return false;
        if (isIndexed) this.table.add(entry);
        sink.field(entry);
      }
      mayResize = false;
    }
    return true;
  }

  private entryAt(index: number): Field | undefined {
    if (index <= 0) return undefined;
    return index <= STATIC.length ? STATIC[index - 1] : this.table.at(index - STATIC.length - 1);
  }

  private literal(mask: number): Field | undefined {
    const index = this.integer(mask);
    if (index < 0) return undefined;
    const name = index === 0 ? this.text() : this.entryAt(index)?.name;
    if (name === undefined) return undefined;
    const value = this.text();
    return value === undefined ? undefined : new Field(name, value);
  }

  /** RFC 7541 5.1; -1: it does not end, or is too large to mean anything. */
  private integer(mask: number): number {
    const { buf } = this;
    let value = buf[this.at++]! & mask;
    if (value < mask) return value;
    for (let factor = 1; this.at < this.end && factor <= MAX_FACTOR; factor *= 128) {
      const octet = buf[this.at++]!;
      value += (octet & 0x7f) * factor;
      if (value > MAX_INTEGER) return -1;
      if ((octet & 0x80) === 0) return value;
    }
    return -1;
  }

  /** RFC 7541 5.2. */
  private text(): string | undefined {
    if (this.at >= this.end) return undefined;
    const isHuffman = (this.buf[this.at]! & 0x80) !== 0;
    const length = this.integer(0x7f);
    const start = this.at;
    if (length < 0 || length > this.end - start) return undefined;
    this.at = start + length;
    if (isHuffman) return decodeHuffman(this.buf, start, this.at, this.maxString);
    return length > this.maxString ? undefined : this.buf.latin1Slice(start, this.at);
  }
}
