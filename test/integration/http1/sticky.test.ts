import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ServerConfig, StickyConfig } from '../../../src/config/dynamic.ts';
import type { ServerState } from '../../../src/protocol.ts';
import type { Snapshot } from '../../../src/routing/snapshot.ts';
import { oneService, router, server, startDataPlane, type TestDataPlane } from '../../support/data-plane.ts';
import { fieldOf, RawClient, type RawMessage, readMessages } from '../../support/raw-http.ts';
import { ScriptedBackend } from '../../support/scripted-backend.ts';

const STICKY: StickyConfig = { name: 's', path: '/', httpOnly: true, sameSite: 'lax' };

let backends: readonly ScriptedBackend[];
let servers: readonly ServerConfig[];
let plane: TestDataPlane;
/** Heads that the backends got. */
let seen: string[];
const clients: RawClient[] = [];

beforeEach(async () => {
  seen = [];
  backends = await Promise.all(
    ['a', 'b'].map((name) =>
      new ScriptedBackend((connection) => {
        if (readMessages(connection.received, 'request')[0]?.isComplete !== true) return;
        seen.push(connection.received);
        connection.answer(`HTTP/1.1 200 OK\r\nSet-Cookie: own=1\r\nContent-Length: 1\r\n\r\n${name}`);
      }).listen(),
    ),
  );
  servers = backends.map(({ port }) => server(port));
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await plane.stop();
  await Promise.all(backends.map((backend) => backend.refuse()));
});

function snapshotOf(sticky: StickyConfig | undefined, holdMs?: number): Snapshot {
  const one = oneService(servers, [router('Host(`a.test`)')]);
  const more = { ...(sticky === undefined ? {} : { sticky }), ...(holdMs === undefined ? {} : { holdMs }) };
  return { ...one, services: one.services.map((service) => ({ ...service, ...more })) };
}

async function start(sticky: StickyConfig | undefined = STICKY, holdMs?: number): Promise<void> {
  plane = await startDataPlane(snapshotOf(sticky, holdMs), { trustedProxies: ['127.0.0.1'] });
}

interface Reply {
  /** Name of the server; empty: none answered. */
  readonly name: string;
  /** Set-Cookie fields of ours. */
  readonly set: readonly string[];
  readonly message: RawMessage;
}

async function open(fields = ''): Promise<RawClient> {
  const client = await RawClient.open(plane.httpPort);
  clients.push(client);
  client.send(`GET / HTTP/1.1\r\nHost: a.test\r\n${fields}\r\n`);
  return client;
}

async function replyTo(client: RawClient): Promise<Reply> {
  await client.until(() => readMessages(client.received, 'response')[0]?.isComplete === true, 'the answer');
  const message = readMessages(client.received, 'response')[0]!;
  const all = message.fields.filter(([name]) => name.toLowerCase() === 'set-cookie').map(([, value]) => value);
  const isOk = message.startLine.includes(' 200 ');
  return { name: isOk ? message.body : '', set: all.filter((value) => value !== 'own=1'), message };
}

const ask = async (fields = ''): Promise<Reply> => replyTo(await open(fields));
const tokenIn = ({ set }: Reply): string => /^s=([0-9a-f]{16});/.exec(set[0] ?? '')?.[1] ?? '';
const withToken = (token: string): string => `Cookie: s=${token}\r\n`;
const tell = (index: number, state: ServerState): void =>
  plane.post({ type: 'server-states', states: [[servers[index]!.id, state]] });
const indexOf = ({ name }: Reply): number => ['a', 'b'].indexOf(name);

describe('the life of a cookie', () => {
  test('it is set once, and keeps the visitor on its server', async () => {
    await start();
    const first = await ask();
    expect(first.set).toEqual([`s=${tokenIn(first)}; Path=/; HttpOnly; SameSite=Lax`]);
    for (let n = 0; n < 5; n++) {
      const next = await ask(withToken(tokenIn(first)));
      expect([next.name, next.set]).toEqual([first.name, []]);
    }
    const other = await ask();
    expect([other.name === first.name, tokenIn(other) === tokenIn(first)]).toEqual([false, false]);
  });

  test('a visitor over HTTPS gets one for HTTPS', async () => {
    await start();
    expect((await ask('X-Forwarded-Proto: https\r\n')).set[0]).toContain('; Secure;');
  });

  test.for([['draining'], ['down'], ['starting']] as const)(
    'a server that is %s is replaced, and the cookie',
    async ([state]) => {
      await start();
      const first = await ask();
      tell(indexOf(first), state);
      const next = await ask(withToken(tokenIn(first)));
      expect(next.name).not.toBe(first.name);
      expect(tokenIn(next)).not.toBe(tokenIn(first));
      tell(indexOf(first), 'ready');
      const later = await ask(withToken(tokenIn(next)));
      expect([later.name, later.set]).toEqual([next.name, []]);
    },
  );

  test('a server that refuses is replaced within the request', async () => {
    await start();
    const first = await ask();
    await backends[indexOf(first)]!.refuse();
    const next = await ask(withToken(tokenIn(first)));
    expect([next.name, tokenIn(next) === tokenIn(first)]).toEqual([first.name === 'a' ? 'b' : 'a', false]);
    await backends[indexOf(first)]!.listen();
  });

  test.for(['nonsense', '0123456789abcdef', ''])('an unknown value %j is replaced', async (value) => {
    await start();
    const reply = await ask(withToken(value));
    expect(reply.name).not.toBe('');
    expect(tokenIn(reply)).not.toBe('');
  });

  test('the server after a wait is the one that the cookie names', async () => {
    await start(STICKY, 30_000);
    const first = await ask();
    for (const index of [0, 1]) tell(index, 'starting');
    const held = await open(withToken(tokenIn(first)));
    await expect.poll(async () => (await plane.counters()).inFlight).toBe(1);
    tell(1 - indexOf(first), 'ready');
    const reply = await replyTo(held);
    expect([reply.name === first.name, reply.set.length]).toEqual([false, 1]);
    expect((await ask(withToken(tokenIn(reply)))).name).toBe(reply.name);
  });

  test('an answer of ours sets none', async () => {
    await start();
    for (const index of [0, 1]) tell(index, 'down');
    const reply = await ask();
    expect([reply.message.startLine, reply.set]).toEqual(['HTTP/1.1 503 Service Unavailable', []]);
  });

  test('an upgrade sets it, too', async () => {
    await start();
    for (const backend of backends) {
      backend.script = (connection) =>
        connection.answer('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    }
    const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n';
    const client = await open(`Connection: Upgrade\r\nUpgrade: websocket\r\n${key}`);
    await client.until(() => client.received.includes('\r\n\r\n'), 'the head');
    expect(client.received).toMatch(/^HTTP\/1\.1 101 .*\r\nset-cookie: s=[0-9a-f]{16}; /is);
  });
});

describe('what the server sees', () => {
  test('every cookie but this one, in order', async () => {
    await start();
    const token = tokenIn(await ask());
    await ask(`Cookie: a=1; s=${token}; b=2\r\nX-Between: x\r\nCookie: s=other\r\n`);
    expect(seen.at(-1)).toMatch(/\r\nCookie: a=1; b=2\r\nX-Between: x\r\n/);
    expect(seen.at(-1)).not.toMatch(/s=/);
  });

  test('no Cookie field where it was the only one', async () => {
    await start();
    await ask(withToken('x'));
    expect(fieldOf(readMessages(seen.at(-1)!, 'request')[0]!, 'cookie')).toBeUndefined();
  });

  test('all of them where the service is not sticky, and nothing is set', async () => {
    plane = await startDataPlane(snapshotOf(undefined));
    const reply = await ask(withToken('x'));
    expect([reply.set, seen.at(-1)]).toEqual([[], expect.stringContaining('Cookie: s=x\r\n')]);
  });
});
