import { formatIpAddress } from '../lib/format-ip-address.ts';
import { parseIpAddress } from '../lib/ip-address.ts';

/** Returned by `read`: all bytes were taken and the header is not complete. */
export const INCOMPLETE = -1;
/** Returned by `read`: this is no PROXY header; the connection must be destroyed. */
export const MALFORMED = -2;

/** Both versions begin so; which one it is, is known from the first byte. */
const V1_START = Buffer.from('PROXY ', 'latin1');
const V2_SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
/** The longest version 1 line, CRLF included. */
const MAX_V1 = 107;
const V2_HEAD = 16;
/** The longest version 2 block behind its head: addresses and TLVs. */
const MAX_V2_BLOCK = 4096;
const LF = 0x0a;

const V2_TCP4 = 0x11;
const V2_TCP6 = 0x21;

/** Bytes of the addresses of each family and transport that a header may name. */
const V2_ADDRESS_BYTES: Readonly<Record<number, number>> = {
  0x00: 0,
  [V2_TCP4]: 12,
  0x12: 12,
  [V2_TCP6]: 36,
  0x22: 36,
  0x31: 216,
  0x32: 216,
};

const START = 0;
const V1 = 1;
const V2 = 2;
const SKIP = 3;
const DONE = 4;

/**
 * The PROXY protocol header of one connection (F6), version 1 or 2. Feed it chunks until `read` returns something else than
 * INCOMPLETE. It takes memory for one header of the longest useful size and refuses at the first byte that cannot belong to one.
 */
export class ProxyHeader {
  /** The announced address of the client; undefined when the header keeps the socket's (`UNKNOWN`, `LOCAL`, other families). */
  source: string | undefined = undefined;
  private state = START;
  /** What has come of the line, or of the head and the addresses behind it. */
  private readonly bytes = Buffer.allocUnsafe(MAX_V1);
  private length = 0;
  /** Bytes to gather: of version 2 those of the head, then with the addresses. */
  private needed = V2_HEAD;
  /** Bytes of the block that nobody looks at. */
  private skip = 0;

  /** Takes bytes from `at`. Returns the index of the first byte behind the header, INCOMPLETE or MALFORMED. */
  read(chunk: Buffer, at: number): number {
    let next = at;
    while (next < chunk.length && this.state < SKIP) {
      if (!this.take(chunk[next]!)) return MALFORMED;
      next += 1;
    }
    if (this.state === SKIP) {
      const skipped = Math.min(this.skip, chunk.length - next);
      this.skip -= skipped;
      next += skipped;
      if (this.skip === 0) this.state = DONE;
    }
    return this.state === DONE ? next : INCOMPLETE;
  }

  /** One byte of the header proper; false when it cannot be one. */
  private take(byte: number): boolean {
    const { bytes, length } = this;
    bytes[length] = byte;
    this.length = length + 1;
    if (this.state === START) return this.takeStart(byte, length);
    if (this.state === V1) {
      if (byte === LF) return this.readLine();
      return this.length < MAX_V1;
    }
    if (this.length < this.needed) return true;
    return this.needed === V2_HEAD ? this.readHead() : this.readAddresses();
  }

  private takeStart(byte: number, index: number): boolean {
    const start = this.bytes[0] === V1_START[0] ? V1_START : V2_SIGNATURE;
    if (byte !== start[index]) return false;
    if (this.length === start.length) this.state = start === V1_START ? V1 : V2;
    return true;
  }

  /** The whole line of version 1: one space between its parts, no other spelling of a number or an address. */
  private readLine(): boolean {
    this.state = DONE;
    const line = this.bytes.latin1Slice(0, this.length);
    // What follows UNKNOWN is ignored, whatever it is.
    if (/^PROXY UNKNOWN(?: [^\r\n]*)?\r\n$/.test(line)) return true;
    const match = /^PROXY TCP([46]) ([0-9A-Fa-f.:]+) ([0-9A-Fa-f.:]+) (\d{1,5}) (\d{1,5})\r\n$/.exec(line);
    if (match === null) return false;
    const [, family, source = '', destination = '', sourcePort = '', destinationPort = ''] = match;
    if (!isPort(sourcePort) || !isPort(destinationPort)) return false;
    if (parseOf(family!, destination) === undefined) return false;
    const address = parseOf(family!, source);
    if (address === undefined) return false;
    this.source = formatIpAddress(address, 0, address.length === 4 ? 4 : 16);
    return true;
  }

  /** The head of version 2. LOCAL keeps the socket's address, and so does every family that is not ours. */
  private readHead(): boolean {
    const { bytes } = this;
    const versionAndCommand = bytes[12]!;
    const family = bytes[13]!;
    const blockLength = bytes.readUInt16BE(14);
    if (versionAndCommand !== 0x20 && versionAndCommand !== 0x21) return false;
    if (blockLength > MAX_V2_BLOCK) return false;
    this.skip = blockLength;
    this.state = SKIP;
    const isLocal = versionAndCommand === 0x20;
    if (isLocal) return true;
    const addressBytes = V2_ADDRESS_BYTES[family];
    if (addressBytes === undefined || blockLength < addressBytes) return false;
    if (family !== V2_TCP4 && family !== V2_TCP6) return true;
    this.state = V2;
    this.needed = V2_HEAD + addressBytes;
    this.skip = blockLength - addressBytes;
    return true;
  }

  private readAddresses(): boolean {
    this.source = formatIpAddress(this.bytes, V2_HEAD, this.bytes[13] === V2_TCP4 ? 4 : 16);
    this.state = SKIP;
    return true;
  }
}

function isPort(text: string): boolean {
  return Number(text) <= 65_535 && (text === '0' || !text.startsWith('0'));
}

function parseOf(family: string, text: string): readonly number[] | undefined {
  return text.includes(':') === (family === '6') ? parseIpAddress(text) : undefined;
}
