import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { oneService, server, startDataPlane, type TestDataPlane } from '../../support/data-plane.ts';
import { deafListener } from '../../support/deaf-listener.ts';
import { RawClient, readMessages } from '../../support/raw-http.ts';
import { answering, ScriptedBackend, type ScriptedConnection } from '../../support/scripted-backend.ts';
import { waitFor } from '../../support/lab/wait-for.ts';
import type { ServerState } from '../../../src/protocol.ts';
import type { EjectionConfig, ServerConfig } from '../../../src/config/dynamic.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n';

let good: ScriptedBackend;
let bad: ScriptedBackend;
let plane: TestDataPlane;
const clients: RawClient[] = [];

beforeEach(async () => {
  good = await new ScriptedBackend(answering(`${OK}g`)).listen();
  bad = await new ScriptedBackend((connection) => connection.reset()).listen();
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await plane.stop();
  await Promise.all([good.refuse(), bad.refuse()]);
});

async function serve(servers: readonly ServerConfig[], ejection?: EjectionConfig | 'off'): Promise<void> {
  const one = oneService(servers);
  const services = one.services.map((service) => (ejection === undefined ? service : { ...service, ejection }));
  plane = await startDataPlane({ ...one, services });
}

async function open(head: string): Promise<RawClient> {
  const client = await RawClient.open(plane.httpPort);
  clients.push(client);
  client.send(`${head} HTTP/1.1\r\nHost: a.test\r\n\r\n`);
  return client;
}

async function statusOf(client: RawClient): Promise<number> {
  await client.until(() => readMessages(client.received, 'response').some((one) => one.isComplete), 'the answer');
  return Number(client.received.slice(9, 12));
}

const ask = async (head = 'GET /'): Promise<number> => statusOf(await open(head));
const reports = () => plane.messages.filter((message) => message.type === 'server-failing');

describe('a server that breaks off without a byte of an answer', () => {
  test('a GET goes to another one, on a fresh connection too', async () => {
    await serve([server(bad.port), server(good.port)], 'off');
    const statuses = await Promise.all(Array.from({ length: 20 }, () => ask()));
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(bad.sockets.size).toBe(0);
  });

  test('a POST does not', async () => {
    await serve([server(bad.port), server(good.port)], 'off');
    expect(new Set([await ask('POST /'), await ask('POST /')])).toEqual(new Set([200, 502]));
  });

  test('a GET waits a moment for the news that the only server was told to stop, and then for its successor', async () => {
    const tell = (port: number, state: ServerState): void =>
      plane.post({ type: 'server-states', states: [[server(port).id, state]] });
    let met = 0;
    bad.script = (connection) => {
      met += 1;
      connection.reset();
      tell(bad.port, 'draining');
    };
    const one = oneService([server(bad.port), server(good.port)]);
    plane = await startDataPlane({ ...one, services: one.services.map((service) => ({ ...service, holdMs: 30_000 })) });
    tell(good.port, 'starting');
    const client = await open('GET /');
    await waitFor('the attempt', () => met === 1);
    tell(good.port, 'ready');
    expect([await statusOf(client), met]).toEqual([200, 1]);
  });

  test('more GETs than the budget allows to repeat: they are sent again once the server is gone', async () => {
    const count = 150;
    const connections: ScriptedConnection[] = [];
    bad.script = (connection) => {
      if (connection.received.endsWith('\r\n\r\n')) connections.push(connection);
    };
    const tell = (port: number, state: ServerState): void =>
      plane.post({ type: 'server-states', states: [[server(port).id, state]] });
    const one = oneService([server(bad.port), server(good.port)]);
    plane = await startDataPlane({ ...one, services: one.services.map((service) => ({ ...service, holdMs: 30_000 })) });
    tell(good.port, 'starting');
    const asked = await Promise.all(Array.from({ length: count }, () => open('GET /')));
    await waitFor('all to be there', () => connections.length === count);
    for (const connection of connections) connection.reset();
    tell(bad.port, 'draining');
    tell(good.port, 'ready');
    expect(new Set(await Promise.all(asked.map((client) => statusOf(client))))).toEqual(new Set([200]));
  });

  test('a GET that breaks the only server, which stays, is answered 502', async () => {
    let met = 0;
    bad.script = (connection) => {
      met += 1;
      connection.reset();
    };
    await serve([server(bad.port)]);
    expect([await ask(), met]).toEqual([502, 1]);
  });

  test('a GET that breaks every server meets two of them and no more', async () => {
    const others = await Promise.all([1, 2].map(() => new ScriptedBackend((one) => one.reset()).listen()));
    let met = 0;
    for (const backend of [bad, ...others]) {
      backend.script = (connection) => {
        met += 1;
        connection.reset();
      };
    }
    await serve(
      [bad, ...others].map(({ port }) => server(port)),
      'off',
    );
    expect([await ask(), met]).toEqual([502, 2]);
    await Promise.all(others.map((backend) => backend.refuse()));
  });
});

describe('a server that leaves while it is dialled', () => {
  test('nothing was sent, so any request goes to another one at once', async () => {
    const deaf = await deafListener();
    await serve([server(deaf.port), server(good.port)]);
    const first = await open('POST /');
    await waitFor('the request to be on its way', async () => (await plane.counters()).inFlight === 1);
    plane.post({ type: 'server-states', states: [[server(deaf.port).id, 'draining']] });
    const at = performance.now();
    expect(await statusOf(first)).toBe(200);
    expect(performance.now() - at).toBeLessThan(2000);
    expect(plane.messages.some(({ type }) => type === 'connect-failed')).toBe(false);
    await deaf.close();
  });
});

describe('what the control plane hears of a server that fails', () => {
  test('five failures in a row: once, with what was counted', async () => {
    await serve([server(bad.port), server(good.port)]);
    for (let n = 0; n < 9; n++) await ask();
    await waitFor('the report', () => reports().length > 0);
    expect(reports()).toEqual([
      {
        type: 'server-failing',
        serverId: server(bad.port).id,
        detail: '5 failures in a row, the last one: upstream_reset',
        baseMs: 10_000,
        maxMs: 300_000,
      },
    ]);
  });

  test('nothing of connections that were closed between two requests', async () => {
    for (const backend of [good, bad]) {
      const served = new WeakSet<object>();
      backend.script = (connection) => {
        if (served.has(connection)) return connection.reset();
        served.add(connection);
        return connection.answer(`${OK}x`);
      };
    }
    await serve([server(bad.port), server(good.port)]);
    for (let n = 0; n < 80; n++) expect(await ask()).toBe(200);
    await plane.counters();
    expect(reports()).toEqual([]);
  });

  test('answers of gateways count, those of apps do not unless asked', async () => {
    bad.script = answering('HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n');
    await serve([server(bad.port), server(good.port)]);
    for (let n = 0; n < 12; n++) await ask();
    bad.script = answering('HTTP/1.1 503 Gone\r\nContent-Length: 0\r\n\r\n');
    for (let n = 0; n < 10; n++) await ask();
    await waitFor('the report', () => reports().length > 0);
    expect(reports().map((one) => 'detail' in one && one.detail)).toEqual([
      '5 failures in a row, the last one: status 503',
    ]);
  });

  test('with Traefik’s limits a 500 counts', async () => {
    bad.script = answering('HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n');
    const limits = {
      fromStatus: 500,
      consecutive: 0,
      count: 2,
      percent: 0,
      windowMs: 10_000,
      baseMs: 1,
      maxMs: 1,
    } as const;
    await serve([server(bad.port), server(good.port)], limits);
    for (let n = 0; n < 4; n++) await ask();
    await waitFor('the report', () => reports().length === 1);
  });

  test('nothing of a sole server', async () => {
    await serve([server(bad.port)]);
    for (let n = 0; n < 12; n++) expect(await ask('POST /')).toBe(502);
    expect(reports()).toEqual([]);
  });
});
