import { X509Certificate } from 'node:crypto';
import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Certificate } from '../../../src/certs/certificate.ts';
import {
  eventually,
  startCertificateBench,
  wantedFor,
  type CertificateBench,
} from '../../support/certificate-bench.ts';
import { startChallengeResponder, type ChallengeResponder } from '../../support/challenge-responder.ts';
import { startDns, type DnsServer } from '../../support/dns.ts';
import { startPebble, type Pebble } from '../../support/pebble.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const BLOCKED = 'blocked.test';
const EAB = { kid: 'kid-1', hmacKey: 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W' };
let dns: DnsServer;
let responder: ChallengeResponder;
let pebble: Pebble;

beforeAll(async () => {
  dns = await startDns({ answer: (name) => (name === 'nowhere.test' ? 'nxdomain' : ['127.0.0.1']) });
  responder = await startChallengeResponder();
  pebble = await startPebble({
    dnsServer: dns.address,
    httpPort: responder.port,
    validitySeconds: 90 * 86_400,
    blocklist: [BLOCKED],
  });
});

afterAll(async () => {
  await pebble.stop();
  await responder.stop();
  await dns.stop();
});

function bench(dataDir: string, ...names: readonly (readonly string[])[]): Promise<CertificateBench> {
  return startCertificateBench({
    dataDir,
    acme: { directories: [pebble.directoryUrl], caRootFile: pebble.caFile },
    publisher: responder.publisher,
    wanted: names.map((list) => wantedFor(...list)),
  });
}

function signedFor(run: CertificateBench, name: string): Promise<Certificate> {
  return eventually(() => {
    const found = run.serving(name);
    expect(found?.source).toBe('acme');
    return found!;
  });
}

test('a certificate for two names is obtained by HTTP-01', async () => {
  const run = await bench(await temporaryFolder(), ['a.one.test', 'b.one.test']);
  const certificate = await signedFor(run, 'a.one.test');
  const chain = certificate.chainPem.match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----/g)!;
  const issuer = new X509Certificate(chain[1]!);
  const root = new X509Certificate(await pebble.rootPem());
  expect(certificate.names.toSorted()).toEqual(['a.one.test', 'b.one.test']);
  expect(new X509Certificate(chain[0]).verify(issuer.publicKey)).toBe(true);
  expect(issuer.verify(root.publicKey)).toBe(true);
  expect(run.status('a.one.test')).toMatchObject({ state: 'ok', lastError: undefined, failures: 0 });
  expect(new Set(responder.served)).toEqual(new Set(['a.one.test', 'b.one.test']));
  expect(run.lines.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);
});

test('a CA that rejects half of all nonces delivers all the same', async () => {
  const moody = await startPebble({ dnsServer: dns.address, httpPort: responder.port, nonceRejectPercent: 50 });
  try {
    const run = await startCertificateBench({
      dataDir: await temporaryFolder(),
      acme: { directories: [moody.directoryUrl], caRootFile: moody.caFile },
      publisher: responder.publisher,
      wanted: [wantedFor('a.moody.test', 'b.moody.test')],
    });
    await signedFor(run, 'a.moody.test');
    expect(run.lines.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);
    expect(moody.orderCount()).toBe(1);
  } finally {
    await moody.stop();
  }
});

test('until the CA has signed, the local authority serves, and the workers get each change once', async () => {
  const run = await bench(await temporaryFolder(), ['bridge.test']);
  await eventually(() => expect(run.serving('bridge.test')).toBeDefined());
  const certificate = await signedFor(run, 'bridge.test');
  expect(run.manager.certificates()).toEqual([certificate]);
  const sources = run.published.map((list) => list.map(({ source }) => source).join());
  expect(sources.at(-1)).toBe('acme');
  expect(new Set(sources).size).toBe(sources.length);
});

test('a restart uses the disk: the CA sees no second order', async () => {
  const dataDir = await temporaryFolder();
  const first = await bench(dataDir, ['restart.test']);
  const certificate = await signedFor(first, 'restart.test');
  await first.manager.stop();
  const orders = pebble.orderCount();
  const second = await bench(dataDir, ['restart.test']);
  expect(second.serving('restart.test')?.id).toBe(certificate.id);
  expect(second.status('restart.test')).toMatchObject({ state: 'ok', notAfter: certificate.notAfter });
  second.manager.setWanted([wantedFor('restart.test'), wantedFor('later.test')]);
  await signedFor(second, 'later.test');
  expect(pebble.orderCount()).toBe(orders + 1);
});

test('a name the CA refuses does not hurt the others, and is not asked for again', async () => {
  const run = await bench(await temporaryFolder(), [BLOCKED], ['fine.test'], ['also-fine.test']);
  await signedFor(run, 'fine.test');
  await signedFor(run, 'also-fine.test');
  const status = await eventually(() => {
    const found = run.status(BLOCKED)!;
    expect(found.state).toBe('failed');
    return found;
  });
  expect(status.lastError).toMatchObject({ type: 'rejectedIdentifier', hint: expect.stringContaining('another CA') });
  expect(status.nextAttempt! - Date.now()).toBeGreaterThan(19 * 3_600_000);
  expect(run.serving(BLOCKED)?.source).toBe('local');
});

test('a name that leads nowhere fails with the words of the CA and a hint, and backs off over a restart', async () => {
  const dataDir = await temporaryFolder();
  const first = await bench(dataDir, ['nowhere.test']);
  const status = await eventually(() => {
    const found = first.status('nowhere.test')!;
    expect(found.state).toBe('failed');
    return found;
  });
  expect(status).toMatchObject({
    failures: 1,
    lastError: { type: 'connection', hint: expect.stringContaining('DNS record') },
  });
  expect(status.nextAttempt! - status.lastError!.at!).toBe(60_000);
  await first.manager.stop();
  const orders = pebble.orderCount();
  const second = await bench(dataDir, ['nowhere.test'], ['nearby.test']);
  expect(second.status('nowhere.test')).toMatchObject({ state: 'failed', nextAttempt: status.nextAttempt });
  await signedFor(second, 'nearby.test');
  expect(pebble.orderCount()).toBe(orders + 1);
});

test('names no CA may be asked for are never in an order', async () => {
  const run = await bench(await temporaryFolder(), ['app.localhost'], ['*.wild.test'], ['asked.test']);
  await signedFor(run, 'asked.test');
  await eventually(() => {
    expect(run.serving('app.localhost')?.source).toBe('local');
    expect(run.serving('*.wild.test')?.source).toBe('local');
  });
  expect(run.status('app.localhost')).toMatchObject({ state: 'internal' });
  expect(run.status('*.wild.test')).toMatchObject({ state: 'needs-dns', lastError: { type: 'needs_dns' } });
  expect(pebble.log()).not.toMatch(/localhost|wild\.test/);
});

test('many names at the first start share one account', async () => {
  const names = Array.from({ length: 8 }, (_, index) => [`n${index}.many.test`]);
  const dataDir = await temporaryFolder();
  const run = await bench(dataDir, ...names);
  for (const [name] of names) await signedFor(run, name!);
  const registered = run.lines.filter(({ message }) => message === 'account ready');
  expect(registered).toHaveLength(1);
});

test('an external account is bound when the CA demands one, and missing keys are said', async () => {
  const strict = await startPebble({ dnsServer: dns.address, httpPort: responder.port, eab: EAB });
  const acme = { directories: [strict.directoryUrl], caRootFile: strict.caFile };
  const common = { publisher: responder.publisher, wanted: [wantedFor('bound.test')] };
  try {
    const without = await startCertificateBench({ ...common, dataDir: await temporaryFolder(), acme });
    await eventually(() => {
      expect(without.status('bound.test')?.lastError).toMatchObject({
        type: 'externalAccountRequired',
        hint: expect.stringContaining('--acme-eab-kid'),
      });
    });
    const dataDir = await temporaryFolder();
    const bound = await startCertificateBench({ ...common, dataDir, acme: { ...acme, eab: EAB } });
    await signedFor(bound, 'bound.test');
  } finally {
    await strict.stop();
  }
});

test('files of a run hold no answer of the challenge, and the key only in current.json', async () => {
  const dataDir = await temporaryFolder();
  const run = await bench(dataDir, ['files.test']);
  const certificate = await signedFor(run, 'files.test');
  await eventually(async () => {
    const files: string[] = [];
    for await (const file of glob('**/*.json', { cwd: join(dataDir, 'acme') })) files.push(file);
    expect(new Set(files.map((file) => file.split('/').at(-1)))).toEqual(new Set(['account.json', 'current.json']));
    const current = files.find((file) => file.endsWith('current.json'))!;
    expect(await readFile(join(dataDir, 'acme', current), 'utf8')).toContain(JSON.stringify(certificate.keyPem));
  });
  expect(JSON.stringify(run.lines)).not.toContain('PRIVATE KEY');
});
