import { once } from 'node:events';
import { type AddressInfo, connect as connectTcp, createServer, type Socket } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { oneService, router, server, startDataPlane, type TestDataPlane } from '../../support/data-plane.ts';
import { freePort } from '../../support/free-port.ts';
import { RawClient, rawBackend, type RawBackend } from '../../support/raw-http.ts';

const GET = 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';

let backend: RawBackend;
let plane: TestDataPlane;
let port: number;

beforeEach(async () => {
  backend = await rawBackend((socket, received) => {
    if (received.endsWith('\r\n\r\n')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  });
  port = await freePort();
  const addresses = [{ host: '127.0.0.1', port }];
  plane = await startDataPlane(
    oneService([server(backend.port)], [router('Host(`localhost`)'), router('Host(`localhost`)', { tls: true })]),
    { entrypoints: [{ name: 'http', addresses, transport: 'auto', redirect: undefined }] },
  );
});

afterEach(async () => {
  await plane.stop();
  await backend.close();
});

async function readAll(socket: TLSSocket): Promise<string> {
  let received = '';
  for await (const chunk of socket) received += String(chunk);
  return received;
}

/** Passes a client's bytes on one at a time. */
async function feed(inbound: Socket): Promise<void> {
  const outbound = connectTcp({ port, host: '127.0.0.1', noDelay: true });
  outbound.pipe(inbound);
  for await (const chunk of inbound as AsyncIterable<Buffer>) {
    for (const byte of chunk) {
      outbound.write(Uint8Array.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  outbound.end();
}

const protoSeen = (): string | undefined => /X-Forwarded-Proto: (\w+)/.exec(backend.received.join(''))?.[1];

describe('an entrypoint that serves both', () => {
  test('a request line is plain HTTP, also when it comes byte by byte', async () => {
    const client = await RawClient.open(port);
    await client.sendByBytes(GET);
    await client.until(() => client.hasEnded, 'the response');
    expect([client.received.slice(0, 15), protoSeen()]).toEqual(['HTTP/1.1 200 OK', 'http']);
    client.close();
  });

  test('a handshake is TLS', async () => {
    const socket = connect({ port, servername: 'localhost', ca: plane.rootPem });
    socket.write(GET);
    expect([(await readAll(socket)).slice(0, 15), protoSeen()]).toEqual(['HTTP/1.1 200 OK', 'https']);
  });

  test('a handshake byte by byte, too', async () => {
    const relay = createServer((inbound) => void feed(inbound)).listen(0, '127.0.0.1');
    await once(relay, 'listening');
    const { port: relayPort } = relay.address() as AddressInfo;
    const socket = connect({ port: relayPort, servername: 'localhost', ca: plane.rootPem });
    socket.write(GET);
    expect((await readAll(socket)).slice(0, 15)).toBe('HTTP/1.1 200 OK');
    relay.close();
  });

  test('a client that ends before its first byte is let go at once', async () => {
    const client = await RawClient.open(port);
    client.socket.end();
    await client.until(() => client.hasEnded, 'the end', 3000);
    expect(client.received).toBe('');
  });
});

test('a server that refuses every request is reported once a tick, not once a request', async () => {
  const dead = server(await freePort());
  plane.publish(oneService([dead], [router('Host(`localhost`)')]));
  const client = await RawClient.open(port);
  client.send('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(50));
  await client.until(() => client.received.split('HTTP/1.1 502').length === 51, 'fifty answers');
  expect(plane.messages.filter((message) => message.type === 'connect-failed').length).toBeLessThan(5);
  client.close();
});
