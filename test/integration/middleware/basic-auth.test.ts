import { afterEach, beforeEach, expect, test } from 'vitest';
import type { BasicAuthOptions } from '../../../src/config/middleware-options.ts';
import { oneService, router, server, startDataPlane, type TestDataPlane } from '../../support/data-plane.ts';
import {
  fieldOf,
  RawClient,
  rawBackend,
  type RawBackend,
  type RawMessage,
  readMessages,
} from '../../support/raw-http.ts';

/** Each of the password `secret`. */
const USERS: BasicAuthOptions['users'] = [
  ['bcrypt', '$2b$08$wuCtnCsHyLmYYPBU2j.mPO9n6xDZ1/5.iqaBSGqYdWmRzk7KIjV4G'],
  ['apr1', '$apr1$a1b2c3d4$sNf9c55mN1G1wjTFVoSe9.'],
  ['md5', '$1$a1b2c3d4$d/y5UrBuqw2YWUiGLNv1G.'],
  ['sha', '{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ='],
];
const OPTIONS: BasicAuthOptions = {
  ...{ type: 'basicAuth', users: USERS, usersFile: undefined, realm: 'r' },
  ...{ removeHeader: true, headerField: 'X-User' },
};

let backend: RawBackend;
let plane: TestDataPlane;
const clients: RawClient[] = [];

beforeEach(async () => {
  const answered = new Map<number, number>();
  backend = await rawBackend((socket, received, connection) => {
    const count = readMessages(received, 'request').filter(({ isComplete }) => isComplete).length;
    for (let i = answered.get(connection) ?? 0; i < count; i++) socket.write('HTTP/1.1 204 No\r\n\r\n');
    answered.set(connection, count);
  });
  const routers = [
    router('Host(`a.test`)', { middlewares: [{ name: 'm@test', options: OPTIONS }] }),
    router('Host(`b.test`)', { name: 'open@test' }),
  ];
  plane = await startDataPlane(oneService([server(backend.port)], routers));
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await plane.stop();
  await backend.close();
});

async function open(): Promise<RawClient> {
  const client = await RawClient.open(plane.httpPort);
  clients.push(client);
  return client;
}

const finals = (client: RawClient): readonly RawMessage[] =>
  readMessages(client.received, 'response').filter(({ isComplete }) => isComplete);
const statuses = (client: RawClient): readonly number[] => finals(client).map((m) => Number(m.startLine.slice(9, 12)));
const seen = (): readonly RawMessage[] => backend.received.flatMap((text) => readMessages(text, 'request'));

function credentials(user: string, password: string): string {
  return `Authorization: Basic ${Buffer.from(`${user}:${password}`).toString('base64')}\r\n`;
}

const get = (lines: string, host = 'a.test'): string => `GET / HTTP/1.1\r\nHost: ${host}\r\n${lines}\r\n`;

test.for(USERS.map(([user]) => user))('%s: the right password passes, another does not, in order', async (user) => {
  const client = await open();
  const [right, wrong] = [get(credentials(user, 'secret')), get(credentials(user, 'Secret'))];
  client.send(right + wrong + right + get(''));
  await client.until(() => finals(client).length === 4, 'four answers');
  expect(statuses(client)).toEqual([204, 401, 204, 401]);
  expect(seen().map((request) => [fieldOf(request, 'x-user'), fieldOf(request, 'authorization')])).toEqual([
    [user, undefined],
    [user, undefined],
  ]);
  expect((await plane.counters()).reasons).toEqual({ auth_missing: 1, auth_wrong: 1 });
});

test('a payload waits for the verdict, whether it is there already or comes later', async () => {
  const client = await open();
  const head = `POST / HTTP/1.1\r\nHost: a.test\r\n${credentials('bcrypt', 'secret')}Content-Length: 6\r\n\r\n`;
  client.send(`${head}abc`);
  client.send('def');
  await client.until(() => finals(client).length === 1, 'the first answer');
  // Known by now, so that nothing waits.
  client.send(`${head}abcdef`);
  await client.until(() => finals(client).length === 2, 'the second answer');
  const late = await open();
  late.send(head.replace(credentials('bcrypt', 'secret'), credentials('apr1', 'secret')));
  await late.until(() => backend.received.join('').includes('X-User: apr1'), 'the head');
  late.send('abcdef');
  await late.until(() => finals(late).length === 1, 'the third answer');
  expect(seen().map(({ body }) => body)).toEqual(['abcdef', 'abcdef', 'abcdef']);
});

test('hashes that are worked out keep no other request waiting', async () => {
  const guessing = await Promise.all(Array.from({ length: 50 }, open));
  for (const [i, client] of guessing.entries()) client.send(get(credentials('bcrypt', `guess ${i}`)));
  const judged = (): number => guessing.filter((client) => finals(client).length > 0).length;
  const other = await open();
  let meanwhile = 0;
  while (judged() < 50) {
    const count = finals(other).length + 1;
    other.send(get('', 'b.test'));
    await other.until(() => finals(other).length === count, 'the answer of the open site');
    if (judged() < 50) meanwhile += 1;
  }
  expect(guessing.map(statuses)).toEqual(Array.from({ length: 50 }, () => [401]));
  // On the loop itself the fifty would be done before the first of them.
  expect(meanwhile).toBeGreaterThan(10);
});

test('more checks than may wait are turned away, and nobody else is', async () => {
  const guessing = await Promise.all(Array.from({ length: 90 }, open));
  for (const [i, client] of guessing.entries()) client.send(get(credentials('bcrypt', `guess ${i}`)));
  for (const client of guessing) await client.until(() => finals(client).length === 1, 'a verdict');
  const { reasons } = await plane.counters();
  expect(reasons['auth_overloaded']).toBeGreaterThan(0);
  expect(reasons['auth_overloaded']! + reasons['auth_wrong']!).toBe(90);
  const refused = guessing.filter((client) => statuses(client)[0] === 503);
  expect(refused.length).toBe(reasons['auth_overloaded']);
  expect(refused.every((client) => !client.received.includes('Connection: close'))).toBe(true);
});

test('a client that leaves meanwhile costs whoever comes next nothing', async () => {
  const leaving = await open();
  leaving.send(get(credentials('bcrypt', 'secret')));
  while ((await plane.counters()).inFlight === 0);
  leaving.socket.resetAndDestroy();
  while (((await plane.counters()).reasons['client_gone'] ?? 0) === 0);
  // The same exchange, for somebody who is not asked anything.
  const next = await open();
  next.send(get('', 'b.test'));
  await next.until(() => finals(next).length === 1, 'the answer');
  next.send(get(credentials('bcrypt', 'secret')));
  await next.until(() => finals(next).length === 2, 'the verdict');
  expect(statuses(next)).toEqual([204, 204]);
  expect(seen().map((request) => fieldOf(request, 'x-user'))).toEqual([undefined, 'bcrypt']);
  expect((await plane.counters()).inFlight).toBe(0);
});
