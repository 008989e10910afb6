import { createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2';
import { createServer, type AddressInfo, connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { once } from 'node:events';
import { block, FLAG, frame, PREFACE, settings, TYPE } from '../support/http2-wire.ts';

/**
 * The other ends of the connection rows, as a program of its own so that it can be kept off the core under measurement:
 * `node clients.ts MODE JSON`. Prints lines; ends when its standard input does.
 */
const [mode, json = '{}'] = process.argv.slice(2);
const options = JSON.parse(json) as {
  readonly port: number;
  readonly isTls: boolean;
  readonly count: number;
  readonly host: string;
  readonly isResumed?: boolean;
  readonly isHttp2?: boolean;
};

/** 100 bytes of payload in a masked frame; a proxy looks into none of it. */
const FRAME = Buffer.concat([Buffer.from([0x82, 0xe4, 0, 0, 0, 0]), Buffer.alloc(100, 'x')]);
const GET = `GET / HTTP/1.1\r\nHost: ${options.host}\r\n\r\n`;
const UPGRADE =
  `GET /ws HTTP/1.1\r\nHost: ${options.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
const SWITCH =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n';

async function open(): Promise<Socket> {
  const at = { host: '127.0.0.1', port: options.port };
  const socket = options.isTls
    ? connectTls({
        ...at,
        servername: 'localhost',
        rejectUnauthorized: false,
        ALPNProtocols: [options.isHttp2 === true ? 'h2' : 'http/1.1'],
      })
    : connectPlain(at);
  await once(socket, options.isTls ? 'secureConnect' : 'connect');
  return socket.setNoDelay(true);
}

/** Opens all of them, some at a time. */
async function openAll(ready: (socket: Socket) => Promise<void>): Promise<Socket[]> {
  const sockets: Socket[] = [];
  const openNext = async (): Promise<void> => {
    while (sockets.length < options.count) {
      const socket = await open();
      sockets.push(socket);
      await ready(socket);
    }
  };
  await Promise.all(Array.from({ length: 16 }, openNext));
  return sockets;
}

const firstData = async (socket: Socket): Promise<void> => void (await once(socket, 'data'));

/** Answers the handshake and sends back whatever comes. */
async function echo(): Promise<void> {
  const server = createServer({ noDelay: true }, (socket) => {
    let isOpen = false;
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      if (isOpen) return void socket.write(chunk);
      isOpen = chunk.toString('latin1').endsWith('\r\n\r\n');
      if (isOpen) socket.write(SWITCH);
      return undefined;
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  console.log((server.address() as AddressInfo).port);
}

/** A gRPC server over plain HTTP/2: sends back the message it got, and that all is well. */
async function grpc(): Promise<void> {
  const server = createHttp2Server({ settings: { maxConcurrentStreams: 1000, initialWindowSize: 1 << 20 } });
  server.on('stream', (stream: ServerHttp2Stream) => {
    stream.on('error', () => {});
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.pipe(stream);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  console.log((server.address() as AddressInfo).port);
}

/** Each connection sends its next message when the last one came back. Prints how many came back so far, when asked. */
async function websocket(): Promise<void> {
  let count = 0;
  let delays: number[] = [];
  const sockets = await openAll(async (socket) => {
    socket.write(UPGRADE);
    await firstData(socket);
  });
  for (const socket of sockets) {
    let bytes = 0;
    let sentAt = performance.now();
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes < FRAME.length) return;
      bytes = 0;
      count += 1;
      const now = performance.now();
      delays.push(now - sentAt);
      sentAt = now;
      socket.write(FRAME);
    });
    socket.write(FRAME);
  }
  process.stdin.on('data', () => {
    delays.sort((a, b) => a - b);
    const at = (share: number): number => delays[Math.floor(delays.length * share)] ?? Number.NaN;
    console.log(`${count} ${at(0.5)} ${at(0.99)}`);
    delays = [];
  });
  console.log('ready');
}

/** Connections one after another, each for one request; prints how many, and how many resumed against the wish, when asked. */
async function handshakes(): Promise<void> {
  let count = 0;
  let wrong = 0;
  let session: Buffer | undefined;
  const isResumed = options.isResumed === true;
  const visit = async (): Promise<void> => {
    const at = { host: '127.0.0.1', port: options.port, servername: options.host, rejectUnauthorized: false };
    // Not every peer has the newer key exchange that Node would prefer, which costs more.
    const same = { minVersion: 'TLSv1.3', ecdhCurve: 'X25519' } as const;
    const socket = connectTls({ ...at, ...same, ...(isResumed && session ? { session } : {}) });
    const hadSession = isResumed && session !== undefined;
    socket.on('session', (fresh: Buffer) => (session = fresh));
    socket.on('error', () => (wrong += 1));
    socket.once('secureConnect', () => {
      if (socket.isSessionReused() !== hadSession) wrong += 1;
      socket.write(`${GET.slice(0, -2)}Connection: close\r\n\r\n`);
    });
    socket.resume();
    await once(socket, 'close');
    count += 1;
  };
  const loop = async (): Promise<void> => {
    for (;;) await visit();
  };
  process.stdin.on('data', () => console.log(`${count} ${wrong}`));
  await visit();
  for (let i = 0; i < options.count; i++) void loop();
  console.log('ready');
}

/** Each connection makes one request and stays. */
async function idle(): Promise<void> {
  const request = options.isHttp2 === true ? http2Get() : GET;
  await openAll(async (socket) => {
    socket.write(request);
    if (options.isHttp2 === true) await firstAnswer(socket);
    else await firstData(socket);
  });
  console.log('ready');
}

/** What a connection of HTTP/2 begins with, and a request. */
function http2Get(): Buffer {
  const head = block([
    [':method', 'GET'],
    [':scheme', 'https'],
    [':authority', options.host],
    [':path', '/'],
  ]);
  return Buffer.concat([PREFACE, settings(), frame(TYPE.HEADERS, FLAG.END_HEADERS | FLAG.END_STREAM, 1, head)]);
}

/** The response on stream 1 is whole. */
async function firstAnswer(socket: Socket): Promise<void> {
  let bytes = Buffer.alloc(0);
  for (;;) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    bytes = Buffer.concat([bytes, chunk]);
    while (bytes.length >= 9 && bytes.length >= 9 + bytes.readUIntBE(0, 3)) {
      const isLast = (bytes[4]! & FLAG.END_STREAM) !== 0 && bytes.readUInt32BE(5) === 1;
      if (bytes[3] === TYPE.SETTINGS && bytes[4] === 0) socket.write(frame(TYPE.SETTINGS, FLAG.ACK, 0));
      bytes = bytes.subarray(9 + bytes.readUIntBE(0, 3));
      if (isLast) return;
    }
  }
}

/** Each connection sends one byte of a head a second; one that was ended by its time-out is opened again. */
async function slow(): Promise<void> {
  const head = `${GET.slice(0, -2)}X-Slow: ${'x'.repeat(1000)}`;
  let lost = 0;
  const drip = (socket: Socket, offset: number): void => {
    let at = 1;
    const start = setTimeout(() => {
      const timer = setInterval(() => socket.write(head.charAt(at++ % head.length)), 1000);
      socket.once('close', () => clearInterval(timer));
    }, offset);
    socket.write(head.charAt(0));
    socket.on('data', () => {});
    socket.on('error', () => {});
    socket.once('close', () => {
      clearTimeout(start);
      lost += 1;
      open().then(
        (next) => drip(next, Math.random() * 1000),
        () => {},
      );
    });
  };
  const sockets = await openAll(() => Promise.resolve());
  for (const [i, socket] of sockets.entries()) drip(socket, ((i % 1000) * 1000) / 1000);
  process.stdin.on('data', () => console.log(`${lost}`));
  console.log('ready');
}

process.stdin.on('end', () => process.exit(0));
process.stdin.resume();
switch (mode) {
  case 'echo':
    await echo();
    break;
  case 'grpc':
    await grpc();
    break;
  case 'websocket':
    await websocket();
    break;
  case 'handshakes':
    await handshakes();
    break;
  case 'idle':
    await idle();
    break;
  case 'slow':
    await slow();
    break;
  default:
    throw new Error(`no such mode: ${mode}`);
}
