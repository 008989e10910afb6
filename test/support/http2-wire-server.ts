import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { block, CODE, FLAG, type Frame, frame, headers, PREFACE, settings, TYPE, uint32 } from './http2-wire.ts';

/** A connection at a server that says what it is told to, octet by octet. */
export class WirePeer {
  readonly socket: Socket;
  /** From 0 on. */
  readonly index: number;
  readonly frames: Frame[] = [];
  hasEnded = false;
  private rest = Buffer.alloc(0);
  private isPrefaced = false;

  constructor(socket: Socket, index: number) {
    this.socket = socket;
    this.index = index;
  }

  push(chunk: Buffer): readonly Frame[] {
    this.rest = Buffer.concat([this.rest, chunk]);
    if (!this.isPrefaced) {
      if (this.rest.length < PREFACE.length) return [];
      if (!this.rest.subarray(0, PREFACE.length).equals(PREFACE)) throw new Error('no preface');
      this.isPrefaced = true;
      this.rest = this.rest.subarray(PREFACE.length);
    }
    const from = this.frames.length;
    while (this.rest.length >= 9 && this.rest.length >= 9 + this.rest.readUIntBE(0, 3)) {
      const end = 9 + this.rest.readUIntBE(0, 3);
      const [type, flags, id] = [this.rest[3]!, this.rest[4]!, this.rest.readUInt32BE(5)];
      this.frames.push({ type, flags, id, payload: this.rest.subarray(9, end) });
      this.rest = this.rest.subarray(end);
    }
    return this.frames.slice(from);
  }

  send(...parts: readonly Buffer[]): void {
    if (this.socket.writable) this.socket.write(Buffer.concat(parts));
  }

  /** A response; `body`: undefined: none, and no end of the stream unless `isLast`. */
  respond(id: number, fields: readonly (readonly [string, string])[] = [], body = 'ok'): void {
    const flags = FLAG.END_HEADERS | (body === '' ? FLAG.END_STREAM : 0);
    this.send(headers(id, block([[':status', '200'], ...fields]), flags));
    if (body !== '') this.send(frame(TYPE.DATA, FLAG.END_STREAM, id, Buffer.from(body)));
  }

  reset(id: number, code: number): void {
    this.send(frame(TYPE.RST_STREAM, 0, id, uint32(code)));
  }

  goAway(lastId: number, code: number = CODE.NO_ERROR): void {
    this.send(frame(TYPE.GOAWAY, 0, 0, Buffer.concat([uint32(lastId), uint32(code)])));
  }

  /** Payload of a stream so far. */
  body(id: number): string {
    return Buffer.concat(
      this.frames.filter((one) => one.type === TYPE.DATA && one.id === id).map(({ payload }) => payload),
    ).latin1Slice();
  }
}

/** A server of `h2c` that is told what to say; SETTINGS and their ACKs, and answers to PING, it says by itself. */
export class WireServer {
  readonly peers: WirePeer[] = [];
  /** What is said first. */
  settings: readonly (readonly [id: number, value: number])[] = [];
  /** With every frame that comes. */
  onFrame: (peer: WirePeer, one: Frame) => void = () => {};
  answersPings = true;
  port = 0;
  private readonly server = createServer((socket) => this.accept(socket));

  async listen(): Promise<this> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
    return this;
  }

  /** Calls `heed` with each request, when its last frame is there. */
  onRequest(heed: (peer: WirePeer, id: number) => void): void {
    this.onFrame = (peer, { type, flags, id }) => {
      if (type <= TYPE.HEADERS && (flags & FLAG.END_STREAM) !== 0) heed(peer, id);
    };
  }

  /** Frames of this type from all connections. */
  of(type: number): readonly Frame[] {
    return this.peers.flatMap((peer) => peer.frames.filter((one) => one.type === type));
  }

  async close(): Promise<void> {
    const over = once(this.server, 'close');
    this.server.close();
    for (const { socket } of this.peers) socket.destroy();
    await over;
  }

  private accept(socket: Socket): void {
    const peer = new WirePeer(socket.setNoDelay(true), this.peers.length);
    this.peers.push(peer);
    peer.send(settings(...this.settings));
    socket.on('error', () => {});
    socket.on('close', () => (peer.hasEnded = true));
    socket.on('data', (chunk: Buffer) => {
      for (const one of peer.push(chunk)) {
        if (one.type === TYPE.SETTINGS && (one.flags & FLAG.ACK) === 0) peer.send(frame(TYPE.SETTINGS, FLAG.ACK, 0));
        if (one.type === TYPE.PING && (one.flags & FLAG.ACK) === 0 && this.answersPings) {
          peer.send(frame(TYPE.PING, FLAG.ACK, 0, one.payload));
        }
        this.onFrame(peer, one);
      }
    });
  }
}
