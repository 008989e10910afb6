import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { oneService, router, server, startDataPlane, type TestDataPlane } from '../../support/data-plane.ts';
import { freePort } from '../../support/free-port.ts';
import { ensurePrograms } from '../../support/lab/packages.ts';
import { runCommand } from '../../support/lab/shell.ts';

/** Scenarios in the language of Varnish's own tests: a client on one side of the router, a server on the other, byte by byte. */
const FOLDER = new URL('../../varnishtest/', import.meta.url).pathname;
const SCENARIOS = readdirSync(FOLDER).filter((name) => name.endsWith('.vtc'));

let plane: TestDataPlane;

beforeAll(async () => {
  await ensurePrograms(['varnishtest']);
  plane = await startDataPlane(oneService([]));
}, 120_000);

afterAll(() => plane.stop());

test('there are scenarios', () => {
  expect(SCENARIOS.length).toBeGreaterThan(10);
});

test.for(SCENARIOS)('%s', async (name) => {
  const backend = await freePort();
  plane.publish(oneService([server(backend)], [router('PathPrefix(`/`)')]));
  // Messages are obeyed in order: behind the answer the snapshot holds.
  await plane.counters();
  const macros = [`backend=127.0.0.1:${backend}`, `router=127.0.0.1:${plane.httpPort}`].flatMap((one) => ['-D', one]);
  await runCommand('varnishtest', ['-q', '-t', '15', ...macros, `${FOLDER}${name}`]);
  await vi.waitFor(async () => {
    const { connections, inFlight } = await plane.counters();
    expect({ connections, inFlight }).toEqual({ connections: 0, inFlight: 0 });
  });
});
