import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDnsLookup } from '../../../src/acme/dns-lookup.ts';
import { movableClock } from '../../support/ca-lab.ts';
import { startCaProxy, type CaProxy } from '../../support/ca-proxy.ts';
import { eventually, startCertificateBench, wantedFor } from '../../support/certificate-bench.ts';
import { startChallengeResponder, type ChallengeResponder } from '../../support/challenge-responder.ts';
import { startDns, type DnsAnswer, type DnsServer } from '../../support/dns.ts';
import { freePort } from '../../support/free-port.ts';
import { startPebble, type Pebble } from '../../support/pebble.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const HOUR = 3_600_000;
/** As often as a running router looks. */
const TICK = 30_000;
const answers = new Map<string, DnsAnswer>();
let dns: DnsServer;
let responder: ChallengeResponder;
let pebble: Pebble;
let proxy: CaProxy;

beforeAll(async () => {
  dns = await startDns({
    answer: (name) => answers.get(name) ?? ['127.0.0.1'],
    records: new Map([['example.com NS', []]]),
  });
  responder = await startChallengeResponder();
  pebble = await startPebble({ dnsServer: dns.address, httpPort: responder.port, tlsPort: await freePort() });
  proxy = await startCaProxy(pebble);
});

afterAll(async () => {
  await proxy.stop();
  await pebble.stop();
  await responder.stop();
  await dns.stop();
});

test.for<{ ca: string; customDirectory: boolean; dns: DnsAnswer; orders: number }>([
  { ca: "somebody's own CA", customDirectory: true, dns: ['127.0.0.2'], orders: 5 },
  { ca: "somebody's own CA", customDirectory: true, dns: 'nxdomain', orders: 5 },
  { ca: 'a public CA', customDirectory: false, dns: ['127.0.0.2'], orders: 5 },
  { ca: 'a public CA', customDirectory: false, dns: 'nxdomain', orders: 0 },
])('a name whose DNS is $dns costs $ca $orders orders in an hour', { timeout: 60_000 }, async (scenario) => {
  const name = `${scenario.orders}-${scenario.customDirectory}-${String(scenario.dns)}.example.com`;
  answers.set(name, scenario.dns);
  const clock = movableClock();
  const ordersFor = (): number =>
    proxy.requests.filter(({ path, payload }) => path === '/order-plz' && JSON.stringify(payload).includes(`"${name}"`))
      .length;
  const run = await startCertificateBench({
    dataDir: await temporaryFolder(),
    acme: { directories: [proxy.directoryUrl], caRootFile: proxy.caFile, customDirectory: scenario.customDirectory },
    lookup: createDnsLookup({ servers: [dns.address], authorityPort: dns.port }),
    publisher: responder.publisher,
    wanted: [wantedFor(name), wantedFor(`beside-${name}`)],
    now: clock.now,
  });
  await eventually(() => expect(run.serving(`beside-${name}`)?.source).toBe('acme'));
  const startedAt = clock.now();
  while (clock.now() - startedAt < HOUR) {
    // Whatever is due now runs to its end before the clock goes on.
    await eventually(() => {
      const { state, nextAttempt = 0 } = run.status(name)!;
      expect(state).toMatch(/^(failed|waiting-dns)$/);
      expect(nextAttempt).toBeGreaterThan(clock.now());
    });
    clock.advance(TICK);
  }
  expect(ordersFor()).toBe(scenario.orders);
  expect(run.serving(`beside-${name}`)?.source).toBe('acme');

  // The right address: a change after a refusal, and the end of a wait.
  answers.delete(name);
  await eventually(() => expect(run.serving(name)?.source).toBe('acme'));
  expect(ordersFor()).toBe(scenario.orders + 1);
});
