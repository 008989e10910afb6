import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type TlsOptions, type TLSSocket } from 'node:tls';

/** A backend behind TLS that answers every read with `OK`. */
export interface TlsBackend {
  readonly port: number;
  /** Connections whose handshake is done, in order, with what was received on each. */
  readonly connections: readonly {
    readonly socket: TLSSocket;
    readonly servername: string | false | null;
    readonly isResumed: boolean;
    received: string;
  }[];
  close(): Promise<void>;
}

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

export async function tlsBackend(options: TlsOptions, answer: string = OK): Promise<TlsBackend> {
  const connections: TlsBackend['connections'][number][] = [];
  const sockets = new Set<{ destroy(): void }>();
  const server = createServer({ ALPNProtocols: ['http/1.1'], ...options }, (socket) => {
    const connection = { socket, servername: socket.servername, isResumed: socket.isSessionReused(), received: '' };
    connections.push(connection);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      connection.received += chunk.toString('latin1');
      if (answer !== '') socket.write(answer);
    });
  }).listen(0, '127.0.0.1');
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', () => {});
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    connections,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
