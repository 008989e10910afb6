import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
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

let dns: DnsServer;
let responder: ChallengeResponder;
let pebble: Pebble;

beforeAll(async () => {
  dns = await startDns();
  responder = await startChallengeResponder();
  pebble = await startPebble({
    dnsServer: dns.address,
    httpPort: responder.port,
    nonceRejectPercent: 50,
    validitySeconds: 90 * 86_400,
    blocklist: ['blocked.test'],
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

test('a certificate is obtained by HTTP-01 though the CA rejects half of all nonces', async () => {
  const run = await bench(await temporaryFolder(), ['a.one.test', 'b.one.test']);
  const certificate = await eventually(() => {
    const found = run.serving('a.one.test');
    expect(found?.source).toBe('acme');
    return found!;
  });
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
