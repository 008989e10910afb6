import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createDnsLookup } from '../../../src/acme/dns-lookup.ts';
import {
  eventually,
  startCertificateBench,
  wantedFor,
  type CertificateBench,
} from '../../support/certificate-bench.ts';
import { startChallengeResponder, type ChallengeResponder } from '../../support/challenge-responder.ts';
import { caaData, nameData, startDns, type DnsAnswer, type DnsServer } from '../../support/dns.ts';
import { freePort } from '../../support/free-port.ts';
import { startPebble, type Pebble } from '../../support/pebble.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const ZONE_RECORDS = new Map<string, readonly Buffer[]>([['example.com NS', [nameData('ns.example.com')]]]);
const answers = new Map<string, DnsAnswer>();
const records = new Map(ZONE_RECORDS);
let dns: DnsServer;
let responder: ChallengeResponder;
let pebble: Pebble;

beforeAll(async () => {
  dns = await startDns({ answer: (name) => answers.get(name) ?? ['127.0.0.1'], records });
  responder = await startChallengeResponder();
  pebble = await startPebble({ dnsServer: dns.address, httpPort: responder.port, tlsPort: await freePort() });
});

afterAll(async () => {
  await pebble.stop();
  await responder.stop();
  await dns.stop();
});

/** A manager that takes the CA for a public one, over the DNS of the test. */
async function bench(
  name: string,
  changes: { readonly pebble?: Pebble; readonly probePort?: number; readonly publicAddresses?: readonly string[] } = {},
): Promise<CertificateBench> {
  const ca = changes.pebble ?? pebble;
  return startCertificateBench({
    dataDir: await temporaryFolder(),
    acme: { directories: [ca.directoryUrl], caRootFile: ca.caFile, customDirectory: false },
    lookup: createDnsLookup({ servers: [dns.address], authorityPort: dns.port }),
    publisher: responder.publisher,
    wanted: [wantedFor(name)],
    ...(changes.publicAddresses === undefined ? {} : { publicAddresses: changes.publicAddresses }),
    probePort: changes.probePort ?? responder.port,
  });
}

test('a name without address waits without the CA, and is ordered when DNS has one', async () => {
  answers.set('wait.example.com', 'nxdomain');
  const orders = pebble.orderCount();
  const run = await bench('wait.example.com');
  await eventually(() => expect(run.status('wait.example.com')?.state).toBe('waiting-dns'));
  const status = run.status('wait.example.com')!;
  expect(status.lastError?.detail).toBe('wait.example.com: there is no such name (NXDOMAIN)');
  expect(status.nextAttempt! - Date.now()).toBeGreaterThan(40_000);
  expect(pebble.orderCount()).toBe(orders);
  answers.delete('wait.example.com');
  await eventually(() => expect(run.serving('wait.example.com')?.source).toBe('acme'));
  expect(run.lines.map(({ message }) => message)).toContain('DNS has changed, the order is tried again');
});

test('DNS that cannot be asked holds nothing back', async () => {
  answers.set('silent.example.com', 'servfail');
  const broken = await startDns();
  onTestFinished(() => broken.stop());
  const other = await startPebble({ dnsServer: broken.address, httpPort: responder.port });
  onTestFinished(() => other.stop());
  const run = await bench('silent.example.com', { pebble: other });
  await eventually(() => expect(run.serving('silent.example.com')?.source).toBe('acme'));
});

test('a name that was refused is tried again when its DNS turns right', async () => {
  // The CA connects to port `httpPort` there, where nobody listens.
  answers.set('moved.example.com', ['127.0.0.2']);
  const run = await bench('moved.example.com');
  await eventually(() => expect(run.status('moved.example.com')?.state).toBe('failed'));
  const { nextAttempt } = run.status('moved.example.com')!;
  expect(nextAttempt! - Date.now()).toBeGreaterThan(30_000);
  answers.delete('moved.example.com');
  await eventually(() => expect(run.serving('moved.example.com')?.source).toBe('acme'));
  expect(run.lines.filter(({ message }) => message === 'certificate not obtained')).toHaveLength(1);
});

async function stranger(): Promise<number> {
  const server: Server = createServer((_request, response) => {
    response.writeHead(404, { server: 'stranger/1' }).end('not here');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as { readonly port: number }).port;
}

test.for<{
  name: string;
  host: string;
  hint: RegExp;
  prepare: () => Promise<{ readonly probePort?: number; readonly publicAddresses?: readonly string[] }>;
}>([
  {
    name: 'somebody else answers on port 80',
    host: 'taken.example.com',
    hint: /^port 80 of taken\.example\.com \(127\.0\.0\.1\) is answered by somebody else \(HTTP 404 from stranger\/1\)/,
    prepare: async () => ({ probePort: await stranger() }),
  },
  {
    name: 'nobody listens there',
    host: 'closed.example.com',
    hint: /^nobody listens on port 80 of closed\.example\.com \(127\.0\.0\.1\)/,
    prepare: async () => ({ probePort: await freePort() }),
  },
  {
    name: 'it points elsewhere',
    host: 'elsewhere.example.com',
    hint: /^elsewhere\.example\.com points to 127\.0\.0\.1, this server is .*\b8\.8\.4\.4\b/,
    prepare: async () => ({ probePort: await stranger(), publicAddresses: ['8.8.4.4'] }),
  },
  {
    name: 'a CAA record of the domain forbids it',
    host: 'a.caa.example.com',
    hint: /^the CAA record of a\.caa\.example\.com forbids this CA: it allows only other\.test; add "issue letsencrypt\.org"/,
    prepare: async () => {
      records.set('caa.example.com CAA', [caaData('issue', 'other.test')]);
      return {};
    },
  },
  {
    name: 'only from inside',
    host: 'inside.example.com',
    hint: /^inside\.example\.com leads here, but only from inside/,
    prepare: async () => ({}),
  },
])('after a refusal the hint says why: $name', async ({ host, hint, prepare }) => {
  // This CA knocks at a port where nobody is.
  const blind = await startPebble({ dnsServer: dns.address, httpPort: await freePort() });
  onTestFinished(() => blind.stop());
  const run = await bench(host, { pebble: blind, ...(await prepare()) });
  await eventually(() => expect(run.status(host)?.lastError?.hint).toMatch(hint));
  expect(run.status(host)?.lastError?.type).toBe('connection');
  const told = run.lines.filter(({ message }) => message === 'why there is no certificate');
  expect(told).toHaveLength(1);
  expect(told[0]!.fields['hint']).toMatch(hint);
});

test('what a name leads to in private networks is not asked, and said', async () => {
  answers.set('inner.example.com', ['169.254.169.254', '127.0.0.3']);
  const run = await bench('inner.example.com');
  const hint = /^inner\.example\.com points to 169\.254\.169\.254, 127\.0\.0\.3: addresses of private networks/;
  await eventually(() => expect(run.status('inner.example.com')?.lastError?.hint).toMatch(hint), 30_000);
});
