import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/**
 * A proxy on loopback that begins each connection with a header: in one write with the client's first bytes, or in one of its
 * own before them.
 */
export async function headerRelay(
  port: number,
  header: string,
  isOneWrite: boolean,
): Promise<{ readonly port: number; close(): void }> {
  const sockets: Socket[] = [];
  const server = createServer((inbound) => {
    const outbound = connect({ port, host: '127.0.0.1', noDelay: true });
    sockets.push(inbound, outbound);
    for (const socket of [inbound, outbound]) socket.on('error', () => socket.destroy());
    if (!isOneWrite) outbound.write(header, 'latin1');
    inbound.once('data', (chunk: Buffer) => {
      outbound.write(isOneWrite ? Buffer.concat([Buffer.from(header, 'latin1'), chunk]) : chunk);
      inbound.pipe(outbound);
    });
    outbound.pipe(inbound);
    outbound.on('close', () => inbound.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
