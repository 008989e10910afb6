import type { FailureReason } from '../http/failure.ts';
import { scanFields } from '../http1/field-scanner.ts';
import type { RequestHead } from '../http1/request-head.ts';
import { TrailerSection } from '../http1/trailers.ts';
import {
  COMPRESSION_ERROR,
  END_HEADERS,
  END_STREAM,
  ENHANCE_YOUR_CALM,
  HAS_PRIORITY,
  PADDED,
  PROTOCOL_ERROR,
} from './frames.ts';
import { HpackDecoder } from './hpack-decoder.ts';
import { MAX_BLOCK_FRAMES } from './limits.ts';
import { type BlockVerdict, type HeadParts, MALFORMED, OK, RequestBlock, TOO_LARGE } from './request-block.ts';

/** Where heads are written out for the parser; a head that does not fit is too large. */
const scratch = Buffer.allocUnsafeSlow(131_072);
const parts: HeadParts = { text: '', plain: '', plainLines: 0 };

/** Gathers the frames of a field block and decodes it (RFC 9113 4.3). Every block is decoded, whatever becomes of its stream. */
export class BlockReader {
  streamId = 0;
  /** Frames of a block are to come. */
  isOpen = false;
  isWhole = false;
  isTrailers = false;
  /** END_STREAM. */
  isLast = false;
  dependsOnItself = false;
  /** Its stream is over: it is decoded, and means nothing. */
  isIgnored = false;
  private readonly maxBytes: number;
  private readonly decoder: HpackDecoder;
  private readonly fields: RequestBlock;
  private parts: Buffer[] = [];
  private bytes = 0;
  private frameCount = 0;
  private verdict: BlockVerdict = OK;
  private ignoresNext = false;

  constructor(maxHeadBytes: number) {
    // A compressed block is shorter than what it says; twice a head is more than any honest one.
    this.maxBytes = 2 * maxHeadBytes;
    this.decoder = new HpackDecoder(this.maxBytes);
    this.fields = new RequestBlock(maxHeadBytes);
  }

  get isMalformed(): boolean {
    return this.verdict === MALFORMED;
  }

  /** The next block belongs to no stream any more. */
  ignore(): void {
    this.ignoresNext = true;
  }

  /** A HEADERS frame; an error code of the connection, or 0. */
  open(flags: number, streamId: number, isTrailers: boolean, buf: Buffer, start: number, end: number): number {
    this.streamId = streamId;
    this.isTrailers = isTrailers;
    this.isLast = (flags & END_STREAM) !== 0;
    this.isIgnored = this.ignoresNext;
    this.ignoresNext = false;
    this.dependsOnItself = false;
    this.parts = [];
    this.bytes = 0;
    this.frameCount = 0;
    let from = start;
    let to = end;
    if ((flags & PADDED) !== 0) {
      if (from >= to) return PROTOCOL_ERROR;
      to -= buf[from++]!;
    }
    if ((flags & HAS_PRIORITY) !== 0) {
      if (to - from < 5) return PROTOCOL_ERROR;
      this.dependsOnItself = (buf.readUInt32BE(from) & 0x7fff_ffff) === streamId;
      from += 5;
    }
    if (from > to) return PROTOCOL_ERROR;
    return this.add(flags, buf, from, to);
  }

  /** A piece of the block; an error code of the connection, or 0. */
  add(flags: number, buf: Buffer, start: number, end: number): number {
    this.isWhole = (flags & END_HEADERS) !== 0;
    this.isOpen = !this.isWhole;
    this.bytes += end - start;
    this.frameCount += 1;
    // CVE-2024-27316: neither long blocks nor many frames of nothing.
    if (this.bytes > this.maxBytes || this.frameCount > MAX_BLOCK_FRAMES) return ENHANCE_YOUR_CALM;
    if (this.isWhole && this.parts.length === 0) return this.decode(buf, start, end);
    this.parts.push(Buffer.from(buf.subarray(start, end)));
    if (!this.isWhole) return 0;
    const block = Buffer.concat(this.parts);
    this.parts = [];
    return this.decode(block, 0, block.length);
  }

  /** Parses the head that was decoded; why it is refused, if it is. */
  parseInto(head: RequestHead): FailureReason | undefined {
    this.fields.parts(this.isLast, parts);
    const { text, plain, plainLines } = parts;
    const isTooLarge = this.verdict === TOO_LARGE || text.length > scratch.length;
    const end = isTooLarge ? 0 : scratch.latin1Write(text, 0);
    const { isGrpc } = this.fields;
    head.dropsUnderscores = !isGrpc;
    // Also of a head that is refused: its method and what else is known are logged.
    const parsed = head.parse(scratch, 0, end, plain, plainLines);
    head.isGrpc = isGrpc;
    if (isTooLarge) return 'head_too_large';
    if (this.verdict !== OK) return 'bad_host';
    if (parsed <= 0) return head.fault ?? 'bad_start_line';
    // What the parser does not see as a part of this head must not become anything else.
    return parsed === end ? undefined : 'bad_start_line';
  }

  /** The trailers that were decoded, those that may be sent on (X12); undefined: they are malformed. */
  parseTrailers(isGrpc: boolean): string | undefined {
    if (this.verdict !== OK) return undefined;
    const section = new TrailerSection(isGrpc);
    const end = scratch.latin1Write(this.fields.trailers, 0);
    return scanFields(scratch, 0, end, 0, section) === end ? section.fields : undefined;
  }

  private decode(buf: Buffer, start: number, end: number): number {
    this.fields.begin(this.isTrailers);
    if (!this.decoder.decode(buf, start, end, this.fields)) return COMPRESSION_ERROR;
    this.verdict = this.fields.conclude(this.isLast);
    return 0;
  }
}
