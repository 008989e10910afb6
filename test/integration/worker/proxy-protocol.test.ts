import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { EntrypointConfig } from '../../../src/config/static-config.ts';
import { oneService, router, server, startDataPlane, type TestDataPlane } from '../../support/data-plane.ts';
import { freePort } from '../../support/free-port.ts';
import { headerRelay } from '../../support/header-relay.ts';
import { v1Of, v2Header, v2Of } from '../../support/proxy-header.ts';
import { RawClient, rawBackend, type RawBackend } from '../../support/raw-http.ts';

const GET = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const CLIENT = '203.0.113.7';

type Transport = EntrypointConfig['transport'];

interface Door {
  readonly plane: TestDataPlane;
  readonly port: number;
  /** What the server got. */
  readonly received: () => string;
  /** The values of a field in what the server got. */
  readonly seen: (name: string) => readonly string[];
  close(): Promise<void>;
}

interface DoorOptions {
  readonly peers?: readonly string[];
  readonly rule?: string;
  readonly trustedProxies?: readonly string[];
}

async function openDoor(transport: Transport, options: DoorOptions = {}): Promise<Door> {
  const backend: RawBackend = await rawBackend((socket, received) => {
    if (received.endsWith('\r\n\r\n')) socket.write(OK);
  });
  const port = await freePort();
  const rule = options.rule ?? 'Host(`localhost`)';
  const plane = await startDataPlane(
    oneService([server(backend.port)], [router(rule), router(rule, { name: 't@test', tls: true })]),
    {
      entrypoints: [
        {
          name: 'http',
          addresses: [{ host: '127.0.0.1', port }],
          transport,
          redirect: undefined,
          proxyProtocol: options.peers ?? ['127.0.0.0/8'],
        },
      ],
      trustedProxies: options.trustedProxies ?? [],
    },
  );
  const received = (): string => backend.received.join('');
  return {
    plane,
    port,
    received,
    seen: (name) => [...received().matchAll(new RegExp(`^${name}: (.*)\r$`, 'gm'))].map((match) => match[1]!),
    close: async () => {
      await plane.stop();
      await backend.close();
    },
  };
}

/** A door for one test. */
async function open(transport: Transport, options: DoorOptions = {}): Promise<Door> {
  const door = await openDoor(transport, options);
  onTestFinished(() => door.close());
  return door;
}

/** Sends, and returns what came until there is an answer or an end. */
async function ask(port: number, text: string, byBytes = false): Promise<string> {
  const client = await RawClient.open(port);
  if (byBytes) await client.sendByBytes(text);
  else client.send(text);
  await client.until(() => client.received.endsWith('ok') || client.hasEnded, 'an answer');
  client.close();
  return client.received;
}

/** The same with a TLS handshake behind the header. */
async function askTls({ port, plane }: Door, header: string, request: string, isOneWrite: boolean): Promise<string> {
  const relay = await headerRelay(port, header, isOneWrite);
  try {
    const socket = connectTls({ port: relay.port, servername: 'localhost', ca: plane.rootPem });
    socket.write(request);
    let received = '';
    for await (const chunk of socket) {
      received += String(chunk);
      if (received.endsWith('ok')) break;
    }
    return received;
  } finally {
    relay.close();
  }
}

const HEADERS = [
  { what: 'v1 IPv4', header: v1Of(CLIENT), client: CLIENT },
  { what: 'v1 IPv6', header: v1Of('2001:db8::7'), client: '2001:db8::7' },
  { what: 'v2 IPv4', header: v2Of(CLIENT), client: CLIENT },
  { what: 'v2 IPv6 with TLVs', header: v2Of('2001:db8::7', '\x04\0\x03abc'), client: '2001:db8::7' },
  { what: 'v1 UNKNOWN', header: 'PROXY UNKNOWN\r\n', client: '127.0.0.1' },
  { what: 'v2 LOCAL', header: v2Header(0x20, 0, ''), client: '127.0.0.1' },
];

describe.for<Transport>(['plain', 'tls', 'auto'])(
  'a header from a listed peer names the client (F6): %s',
  (transport) => {
    let door: Door;

    beforeAll(async () => {
      door = await openDoor(transport);
    });

    afterAll(() => door.close());

    test.for(HEADERS.filter(() => transport !== 'tls'))('$what, plain', async ({ header, client }) => {
      for (const byBytes of [false, true]) {
        expect(await ask(door.port, header + GET, byBytes)).toContain('200 OK');
        expect([door.seen('X-Forwarded-For').at(-1), door.seen('X-Forwarded-Proto').at(-1)]).toEqual([client, 'http']);
        expect(door.seen('X-Real-Ip').at(-1)).toBe(client);
      }
    });

    test.for(HEADERS.filter(() => transport !== 'plain'))('$what, TLS', async ({ header, client }) => {
      for (const isOneWrite of [true, false]) {
        expect(await askTls(door, header, GET, isOneWrite)).toContain('200 OK');
        expect([door.seen('X-Forwarded-For').at(-1), door.seen('X-Forwarded-Proto').at(-1)]).toEqual([client, 'https']);
      }
    });
  },
);

describe('a header', () => {
  test('holds for every request of the connection', async () => {
    const { port, seen } = await open('plain');
    const client = await RawClient.open(port);
    client.send(v1Of(CLIENT) + GET);
    await client.until(() => client.received.endsWith('ok'), 'the first answer');
    client.send(GET);
    await client.until(() => client.received.split('200 OK').length === 3, 'the second answer');
    expect(seen('X-Forwarded-For')).toEqual([CLIENT, CLIENT]);
    client.close();
  });

  test('TLS clients of one peer are not mixed up', async () => {
    const door = await open('tls');
    const clients = Array.from({ length: 20 }, (_, i) => `203.0.113.${i}`);
    await Promise.all(clients.map((client) => askTls(door, v2Of(client), GET.replace('/', `/${client}`), false)));
    const pairs = [...door.received().matchAll(/GET \/(\S+) [^]*?X-Forwarded-For: (.*)\r/g)];
    expect(pairs).toHaveLength(20);
    expect(pairs.every(([, asked, forwarded]) => asked === forwarded)).toBe(true);
  });
});

describe('the announced address', () => {
  test('is what ClientIP compares', async () => {
    const { port } = await open('plain', { rule: 'ClientIP(`203.0.113.0/24`)' });
    expect(await ask(port, v1Of(CLIENT) + GET)).toContain('200 OK');
    expect(
      (await ask(port, v1Of('198.51.100.1') + GET.replace('1.1\r\n', '1.1\r\nConnection: close\r\n'))).slice(9, 12),
    ).toBe('404');
  });

  test.for<{ trusted: string[]; forwarded: string }>([
    // The peer itself is trusted; the client it announces is not.
    { trusted: ['127.0.0.0/8'], forwarded: CLIENT },
    { trusted: ['203.0.113.0/24'], forwarded: `192.0.2.44, ${CLIENT}` },
  ])('decides whether forwarded headers are believed: $trusted', async ({ trusted, forwarded }) => {
    const { port, seen } = await open('plain', { trustedProxies: trusted });
    await ask(port, v1Of(CLIENT) + GET.replace('Host', 'X-Forwarded-For: 192.0.2.44\r\nHost'));
    expect(seen('X-Forwarded-For')).toEqual([forwarded]);
  });
});

describe('a listed peer without a header is not served', () => {
  test.for<{ what: string; transport: Transport; text: string; reason: string }>([
    { what: 'a request', transport: 'plain', text: GET, reason: 'bad_proxy_header' },
    { what: 'a handshake', transport: 'tls', text: '\x16\x03\x01', reason: 'bad_proxy_header' },
    { what: 'a request where both may come', transport: 'auto', text: GET, reason: 'bad_proxy_header' },
    { what: 'a broken header', transport: 'plain', text: `PROXY TCP4 1 2 3 4\r\n${GET}`, reason: 'bad_proxy_header' },
    {
      what: 'a line with LF alone',
      transport: 'tls',
      text: v1Of(CLIENT).replace('\r', ''),
      reason: 'bad_proxy_header',
    },
  ])('$what', async ({ transport, text, reason }) => {
    const { port, received, plane } = await open(transport);
    expect(await ask(port, text)).toBe('');
    expect(received()).toBe('');
    expect((await plane.counters()).reasons).toEqual({ [reason]: 1 });
  });

  test('a second header is a bad request', async () => {
    const { port, received } = await open('plain');
    expect((await ask(port, v1Of(CLIENT) + v1Of(CLIENT) + GET)).slice(9, 12)).toBe('400');
    expect(received()).toBe('');
  });

  test('a slow one is destroyed after 3 s, whatever it has sent', async () => {
    const { port, plane } = await open('auto');
    const texts = ['', 'PROXY UNKNOWN', v2Of(CLIENT).slice(0, 20)];
    const before = performance.now();
    const clients = await Promise.all(texts.map(() => RawClient.open(port)));
    for (const [index, client] of clients.entries()) client.send(texts[index]!);
    const tookMs = clients.map(async (client) => {
      await client.until(() => client.hasEnded, 'the end', 6000);
      return performance.now() - before;
    });
    for (const ms of await Promise.all(tookMs)) {
      expect(ms).toBeGreaterThan(2900);
      expect(ms).toBeLessThan(5500);
    }
    expect([clients.map((client) => client.received), (await plane.counters()).reasons]).toEqual([
      ['', '', ''],
      { proxy_header_timeout: 3 },
    ]);
  });

  test('one that ends within its header is let go at once', async () => {
    const { port, plane } = await open('plain');
    const client = await RawClient.open(port);
    client.send('PROXY TCP4');
    client.socket.end();
    await client.until(() => client.hasEnded, 'the end', 2000);
    await client.until(() => plane.openConnections() === 0, 'the close');
  });
});

describe('from others a header means nothing', () => {
  test.for([v1Of(CLIENT), v2Of(CLIENT)])('%j is a bad request', async (header) => {
    const { port, received } = await open('plain', { peers: ['192.0.2.0/24'] });
    expect((await ask(port, header + GET)).slice(9, 12)).toBe('400');
    expect(received()).toBe('');
  });

  test('and no handshake', async () => {
    const door = await open('tls', { peers: ['192.0.2.0/24'] });
    const answer = await askTls(door, v1Of(CLIENT), GET, false).catch(() => '');
    expect([answer, door.received()]).toEqual(['', '']);
  });

  test('and they are served as ever', async () => {
    const door = await open('auto', { peers: ['192.0.2.0/24'] });
    expect(await ask(door.port, GET)).toContain('200 OK');
    expect(await askTls(door, '', GET, false)).toContain('200 OK');
    expect(door.seen('X-Forwarded-For')).toEqual(['127.0.0.1', '127.0.0.1']);
  });
});

test('a request whose end came with it is answered', async () => {
  const { port } = await open('plain');
  const client = await RawClient.open(port);
  client.send(v1Of(CLIENT) + GET);
  client.socket.end();
  await client.until(() => client.hasEnded, 'the answer');
  expect(client.received).toContain('200 OK');
});
