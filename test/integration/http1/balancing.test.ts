import { afterEach, beforeEach, expect, test } from 'vitest';
import type { BalanceConfig } from '../../../src/config/dynamic.ts';
import type { Snapshot } from '../../../src/routing/snapshot.ts';
import { oneService, router, server, startDataPlane, type TestDataPlane } from '../../support/data-plane.ts';
import { RawClient, readMessages } from '../../support/raw-http.ts';
import { ScriptedBackend, type Script } from '../../support/scripted-backend.ts';

const NAMES = ['a', 'b'] as const;

let backends: readonly ScriptedBackend[];
let plane: TestDataPlane;
const clients: RawClient[] = [];

const answer = (name: string): string => `HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${name}`;
const isWhole = (received: string): boolean => readMessages(received, 'request')[0]?.isComplete === true;
const saying =
  (name: string): Script =>
  (connection) => {
    if (isWhole(connection.received)) connection.answer(answer(name));
  };

beforeEach(async () => {
  backends = await Promise.all(NAMES.map((name) => new ScriptedBackend(saying(name)).listen()));
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await plane.stop();
  await Promise.all(backends.map((backend) => backend.refuse()));
});

async function serve(balance: BalanceConfig | undefined, weights: readonly number[] = [1, 1]): Promise<void> {
  const servers = backends.map(({ port }, index) => server(port, { weight: weights[index]! }));
  const one = oneService(servers, [router('Host(`a.test`)')]);
  const services = one.services.map((service) => (balance === undefined ? service : { ...service, balance }));
  const snapshot: Snapshot = { ...one, services };
  plane = await startDataPlane(snapshot);
}

/** Sends a request on a connection of its own. */
async function send(fields = '', method = 'GET', body = ''): Promise<RawClient> {
  const client = await RawClient.open(plane.httpPort);
  clients.push(client);
  client.send(`${method} / HTTP/1.1\r\nHost: a.test\r\n${fields}\r\n${body}`);
  return client;
}

/** The name of the server that answers. */
async function nameOf(client: RawClient): Promise<string> {
  await client.until(() => readMessages(client.received, 'response').some((one) => one.isComplete), 'the answer');
  return client.received.slice(-1);
}

async function names(count: number, fields?: (n: number) => string): Promise<string> {
  let text = '';
  for (let n = 0; n < count; n++) text += await nameOf(await send(fields?.(n)));
  return text;
}

test('weights', async () => {
  await serve(undefined, [3, 1]);
  expect(await names(8)).toBe('aabaaaba');
});

test.for([
  ['header', 'x-user', (value: string) => `X-User: ${value}\r\n`],
  ['cookie', 'session', (value: string) => `Cookie: a=b; session=${value}\r\n`],
] as const)('by hash of a %s', async ([from, name, field]) => {
  await serve({ strategy: 'hash', key: { from, name }, slowStartMs: 0 });
  const first = await names(16, (n) => field(`u${n}`));
  expect(new Set(first)).toEqual(new Set(NAMES));
  expect(await names(16, (n) => field(`u${n}`))).toBe(first);
});

test('by hash of the address a visitor stays', async () => {
  await serve({ strategy: 'hash', slowStartMs: 0 });
  expect(new Set(await names(10)).size).toBe(1);
});

test('a visitor whose server is gone is served by another', async () => {
  await serve({ strategy: 'hash', slowStartMs: 0 });
  const [home] = await names(1);
  await backends[NAMES.indexOf(home as 'a' | 'b')]!.refuse();
  expect(await names(3)).toBe((home === 'a' ? 'b' : 'a').repeat(3));
  await backends[NAMES.indexOf(home as 'a' | 'b')]!.listen();
});

test('least connections: a server that holds a request gets no other while one is idle', async () => {
  await serve({ strategy: 'leastconn', slowStartMs: 0 });
  const [a] = backends;
  let finish: (() => void) | undefined;
  a!.script = (connection) => {
    if (isWhole(connection.received)) finish = () => connection.answer(answer('a'));
  };
  const held = await send();
  await held.until(() => finish !== undefined, 'the request at the server');
  expect(await names(6)).toBe('bbbbbb');
  a!.script = saying('a');
  finish!();
  expect(await nameOf(held)).toBe('a');
  expect(new Set(await names(4))).toEqual(new Set(NAMES));
});

/** How much slower the slow server is. */
const SLOW_MS = 250;

test('least time: the faster server, once both have answered', async () => {
  await serve({ strategy: 'leasttime', slowStartMs: 0 });
  backends[0]!.script = (connection) => {
    if (isWhole(connection.received)) setTimeout(() => connection.answer(answer('a')), SLOW_MS);
  };
  const [first, second] = await names(2);
  expect(new Set([first, second])).toEqual(new Set(NAMES));
  expect(await names(8)).toBe('bbbbbbbb');
});

test('least time: a slow upload is not the server’s slowness', async () => {
  await serve({ strategy: 'leasttime', slowStartMs: 0 });
  const upload = await send('Content-Length: 2\r\n', 'POST', 'x');
  await upload.until(() => backends.some(({ connections }) => connections.size > 0), 'the request at the server');
  const uploader = backends.findIndex(({ connections }) => connections.size > 0);
  const other = backends[1 - uploader]!;
  other.script = (connection) => {
    if (isWhole(connection.received)) setTimeout(() => connection.answer(answer('o')), SLOW_MS / 5);
  };
  // The upload goes on when the other has answered, so it takes longer than that.
  expect(await names(1)).toBe('o');
  upload.send('y');
  await nameOf(upload);
  expect(await names(4)).toBe(NAMES[uploader]!.repeat(4));
});

test('least time: a server that refuses is not a fast one', async () => {
  await serve({ strategy: 'leasttime', slowStartMs: 0 });
  const [a] = backends;
  await a!.refuse();
  const fields = 'Connection: close\r\n';
  await nameOf(await send(fields));
  await nameOf(await send(fields));
  await a!.listen();
  expect(await names(5)).toBe('bbbbb');
});
