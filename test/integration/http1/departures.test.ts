import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  type FaultClient,
  type FaultLab,
  GET,
  holdsFor,
  OK,
  serverPair,
  startFaultLab,
  WAYS,
  type Way,
} from '../../support/fault-lab.ts';
import { answering, type Script } from '../../support/scripted-backend.ts';
import { upload } from '../../support/server-faults.ts';

const LARGE = 50_000_000;
const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

/** Where a client is when it leaves, and what becomes of its exchange. */
interface Stage {
  readonly title: string;
  readonly server?: Script;
  readonly sends: string;
  /** It has come so far. */
  readonly ready: (client: FaultClient) => Promise<unknown>;
  /** What happens behind its FIN. */
  readonly afterEnd?: () => unknown;
  /** What it gets before and behind its FIN. */
  readonly outcome: string;
  readonly whenItEnds?: Readonly<Record<string, number>>;
  readonly whenItResets?: Readonly<Record<string, number>>;
}

let tls: TlsOptions;
let lab: FaultLab;

beforeAll(async () => {
  tls = await serverPair();
});

afterEach(() => lab.stop());

const atServer = (end: string) => (client: FaultClient) =>
  client.until(
    () => [...lab.backend.connections].some(({ received }) => received.endsWith(end)),
    `${end} at the server`,
  );
const got = (text: string) => (client: FaultClient) => client.until(() => client.received.includes(text), text);

function serverWrites(latin1: string): void {
  lab.backend.script = answering(OK);
  for (const connection of lab.backend.connections) connection.answer(latin1);
}

/** Payload without end, as fast as it is taken. */
const streaming =
  (head: string, piece: Buffer): Script =>
  ({ socket, write }) => {
    write(head);
    const go = (): void => {
      while (socket.writable && socket.bytesWritten < LARGE) if (!socket.write(piece)) return;
    };
    socket.on('drain', go);
    go();
  };

/** The router waits for this client, and for some time. */
async function isStalled(client: FaultClient): Promise<void> {
  client.socket.pause();
  await holdsFor(20, () => lab.connections()[0]?.writer.isBlocked === true);
}

/** Minutes pass until the router gives the client up; what the kernel still takes may end a pause between. */
const losesPatience = (): Promise<void> =>
  vi.waitFor(
    () => {
      lab.held.tick(63);
      expect(lab.connections().length).toBe(0);
    },
    { interval: 20 },
  );

const CLIENT_GONE = { client_gone: 1 };

const STAGES: readonly Stage[] = [
  {
    title: 'before a byte',
    sends: '',
    ready: (client) => client.until(() => lab.connections().length === 1, 'the connection'),
    outcome: '',
  },
  { title: 'inside the head', sends: 'GET / HTTP/1.1\r\nHo', ready: async () => {}, outcome: '' },
  {
    title: 'inside the head behind a request',
    sends: `${GET}GET / HTTP/1.1\r\nHo`,
    ready: got('ok'),
    outcome: '200',
  },
  { title: 'between requests', sends: GET, ready: got('ok'), outcome: '200' },
  {
    title: 'inside a counted payload (X7)',
    server: () => {},
    sends: 'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n\r\nabc',
    ready: atServer('abc'),
    outcome: '400',
    whenItEnds: { body_cut_short: 1 },
    whenItResets: CLIENT_GONE,
  },
  {
    title: 'inside a chunked payload (X7)',
    server: () => {},
    sends: 'POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n',
    ready: atServer('abc\r\n'),
    outcome: '400',
    whenItEnds: { body_cut_short: 1 },
    whenItResets: CLIENT_GONE,
  },
  {
    title: 'inside a payload, and the response has begun (X14)',
    server: ({ received, write }) => {
      if (received.endsWith('abc')) write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf');
    },
    sends: 'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n\r\nabc',
    ready: got('half'),
    outcome: '200 cut',
    whenItEnds: { body_cut_short: 1 },
    whenItResets: CLIENT_GONE,
  },
  {
    title: 'while it waits for the answer (V6)',
    server: () => {},
    sends: GET,
    ready: atServer('\r\n\r\n'),
    afterEnd: () => serverWrites(OK),
    outcome: '200',
    whenItResets: CLIENT_GONE,
  },
  {
    title: 'with requests behind the one that is served (V6)',
    server: () => {},
    sends: GET.repeat(3),
    ready: atServer('\r\n\r\n'),
    afterEnd: () => serverWrites(OK),
    outcome: '200, 200, 200',
    whenItResets: CLIENT_GONE,
  },
  {
    title: 'inside a small response (V6)',
    server: ({ write }) => write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'),
    sends: GET,
    ready: got('half'),
    afterEnd: () => serverWrites('123456'),
    outcome: '200',
    whenItResets: CLIENT_GONE,
  },
  ...(
    [
      ['counted', `Content-Length: ${10 * LARGE}`, 'x'.repeat(65_536)],
      ['chunked', 'Transfer-Encoding: chunked', `10000\r\n${'x'.repeat(65_536)}\r\n`],
    ] as const
  ).map(([kind, field, piece]): Stage => ({
    title: `inside a large ${kind} response that it does not read (T14)`,
    server: streaming(`HTTP/1.1 200 OK\r\n${field}\r\n\r\n`, Buffer.from(piece)),
    sends: GET,
    ready: isStalled,
    afterEnd: losesPatience,
    outcome: '200 cut',
    whenItEnds: { client_stalled: 1 },
    whenItResets: CLIENT_GONE,
  })),
  {
    title: 'inside a tunnel (U3)',
    server: ({ received, write }) => {
      if (received.endsWith('\r\n\r\n')) write(SWITCH);
    },
    sends: 'GET / HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    ready: got('\r\n\r\n'),
    outcome: '101',
    whenItResets: CLIENT_GONE,
  },
  {
    title: 'while its payload is thrown away (X15)',
    server: ({ received, write }) => {
      if (received.endsWith('x')) write('HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n');
    },
    sends: `${upload(100_000)}x`,
    ready: got('413'),
    outcome: '413',
  },
  {
    title: 'behind a refusal (T9)',
    sends: 'nonsense\r\n\r\n',
    ready: got('400 '),
    outcome: '400',
    whenItEnds: { bad_start_line: 1 },
    whenItResets: { bad_start_line: 1 },
  },
];

async function reach(stage: Stage, down: Way, up: Way): Promise<FaultClient> {
  lab = await startFaultLab(down, up, tls);
  const client = await lab.open();
  if (stage.server !== undefined) lab.backend.script = stage.server;
  client.send(stage.sends);
  await stage.ready(client);
  return client;
}

const ROWS = STAGES.map((stage): [string, Stage] => [stage.title, stage]);

describe.for(WAYS)('%s to %s: a client that', ([down, up]) => {
  test.for(ROWS)('ends %s', async ([, stage]) => {
    const client = await reach(stage, down, up);
    client.socket.end();
    if (stage.afterEnd !== undefined) {
      await lab.endIsSeen();
      await stage.afterEnd();
    }
    client.socket.resume();
    await client.until(() => client.hasEnded, 'the end');
    expect(client.outcome).toBe(stage.outcome);
    client.close();
    await lab.expectAllWell(await lab.open());
    expect(lab.reasons()).toEqual(stage.whenItEnds ?? {});
  });

  test.for(ROWS)('resets %s', async ([, stage]) => {
    const client = await reach(stage, down, up);
    const { requests } = lab.held.plane.counters;
    client.reset();
    await lab.expectNothingHeld();
    // Nothing of it is served that was not before.
    expect(lab.held.plane.counters.requests).toBe(requests);
    await lab.expectAllWell(await lab.open());
    expect(lab.reasons()).toEqual(stage.whenItResets ?? {});
  });

  test('resets while its server is dialled, or just was', async () => {
    lab = await startFaultLab(down, up, tls);
    lab.backend.onAccept = () => {};
    const client = await lab.open();
    client.send(GET);
    await client.until(() => lab.backend.sockets.size === 1, 'the connection');
    client.reset();
    await lab.expectAllWell(await lab.open());
    expect(lab.reasons()).toEqual(CLIENT_GONE);
  });

  test('resets inside a payload that the server does not read: it is noticed in time (T12)', async () => {
    lab = await startFaultLab(down, up, tls);
    lab.backend.script = ({ socket }) => void socket.pause();
    const client = await lab.open();
    client.send(upload(LARGE));
    await lab.sendUntilPaused(client);
    client.reset();
    lab.held.tick(63);
    await lab.expectAllWell(await lab.open());
    expect(Object.values(lab.reasons())).toEqual([1]);
  });
});

describe.for(['', '\x16\x03\x01', '\x16\x03\x01\x02\x00\x01\x00'])('a client of TLS that has sent %j', (bytes) => {
  test.for<[string, (socket: Socket) => unknown]>([
    ['ends', (socket) => socket.end()],
    ['resets', (socket) => socket.resetAndDestroy()],
  ])('%s', async ([, leave]) => {
    lab = await startFaultLab('TLS', 'plain', tls);
    const socket = connect({ port: lab.port, host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => {}).resume();
    await once(socket, 'connect');
    socket.write(bytes, 'latin1');
    await vi.waitFor(() => expect(lab.accepted()).toBe(1));
    leave(socket);
    await vi.waitFor(() => expect(lab.accepted()).toBe(0));
    socket.destroy();
    await lab.expectAllWell(await lab.open());
    expect(lab.reasons()).toEqual({});
  });
});
