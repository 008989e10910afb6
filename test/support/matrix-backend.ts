import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { chunked, responseBody, type ResponseKind } from './matrix-cases.ts';
import { MessageReader, valuesOf, type WireMessage } from './message-reader.ts';

/** A request at the backend. */
export interface SeenRequest {
  readonly message: WireMessage;
  readonly connection: number;
}

/** A backend, plain or over TLS, that answers as the request's path tells it (`answerPath`). */
export interface MatrixBackend {
  readonly port: number;
  readonly seen: SeenRequest[];
  /** What it could not read. */
  readonly complaints: unknown[];
  /** Numbers of its open connections. */
  readonly open: ReadonlySet<number>;
  close(): Promise<void>;
}

/** The path that asks for this answer. */
export function answerPath(kind: ResponseKind, size: number): string {
  return `/${encodeURIComponent(kind.replace('/', '-'))}/${size}`;
}

export async function matrixBackend(tls?: TlsOptions): Promise<MatrixBackend> {
  const seen: SeenRequest[] = [];
  const complaints: unknown[] = [];
  const open = new Set<number>();
  const sockets = new Set<Socket>();
  let connections = 0;
  const serve = (socket: Socket): void => {
    const connection = connections++;
    open.add(connection);
    const reader: MessageReader = new MessageReader('request', {
      head: (head) => {
        if (valuesOf(head, 'expect').length > 0) socket.write('HTTP/1.1 100 Continue\r\n\r\n');
      },
      message: (message) => {
        seen.push({ message, connection });
        const [, path = ''] = message.startLine.split(' ');
        const [, kind = '', size = ''] = path.split('/');
        if (kind === 'upgrade') reader.readRaw();
        answer(socket, decodeURIComponent(kind), Number(size));
      },
    });
    let echoed = 0;
    socket.on('data', (chunk: Buffer) => {
      try {
        reader.push(chunk);
      } catch (error) {
        complaints.push(error);
      }
      if (reader.raw.length > echoed) socket.write(reader.raw.subarray(echoed));
      echoed = reader.raw.length;
    });
    socket.on('end', () => socket.end());
    socket.on('error', (error) => complaints.push(error));
    socket.on('close', () => open.delete(connection));
  };
  const options = { allowHalfOpen: true, noDelay: true };
  const server: Server =
    tls === undefined ? createServer(options, serve) : createTlsServer({ ...options, ...tls }, serve);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    complaints,
    open,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function answer(socket: Socket, kind: string, size: number): void {
  const body = responseBody(size);
  const length = `Content-Length: ${size}\r\n`;
  const send = (head: string, rest: Buffer = Buffer.alloc(0)): boolean =>
    socket.write(Buffer.concat([Buffer.from(`${head}\r\n`), rest]));
  switch (kind) {
    case '204':
      send('HTTP/1.1 204 No Content\r\n');
      break;
    case '304':
      send('HTTP/1.1 304 Not Modified\r\nContent-Length: 1234\r\n');
      break;
    case 'HEAD':
      send(`HTTP/1.1 200 OK\r\n${length}`);
      break;
    case 'length':
      send(`HTTP/1.1 200 OK\r\n${length}`, body);
      break;
    case 'chunked':
      send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n', chunked(body));
      break;
    case 'chunked and trailers':
    case 'trailers nobody asked for':
      send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n', chunked(body, 'X-Sum: 1\r\n'));
      break;
    case 'until close':
      send('HTTP/1.1 200 OK\r\n', body);
      socket.end();
      break;
    case 'length and close':
      send(`HTTP/1.1 200 OK\r\nConnection: close\r\n${length}`, body);
      break;
    case 'HTTP-1.0 and length':
      send(`HTTP/1.0 200 OK\r\n${length}`, body);
      break;
    case 'upgrade':
      send('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n');
      break;
    default:
      throw new Error(`no such answer: ${kind}`);
  }
}
