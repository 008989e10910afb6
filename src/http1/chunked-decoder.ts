import { FAULT, scanFields } from './field-scanner.ts';
import { ChunkExtension } from './chunk-extension.ts';
import { CLASS, CR, HEX, LF } from './grammar.ts';
import { HeadBuffer } from './head-buffer.ts';
import { TrailerSection } from './trailers.ts';

const SIZE = 0;
const EXTENSION = 1;
const SIZE_LF = 2;
const DATA = 3;
const DATA_CR = 4;
const DATA_LF = 5;
const TRAILERS = 6;
const DONE = 7;
const BROKEN = 8;

const SEMICOLON = 59;
const MAX_SIZE_DIGITS = 13;
const MAX_EXTENSIONS = 8192;
const FREE_OVERHEAD = 16_384;

/**
 * The chunked transfer coding (rules X8–X12) as a byte-level state machine that may be stopped after any byte. Call
 * `advance` until the input is used up; each call yields at most one slice of payload in `dataStart`/`dataEnd`.
 */
export class ChunkedDecoder {
  dataStart = 0;
  dataEnd = 0;
  /** Trailer lines that may be forwarded, valid once `isDone`. */
  trailers = '';
  private state = SIZE;
  private size = 0;
  private digits = 0;
  private readonly extension = new ChunkExtension();
  /** Bytes of all extensions of this body. */
  private extensions = 0;
  private overhead = 0;
  private payload = 0;
  private tail: HeadBuffer | undefined = undefined;

  reset(): void {
    this.state = SIZE;
    this.size = 0;
    this.digits = 0;
    this.extensions = 0;
    this.overhead = 0;
    this.payload = 0;
    this.trailers = '';
    this.tail = undefined;
  }

  get isDone(): boolean {
    return this.state === DONE;
  }

  get isBroken(): boolean {
    return this.state === BROKEN;
  }

  /** Reads on from `buf[at, end)`; returns the offset reached. Stops behind a slice of payload, at the end, or on a fault. */
  advance(buf: Buffer, at: number, end: number): number {
    this.dataStart = 0;
    this.dataEnd = 0;
    while (at < end) {
      switch (this.state) {
        case DATA: {
          const take = Math.min(this.size, end - at);
          this.dataStart = at;
          this.dataEnd = at + take;
          this.size -= take;
          this.payload += take;
          if (this.size === 0) this.state = DATA_CR;
          return at + take;
        }
        case TRAILERS:
          return this.readTrailers(buf, at, end);
        case DONE:
        case BROKEN:
          return at;
        default:
          this.step(buf[at]!);
          at += 1;
      }
    }
    return at;
  }

  private step(byte: number): void {
    this.overhead += 1;
    // X11: a body that is nearly all framing is an attack on whoever counts its bytes.
    if (this.overhead > FREE_OVERHEAD + 4 * this.payload) this.state = BROKEN;
    switch (this.state) {
      case SIZE:
        if ((CLASS[byte]! & HEX) !== 0) {
          this.digits += 1;
          this.size = this.size * 16 + (byte <= 57 ? byte - 48 : (byte | 32) - 87);
          if (this.digits > MAX_SIZE_DIGITS) this.state = BROKEN;
        } else if (this.digits === 0) this.state = BROKEN;
        else if (byte === CR) this.state = SIZE_LF;
        else if (byte !== SEMICOLON) this.state = BROKEN;
        else {
          this.state = EXTENSION;
          this.extension.begin();
        }
        break;
      case EXTENSION:
        this.extensions += 1;
        if (byte === CR && this.extension.mayEnd) this.state = SIZE_LF;
        else if (!this.extension.accepts(byte) || this.extensions > MAX_EXTENSIONS) this.state = BROKEN;
        break;
      case SIZE_LF:
        if (byte !== LF) this.state = BROKEN;
        else this.state = this.size === 0 ? TRAILERS : DATA;
        this.digits = 0;
        break;
      case DATA_CR:
        this.state = byte === CR ? DATA_LF : BROKEN;
        break;
      case DATA_LF:
        this.state = byte === LF ? SIZE : BROKEN;
        break;
      default:
    }
  }

  private readTrailers(buf: Buffer, at: number, end: number): number {
    if (this.tail === undefined && end - at >= 2 && buf[at] === CR && buf[at + 1] === LF) {
      this.state = DONE;
      return at + 2;
    }
    const tail = (this.tail ??= new HeadBuffer());
    const before = tail.length;
    const found = tail.append(buf, at, end);
    const section = new TrailerSection();
    // In pieces it is read when it is whole, broken or too long, and not once a piece; an empty one is two bytes.
    const isEmpty = tail.length >= 2 && tail.bytes[0] === CR;
    if (found === 'partial' && !isEmpty && tail.length <= section.maxBytes) return end;
    const behind = scanFields(tail.bytes, 0, tail.length, 0, section);
    if (behind === FAULT) {
      this.state = BROKEN;
      return at;
    }
    if (behind <= 0) return end;
    this.tail = undefined;
    this.trailers = section.fields;
    this.state = DONE;
    return at + (behind - before);
  }
}
