import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, expect, test, vi } from 'vitest';
import { type FaultClient, type FaultLab, serverPair, startFaultLab, type Way } from '../../support/fault-lab.ts';
import type { Script } from '../../support/scripted-backend.ts';
import { SERVER_FAULTS } from '../../support/server-faults.ts';
import { count } from '../../support/soak.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const AT_ONCE = 60;
/** Measured: up to 0.35 MB either way, most of it the runner's. 900 bytes kept of each of a thousand faults would be seen. */
const MAX_GROWTH = 900_000;
/** Buffers outside the heap come in quarters of a megabyte, and a few are kept for the next body. */
const MAX_EXTERNAL_GROWTH = 2_000_000;

/** Those that need nothing but their script, and time. */
const SIMPLE = SERVER_FAULTS.filter(
  ({ before, isReused, request }) => before === undefined && !isReused && request === undefined,
);

let lab: FaultLab;

afterEach(() => lab.stop());

/** A client that leaves in the middle; `id` is known to nobody else. */
type Departure = (client: FaultClient, id: string) => Promise<void>;

/** Looks so often, for so many at once, that an assertion each time would be most of the work. */
async function when(isTrue: () => boolean): Promise<void> {
  for (const end = performance.now() + 8000; !isTrue(); await delay(2)) {
    if (performance.now() > end) throw new Error('it did not come in time');
  }
}

const isThere = (id: string): boolean => [...lab.backend.connections].some(({ received }) => received.includes(id));

const DEPARTURES: readonly Departure[] = [
  async (client) => {
    client.send('GET / HTTP/1.1\r\nHo');
    client.reset();
  },
  async (client, id) => {
    client.send(`GET /${id} HTTP/1.1\r\nHost: a.test\r\n\r\n`);
    await when(() => isThere(id));
    client.reset();
  },
  async (client, id) => {
    client.send(`POST /${id} HTTP/1.1\r\nHost: a.test\r\nContent-Length: 9\r\n\r\nx`);
    await when(() => isThere(id));
    client.reset();
  },
  async (client, id) => {
    client.send(`POST /${id} HTTP/1.1\r\nHost: a.test\r\nContent-Length: 9\r\n\r\nx`);
    client.socket.end();
    await client.got('400');
  },
  async (client) => {
    client.send('GET /large HTTP/1.1\r\nHost: a.test\r\n\r\n');
    await client.until(() => client.received.length > 100_000, 'a part');
    client.reset();
  },
];

/** Does what the path says. */
const byPath: Script = (connection) => {
  const [, path = ''] = /^\S+ \/(\S*) /.exec(connection.received) ?? [];
  if (path === 'large') connection.answer(`HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n${'x'.repeat(2_000_000)}`);
  else SIMPLE[Number.parseInt(path, 10)]?.server(connection);
};

/** A batch at once; whoever waits for time to pass gets it in the end. */
async function batch(from: number): Promise<void> {
  const clients = await Promise.all(Array.from({ length: AT_ONCE }, () => lab.open()));
  const patient: [client: FaultClient, outcome: string][] = [];
  await Promise.all(
    clients.map(async (client, i) => {
      const kind = (from + i) % (SIMPLE.length + DEPARTURES.length);
      const fault = SIMPLE[kind];
      const id = `-${from + i}-`;
      if (fault === undefined) return DEPARTURES[kind - SIMPLE.length]!(client, id);
      client.send(`GET /${kind}${id} HTTP/1.1\r\nHost: a.test\r\n\r\n`);
      if (fault.seconds === undefined) return client.got(fault.outcome);
      patient.push([client, fault.outcome]);
      return when(() => isThere(id));
    }),
  );
  const { counters } = lab.held.plane;
  await when(() => counters.inFlight === patient.length);
  lab.held.tick(62);
  for (const [client, outcome] of patient) await client.got(outcome);
  for (const client of clients) client.close();
  await lab.expectNothingHeld();
}

test.for<[faults: number, down: Way, up: Way]>([
  [count(1000, 3000), 'plain', 'plain'],
  [count(400, 1000), 'TLS', 'TLS'],
])('%i faults of all kinds leave nothing behind: %s to %s', { timeout: 240_000 }, async ([faults, down, up]) => {
  lab = await startFaultLab(down, up, await serverPair());
  lab.backend.script = byPath;
  for (let from = 0; from < 10 * AT_ONCE; from += AT_ONCE) await batch(from);
  for (let turn = 0; turn < 5; turn++) await delay(20).then(collect);
  const before = process.memoryUsage();
  for (let from = 0; from < faults; from += AT_ONCE) await batch(from);
  await lab.expectAllWell(await lab.open());
  // What hangs on a handle goes in steps, each of which takes a turn of the loop.
  await vi.waitFor(
    () => {
      collect();
      const after = process.memoryUsage();
      expect(after.heapUsed - before.heapUsed).toBeLessThan(MAX_GROWTH);
      expect(after.external - before.external).toBeLessThan(MAX_EXTERNAL_GROWTH);
    },
    { timeout: 5000, interval: 100 },
  );
});
