import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A client's connection from an address of loopback of its own, that keeps what it gets. */
export interface AddressedClient {
  readonly socket: Socket;
  readonly received: () => string;
  /** Resolves with all that came, when the other side is done with the connection, in whatever way. */
  readonly ended: Promise<string>;
}

/** Connects from `127.x.y.z`; reads, and does not end its own side. */
export async function clientFrom(address: string, port: number): Promise<AddressedClient> {
  const socket = connect({ port, host: '127.0.0.1', localAddress: address, allowHalfOpen: true, noDelay: true });
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1');
  });
  const ended = new Promise<string>((resolve) => {
    for (const event of ['end', 'close']) socket.once(event, () => resolve(received));
  });
  socket.on('error', () => {});
  await once(socket, 'connect');
  return { socket, received: () => received, ended };
}
