import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { exchangeDns } from '../../../../src/acme/dns/dns-exchange.ts';
import { encodeName } from '../../../../src/acme/dns/dns-message.ts';

const UPDATE = 5 << 3;

/** A message of one question, as we send and get it. */
function message(
  fields: { id?: number; flags?: number; code?: number; name?: string; isEmpty?: boolean } = {},
): Buffer {
  const { id = 4711, flags = 0, code = 0, name = 'zone.test', isEmpty = false } = fields;
  const header = Buffer.alloc(12);
  header.writeUInt16BE(id, 0);
  header.writeUInt8(flags, 2);
  header.writeUInt8(code, 3);
  header.writeUInt16BE(isEmpty ? 0 : 1, 4);
  return isEmpty ? header : Buffer.concat([header, encodeName(name), Buffer.of(0, 6, 0, 1)]);
}

const QUESTION = message();
const ANSWER = message({ flags: 0x80, name: 'ZONE.test' });

/** A name server that answers everything with these datagrams. */
async function serveUdp(...answers: readonly Buffer[]): Promise<{ readonly host: string; readonly port: number }> {
  const socket = createSocket('udp4');
  socket.on('message', (_, { port, address }) => {
    for (const answer of answers) socket.send(answer, port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  onTestFinished(() => void socket.close());
  return { host: '127.0.0.1', port: socket.address().port };
}

async function serveTcp(answer: Buffer): Promise<{ readonly host: string; readonly port: number }> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.write(answer);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

test.for([
  { name: 'of another number', forged: message({ id: 4712, flags: 0x80 }) },
  { name: 'that is a question', forged: QUESTION },
  { name: 'to another question', forged: message({ flags: 0x80, name: 'evil.test' }) },
  { name: 'to an update', forged: message({ flags: 0x80 | UPDATE }) },
  { name: 'to no question', forged: message({ flags: 0x80, isEmpty: true }) },
  {
    name: 'with a broken name',
    forged: Buffer.concat([message({ flags: 0x80 }).subarray(0, 12), Buffer.of(0xc0, 12)]),
  },
  { name: 'that is too short', forged: Buffer.of(0x12, 0x67, 0x80) },
])('a datagram $name is passed over', async ({ forged }) => {
  expect(await exchangeDns(await serveUdp(forged, ANSWER), QUESTION)).toEqual(ANSWER);
});

test.for([
  { name: 'an update', sent: message({ flags: UPDATE }), answer: message({ flags: 0x80 | UPDATE, isEmpty: true }) },
  { name: 'what it cannot read', sent: QUESTION, answer: message({ flags: 0x80, code: 1, isEmpty: true }) },
])('a server need not repeat the question of $name', async ({ sent, answer }) => {
  expect(await exchangeDns(await serveUdp(answer), sent)).toEqual(answer);
});

const LONG = Buffer.concat([message(), Buffer.alloc(600)]);

test.for([
  { name: 'shorter than a header', answer: Buffer.concat([Buffer.of(0, 5), Buffer.alloc(100_000)]) },
  { name: 'to another question', answer: framed(message({ flags: 0x80, name: 'evil.test' })) },
  { name: 'of another number', answer: framed(message({ id: 1, flags: 0x80 })) },
])('by TCP an answer $name ends the exchange at once', async ({ answer }) => {
  await expect(exchangeDns(await serveTcp(answer), LONG)).rejects.toThrow(/no answer to what was asked/);
});

function framed(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.of(bytes.length >> 8, bytes.length & 255), bytes]);
}

test('by TCP the right one is taken', async () => {
  expect(await exchangeDns(await serveTcp(framed(ANSWER)), LONG)).toEqual(ANSWER);
});
