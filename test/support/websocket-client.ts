import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';

const MAGIC = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
export const OPCODE = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export interface WebSocketFrame {
  readonly opcode: number;
  readonly payload: Buffer;
}

/** A WebSocket over TLS, frame by frame (RFC 6455), so that a test sees both ends of the closing. */
export interface WebSocketClient extends Disposable {
  /** Head of the `101` response. */
  readonly head: string;
  send(opcode: number, payload: Buffer | string): void;
  /** The next frame, in order of arrival. Rejects when the connection ends first. */
  next(): Promise<WebSocketFrame>;
  /** Resolves when the server's side has ended the connection; true if it did so in order. */
  ended(): Promise<boolean>;
  /** Ends this side of the connection. */
  end(): void;
}

/** Shakes hands at `127.0.0.1:PORT`; any certificate is accepted. Rejects unless the answer is a right `101`. */
export async function openWebSocket(options: { readonly at: string; readonly name: string }): Promise<WebSocketClient> {
  const [host, port] = options.at.split(':') as [string, string];
  const socket = connect({ host, port: Number(port), servername: options.name, rejectUnauthorized: false });
  await once(socket, 'secureConnect', { signal: AbortSignal.timeout(10_000) });
  const key = randomBytes(16).toString('base64');
  socket.write(
    `GET /socket HTTP/1.1\r\nHost: ${options.name}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
  );
  const reader = readFrames(socket);
  const head = await reader.head;
  const accept = createHash('sha1')
    .update(key + MAGIC)
    .digest('base64');
  const isRight = head.startsWith('HTTP/1.1 101 ') && head.toLowerCase().includes(`: ${accept.toLowerCase()}`);
  if (!isRight) {
    socket.destroy();
    throw new Error(`no WebSocket: ${head}`);
  }
  return {
    head,
    send: (opcode, payload) => void socket.write(maskedFrame(opcode, Buffer.from(payload))),
    next: reader.next,
    ended: () => reader.ended,
    end: () => void socket.end(),
    [Symbol.dispose]: () => void socket.destroy(),
  };
}

interface FrameReader {
  readonly head: Promise<string>;
  readonly ended: Promise<boolean>;
  next(): Promise<WebSocketFrame>;
}

function readFrames(socket: TLSSocket): FrameReader {
  const frames: WebSocketFrame[] = [];
  const waiting: PromiseWithResolvers<WebSocketFrame>[] = [];
  const head = Promise.withResolvers<string>();
  const ended = Promise.withResolvers<boolean>();
  let buffered = Buffer.alloc(0);
  let hasHead = false;
  let isOver = false;
  socket.on('data', (chunk: Buffer) => {
    buffered = Buffer.concat([buffered, chunk]);
    if (!hasHead) {
      const end = buffered.indexOf('\r\n\r\n');
      if (end < 0) return;
      hasHead = true;
      head.resolve(buffered.toString('latin1', 0, end));
      buffered = buffered.subarray(end + 4);
    }
    for (let found = firstFrame(buffered); found !== undefined; found = firstFrame(buffered)) {
      buffered = buffered.subarray(found.size);
      const taker = waiting.shift();
      if (taker === undefined) frames.push(found.frame);
      else taker.resolve(found.frame);
    }
  });
  const over = (inOrder: boolean) => {
    isOver = true;
    ended.resolve(inOrder);
    head.reject(new Error('the connection ended before its head'));
    for (const taker of waiting.splice(0)) taker.reject(new Error('the connection ended'));
  };
  // Whoever does not wait for the head is past it.
  head.promise.catch(() => undefined);
  socket.on('end', () => over(true));
  socket.on('error', () => over(false));
  socket.on('close', () => over(false));
  const next = () => {
    const frame = frames.shift();
    if (frame !== undefined) return Promise.resolve(frame);
    if (isOver) return Promise.reject(new Error('the connection has ended'));
    const taker = Promise.withResolvers<WebSocketFrame>();
    waiting.push(taker);
    return taker.promise;
  };
  return { head: head.promise, ended: ended.promise, next };
}

function firstFrame(buffer: Buffer): { readonly frame: WebSocketFrame; readonly size: number } | undefined {
  if (buffer.length < 2) return undefined;
  const short = buffer[1]! & 127;
  const start = short === 126 ? 4 : 2;
  if (buffer.length < start) return undefined;
  const size = start + (short === 126 ? buffer.readUInt16BE(2) : short);
  if (buffer.length < size) return undefined;
  return { frame: { opcode: buffer[0]! & 15, payload: Buffer.from(buffer.subarray(start, size)) }, size };
}

/** Payloads up to 64 KiB. */
function maskedFrame(opcode: number, payload: Buffer): Buffer {
  const isShort = payload.length < 126;
  const head = Buffer.alloc(isShort ? 2 : 4);
  head[0] = 0x80 | opcode;
  head[1] = 0x80 | (isShort ? payload.length : 126);
  if (!isShort) head.writeUInt16BE(payload.length, 2);
  const mask = randomBytes(4);
  return Buffer.concat([head, mask, payload.map((byte, index) => byte ^ mask[index % 4]!)]);
}
