import { createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { isIP, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import { describe, expect, test, vi } from 'vitest';
import { openLocalAuthority, readLocalRoot, type LocalAuthority } from '../../../src/certs/local-authority.ts';
import { readChain } from '../../../src/certs/parse-certificate.ts';
import { collectLogger } from '../../support/collect-logger.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 5, 1);

async function open(
  dataDir: string,
  now = NOW,
): Promise<{ authority: LocalAuthority; lines: ReturnType<typeof collectLogger>['lines'] }> {
  const { logger, lines } = collectLogger();
  return { authority: await openLocalAuthority({ dataDir, now: () => now, logger }), lines };
}

test('the root is a P-256 CA of ten years that signs only leaves', async () => {
  const { authority } = await open(await temporaryFolder());
  const root = new X509Certificate(authority.rootPem);
  expect(root.ca).toBe(true);
  expect(root.subject).toBe('CN=Sluice local authority 2026');
  expect(root.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
  expect(root.verify(root.publicKey)).toBe(true);
  expect((root.validToDate.getTime() - NOW) / DAY_MS).toBe(3653);
});

test('a leaf names its hosts, lives a week, and chains to the root over an intermediate', async () => {
  const { authority } = await open(await temporaryFolder());
  const leaf = await authority.leaf(['*.a.localhost', '192.0.2.7', 'a.localhost'], { keep: false });
  const [certificate, intermediate] = readChain(leaf.chainPem) as [X509Certificate, X509Certificate];
  const root = new X509Certificate(authority.rootPem);
  expect(leaf).toMatchObject({
    names: ['*.a.localhost', '192.0.2.7', 'a.localhost'],
    source: 'local',
    issuer: 'Sluice local authority 2026 intermediate',
    notBefore: NOW - 3_600_000,
    notAfter: NOW + 7 * DAY_MS,
  });
  expect(certificate.verify(intermediate.publicKey) && certificate.checkIssued(intermediate)).toBe(true);
  expect(intermediate.verify(root.publicKey) && intermediate.checkIssued(root)).toBe(true);
  expect([intermediate.ca, intermediate.validToDate.getTime()]).toEqual([true, NOW + 90 * DAY_MS]);
  expect(certificate.checkPrivateKey(createPrivateKey(leaf.keyPem))).toBe(true);
  expect(certificate.ca).toBe(false);
  expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
});

test('the default certificate has its own name and the life of the root', async () => {
  const { authority } = await open(await temporaryFolder());
  const certificate = new X509Certificate(authority.defaultCertificate.chainPem);
  expect(certificate.subject).toBe('CN=sluice default');
  expect(authority.defaultCertificate.notAfter).toBe(NOW + 3653 * DAY_MS);
  expect(authority.defaultCertificate.names).toEqual(['localhost', '127.0.0.1', '::1']);
});

test('root, default certificate and kept leaves are the same after a restart', async () => {
  const dataDir = await temporaryFolder();
  const { authority: first } = await open(dataDir);
  const kept = await first.leaf(['a.localhost'], { keep: true });
  const passing = await first.leaf(['b.localhost'], { keep: false });
  const { authority: second, lines } = await open(dataDir, NOW + DAY_MS);
  expect(second.rootPem).toBe(first.rootPem);
  expect(second.defaultCertificate.id).toBe(first.defaultCertificate.id);
  expect((await second.leaf(['a.localhost'], { keep: true })).id).toBe(kept.id);
  expect((await second.leaf(['b.localhost'], { keep: false })).id).not.toBe(passing.id);
  expect(lines).toEqual([]);
});

test('every file is for the owner only', async () => {
  const dataDir = await temporaryFolder();
  const { authority } = await open(dataDir);
  await authority.leaf(['a.localhost'], { keep: true });
  const folder = join(dataDir, 'local');
  const files = [...(await readdir(folder)), ...(await readdir(join(folder, 'certs'))).map((name) => `certs/${name}`)];
  expect(files.filter((name) => name.endsWith('.json'))).toHaveLength(4);
  for (const name of files.filter((name) => name.endsWith('.json'))) {
    expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
  }
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
});

test.for([
  { name: 'fresh', days: 4, isDue: false },
  { name: 'with a third of its life left', days: 5, isDue: true },
  { name: 'expired', days: 20, isDue: true },
])('a kept leaf that is $name: due $isDue', async ({ days, isDue }) => {
  const dataDir = await temporaryFolder();
  const { authority } = await open(dataDir);
  const leaf = await authority.leaf(['a.localhost'], { keep: true });
  const later = NOW + days * DAY_MS;
  const { authority: reopened } = await open(dataDir, later);
  expect(reopened.isDue(leaf, later)).toBe(isDue);
  expect((await reopened.leaf(['a.localhost'], { keep: true })).id === leaf.id).toBe(!isDue);
});

test('a root near its end is replaced, and with it every leaf', async () => {
  const dataDir = await temporaryFolder();
  const { authority: first } = await open(dataDir);
  const { authority: second } = await open(dataDir, NOW + (3653 - 80) * DAY_MS);
  expect(second.rootPem).not.toBe(first.rootPem);
  expect(second.defaultCertificate.id).not.toBe(first.defaultCertificate.id);
});

test('no leaf outlives the root, and one that cannot live longer is not due', async () => {
  const dataDir = await temporaryFolder();
  await open(dataDir);
  const { logger } = collectLogger();
  let now = NOW + (3653 - 91) * DAY_MS;
  const authority = await openLocalAuthority({ dataDir, now: () => now, logger });
  now += 89 * DAY_MS;
  const leaf = await authority.leaf(['a.localhost'], { keep: false });
  expect(leaf.notAfter).toBe(NOW + 3653 * DAY_MS);
  expect(authority.isDue(leaf, now)).toBe(false);
});

test('an intermediate signs for sixty days, then a new one does', async () => {
  const dataDir = await temporaryFolder();
  const { logger } = collectLogger();
  let now = NOW;
  const authority = await openLocalAuthority({ dataDir, now: () => now, logger });
  const intermediateAt = async (days: number): Promise<string> => {
    now = NOW + days * DAY_MS;
    return readChain((await authority.leaf(['a.localhost'], { keep: false })).chainPem)[1]!.fingerprint256;
  };
  const first = await intermediateAt(0);
  expect([(await intermediateAt(59)) === first, (await intermediateAt(61)) === first]).toEqual([true, false]);
  const second = await intermediateAt(61);
  const { authority: reopened } = await open(dataDir, now);
  const leaf = await reopened.leaf(['b.localhost'], { keep: false });
  expect(readChain(leaf.chainPem)[1]!.fingerprint256).toBe(second);
});

describe('whoever trusts the root trusts it with names of private networks only', () => {
  /** What a client that has the root in its store says of a certificate: OpenSSL judges. */
  async function judge(authority: LocalAuthority, name: string): Promise<string> {
    const { keyPem, chainPem } = await authority.leaf([name], { keep: false });
    const server = createServer({ key: keyPem, cert: chainPem }, (socket) => socket.on('error', () => {}).end());
    server.on('tlsClientError', () => {});
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const client = connect({
      port,
      host: '127.0.0.1',
      ca: authority.rootPem,
      ...(isIP(name) > 0 ? {} : { servername: name }),
    });
    const verdict = await new Promise<string>((resolve) => {
      client.once('secureConnect', () => resolve('trusted'));
      client.once('error', (error: Error) => resolve(error.message));
    });
    client.destroy();
    server.close();
    return verdict;
  }
  const NAMES = ['localhost', 'app.localhost', 'nas.lan', 'a.b.internal', '127.0.0.1'];

  test.for([...NAMES, 'app.corp.example.com'])('%s is trusted', async (name) => {
    const { logger } = collectLogger();
    const dataDir = await temporaryFolder();
    const now = (): number => Date.now();
    const authority = await openLocalAuthority({ dataDir, domains: ['corp.example.com'], now, logger });
    expect([authority.permits(name), await judge(authority, name)]).toEqual([true, 'trusted']);
  });

  test.for(['example.com', 'app.example.com', 'notcorp.example.com'])('%s is not', async (name) => {
    const { authority } = await open(await temporaryFolder(), Date.now());
    expect([authority.permits(name), await judge(authority, name)]).toEqual([
      false,
      expect.stringMatching('permitted subtree violation'),
    ]);
  });

  test('other domains need another root', async () => {
    const dataDir = await temporaryFolder();
    const { logger } = collectLogger();
    const openWith = (...domains: readonly string[]): Promise<LocalAuthority> =>
      openLocalAuthority({ dataDir, domains, now: () => NOW, logger });
    const [none, two] = [await openWith(), await openWith('b.test.net', 'a.test.net')];
    expect(two.rootPem).not.toBe(none.rootPem);
    expect((await openWith('a.test.net', 'b.test.net')).rootPem).toBe(two.rootPem);
  });
});

test.for([
  { name: 'cut', text: (good: string) => good.slice(0, 40) },
  { name: 'without a key', text: () => '{"chainPem":"x"}' },
  { name: 'with a broken certificate', text: (good: string) => good.replace(/MII[^\\]{20}/, 'MIIAAAA') },
  { name: 'not an object', text: () => '"text"' },
])('a root.json that is $name is moved aside and made anew', async ({ text }) => {
  const dataDir = await temporaryFolder();
  const { authority: first } = await open(dataDir);
  const path = join(dataDir, 'local', 'root.json');
  await writeFile(path, text(await readFile(path, 'utf8')));
  const { authority: second, lines } = await open(dataDir);
  expect(second.rootPem).not.toBe(first.rootPem);
  expect(second.fault).toBeUndefined();
  expect(await readdir(join(dataDir, 'local'))).toContain(`root.json.corrupt-${NOW}`);
  expect(lines.map(({ level, message }) => `${level} ${message}`)).toEqual([
    'warn local authority file damaged',
    'info local authority created',
  ]);
});

test('a kept leaf of another root is not used', async () => {
  const [one, two] = [await temporaryFolder(), await temporaryFolder()];
  const { authority: first } = await open(one);
  const { authority: second } = await open(two);
  const foreign = await first.leaf(['a.localhost'], { keep: true });
  await second.leaf(['a.localhost'], { keep: true });
  const file = join('local', 'certs', (await readdir(join(two, 'local', 'certs')))[0]!);
  await writeFile(join(two, file), await readFile(join(one, file), 'utf8'));
  expect((await second.leaf(['a.localhost'], { keep: true })).id).not.toBe(foreign.id);
});

test('a data folder that cannot be used gives a root in memory and one warning with the fix', async () => {
  const dataDir = join(await temporaryFolder(), 'file');
  await writeFile(dataDir, '');
  const { authority, lines } = await open(dataDir);
  const leaf = await authority.leaf(['a.localhost'], { keep: true });
  expect(readChain(leaf.chainPem)[1]!.verify(new X509Certificate(authority.rootPem).publicKey)).toBe(true);
  expect(authority.fault).toMatchObject({ hint: expect.stringContaining('--data') });
  expect(lines.filter(({ level }) => level === 'warn').map(({ message }) => message)).toEqual([
    'local authority lives in memory only',
  ]);
});

test('the root is readable without opening the authority', async () => {
  const dataDir = await temporaryFolder();
  expect(await readLocalRoot(dataDir)).toBeUndefined();
  const { authority } = await open(dataDir);
  expect(await readLocalRoot(dataDir)).toBe(authority.rootPem);
});

test('with everything on disk, opening and reading leaves does not load the X.509 library', async () => {
  const dataDir = await temporaryFolder();
  const { authority } = await open(dataDir);
  await authority.leaf(['a.localhost'], { keep: true });
  const { logger } = collectLogger();
  vi.doMock('@peculiar/x509', () => {
    throw new Error('loaded');
  });
  vi.resetModules();
  const fresh = await import('../../../src/certs/local-authority.ts');
  const reopened = await fresh.openLocalAuthority({ dataDir, now: () => NOW, logger });
  await expect(reopened.leaf(['a.localhost'], { keep: true })).resolves.toMatchObject({ names: ['a.localhost'] });
  await expect(reopened.leaf(['b.localhost'], { keep: false })).rejects.toThrow();
  vi.doUnmock('@peculiar/x509');
});
