import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';

/** Frame types and flags by the names of RFC 9113; not those of the code under test. */
export const TYPE = {
  DATA: 0,
  HEADERS: 1,
  PRIORITY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PUSH_PROMISE: 5,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
} as const;
export const FLAG = { END_STREAM: 1, ACK: 1, END_HEADERS: 4, PADDED: 8, PRIORITY: 32 } as const;
export const CODE = {
  NO_ERROR: 0,
  PROTOCOL_ERROR: 1,
  INTERNAL_ERROR: 2,
  FLOW_CONTROL_ERROR: 3,
  STREAM_CLOSED: 5,
  FRAME_SIZE_ERROR: 6,
  REFUSED_STREAM: 7,
  CANCEL: 8,
  COMPRESSION_ERROR: 9,
  ENHANCE_YOUR_CALM: 11,
} as const;
export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly id: number;
  readonly payload: Buffer;
}

/** A frame; `length` lies about the payload if it is given. */
export function frame(
  type: number,
  flags: number,
  id: number,
  payload: Buffer = Buffer.alloc(0),
  length = payload.length,
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(id, 5);
  return Buffer.concat([head, payload]);
}

export const uint32 = (value: number): Buffer => {
  const buf = Buffer.alloc(4);
  buf.writeUInt32BE(value);
  return buf;
};

export function settings(...pairs: readonly (readonly [id: number, value: number])[]): Buffer {
  const payload = Buffer.concat(
    pairs.map(([id, value]) => Buffer.concat([Buffer.from([id >> 8, id & 255]), uint32(value)])),
  );
  return frame(TYPE.SETTINGS, 0, 0, payload);
}

/** A field block of literals that go into no table, nothing compressed: each octet as it is given, in latin1. */
export function block(fields: readonly (readonly [name: string, value: string])[]): Buffer {
  const text = (value: string): Buffer => {
    const bytes = Buffer.from(value, 'latin1');
    if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
    const rest = [];
    let left = bytes.length - 127;
    for (; left >= 128; left >>= 7) rest.push((left & 127) | 128);
    return Buffer.concat([Buffer.from([127, ...rest, left]), bytes]);
  };
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]));
}

export const GET: readonly (readonly [string, string])[] = [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':path', '/'],
  [':authority', 'localhost'],
];

/** A request whose fields differ from `GET` in these. */
export function request(
  changes: Readonly<Record<string, string | undefined>>,
  more: readonly (readonly [string, string])[] = [],
): Buffer {
  const fields = GET.flatMap(([name, value]): readonly (readonly [string, string])[] => {
    if (!(name in changes)) return [[name, value]];
    return changes[name] === undefined ? [] : [[name, changes[name]]];
  });
  return block([...fields, ...more]);
}

export const headers = (id: number, payload = block(GET), flags: number = FLAG.END_HEADERS | FLAG.END_STREAM): Buffer =>
  frame(TYPE.HEADERS, flags, id, payload);

/** A client that says what it is told to, octet by octet, and notes what comes back. */
export class Http2Wire {
  readonly frames: Frame[] = [];
  isClosed = false;
  readonly socket: TLSSocket;
  private rest = Buffer.alloc(0);
  private waiting: (() => void)[] = [];

  private constructor(socket: TLSSocket) {
    this.socket = socket;
    const wake = (): void => {
      for (const one of this.waiting.splice(0)) one();
    };
    socket.on('data', (chunk: Buffer) => {
      this.rest = Buffer.concat([this.rest, chunk]);
      while (this.rest.length >= 9 && this.rest.length >= 9 + this.rest.readUIntBE(0, 3)) {
        const end = 9 + this.rest.readUIntBE(0, 3);
        const [type, flags, id] = [this.rest[3]!, this.rest[4]!, this.rest.readUInt32BE(5)];
        this.frames.push({ type, flags, id, payload: this.rest.subarray(9, end) });
        this.rest = this.rest.subarray(end);
      }
      wake();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.isClosed = true;
      wake();
    });
  }

  /** Connected; nothing is said yet. */
  static async connect(port: number): Promise<Http2Wire> {
    const socket = connect({
      port,
      host: '127.0.0.1',
      servername: 'localhost',
      rejectUnauthorized: false,
      ALPNProtocols: ['h2'],
    });
    await once(socket, 'secureConnect');
    if (socket.alpnProtocol !== 'h2') throw new Error(`the server speaks ${String(socket.alpnProtocol)}`);
    return new Http2Wire(socket.setNoDelay(true));
  }

  /** Preface and SETTINGS are said, and what the server says first is there. */
  static async open(port: number): Promise<Http2Wire> {
    const wire = await Http2Wire.connect(port);
    wire.send(PREFACE, settings());
    await wire.until(
      () => wire.frames.some(({ type, flags }) => type === TYPE.SETTINGS && flags === FLAG.ACK),
      'its ACK',
    );
    return wire;
  }

  send(...parts: readonly Buffer[]): void {
    this.socket.write(Buffer.concat(parts));
  }

  /** Waits for something to be true; fails after ten seconds, or when the connection is closed and it is not. */
  async until(isTrue: () => boolean, what: string): Promise<void> {
    const end = performance.now() + 10_000;
    while (!isTrue()) {
      if (this.isClosed) throw new Error(`closed before ${what}`);
      const left = end - performance.now();
      if (left <= 0) throw new Error(`${what} did not come; there were ${JSON.stringify(this.frames.slice(-5))}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** The code of the GOAWAY that ended the connection. */
  async goAway(): Promise<number> {
    const find = (): Frame | undefined => this.frames.find(({ type }) => type === TYPE.GOAWAY);
    await this.until(() => find() !== undefined, 'GOAWAY');
    return find()!.payload.readUInt32BE(4);
  }

  /** The code of the reset of a stream. */
  async reset(id: number): Promise<number> {
    const find = (): Frame | undefined => this.frames.find((one) => one.type === TYPE.RST_STREAM && one.id === id);
    await this.until(
      () => find() !== undefined || this.frames.some(({ type }) => type === TYPE.GOAWAY),
      `a reset of ${id}`,
    );
    return find()?.payload.readUInt32BE(0) ?? -1;
  }

  /** The first octets of the field block of a response: its status, as an index of the static table or a literal. */
  async status(id: number): Promise<number> {
    const find = (): Frame | undefined => this.frames.find((one) => one.type === TYPE.HEADERS && one.id === id);
    await this.until(
      () =>
        find() !== undefined ||
        this.frames.some((one) => (one.type === TYPE.RST_STREAM && one.id === id) || one.type === TYPE.GOAWAY),
      `HEADERS on ${id}`,
    );
    const payload = find()?.payload;
    if (payload === undefined) return -1;
    const indexed = [200, 204, 206, 304, 400, 404, 500][payload[0]! - 0x88];
    return indexed ?? Number(payload.latin1Slice(2, 2 + payload[1]!));
  }

  /** A request is answered as it should: the connection is well. */
  async isWell(id: number): Promise<boolean> {
    this.send(headers(id));
    return (await this.status(id)) === 200;
  }

  close(): void {
    this.socket.destroy();
  }
}
