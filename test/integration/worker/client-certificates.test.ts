import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packCertificates } from '../../../src/certs/packed-certificates.ts';
import type { PassClientCertificateOptions } from '../../../src/config/middleware-options.ts';
import { DEFAULT_TLS_POLICY, type TlsPolicy } from '../../../src/config/tls-options.ts';
import type { RouterSnapshot, Snapshot } from '../../../src/routing/snapshot.ts';
import {
  oneService,
  router,
  server,
  startDataPlane,
  testCertificate,
  type TestDataPlane,
} from '../../support/data-plane.ts';
import { createTestCa, type IssuedPair, issueCertificate, type TestCa } from '../../support/issue-certificate.ts';
import { answering, ScriptedBackend } from '../../support/scripted-backend.ts';
import { call, type TlsVisit, type TlsVisitOptions, visit } from '../../support/tls-client.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;
type Version = (typeof VERSIONS)[number];

let plane: TestDataPlane;
let backend: ScriptedBackend;
let ca: TestCa;
const shown: Record<'right' | 'wrong' | 'expired' | 'none', Partial<IssuedPair>> = {
  right: {},
  wrong: {},
  expired: {},
  none: {},
};

function policy(id: string, changes: Partial<TlsPolicy>): TlsPolicy {
  return { ...DEFAULT_TLS_POLICY, id, ...changes };
}

function auth(mode: 'optional' | 'require', isVerified = true): Partial<TlsPolicy> {
  return { clientAuth: { mode, isVerified, caPem: isVerified ? ca.rootPem : '' } };
}

function tlsRouter(host: string, tlsOptions?: string): RouterSnapshot {
  const changes = { name: host, entrypoints: ['https'], tls: true };
  return router(`Host(\`${host}\`)`, tlsOptions === undefined ? changes : { ...changes, tlsOptions });
}

/** Sites by their options. */
function snapshot(tlsOptions: Readonly<Record<string, TlsPolicy>>, ...more: readonly RouterSnapshot[]): Snapshot {
  const named = Object.keys(tlsOptions).filter((name) => name !== 'default');
  const routers = [tlsRouter('open.test'), ...named.map((name) => tlsRouter(`${name}.test`, name)), ...more];
  return { ...oneService([server(backend.port)], routers), tlsOptions };
}

function go(
  hosts: string | readonly string[],
  options: TlsVisitOptions & { with?: keyof typeof shown } = {},
): Promise<TlsVisit> {
  const list = typeof hosts === 'string' ? [hosts] : hosts;
  const { with: certificate = 'none', ...rest } = options;
  const { keyPem, chainPem } = shown[certificate];
  const pair = keyPem === undefined || chainPem === undefined ? {} : { key: keyPem, cert: chainPem };
  return visit(plane.httpsPort, list, { servername: list[0]!, ...pair, ...rest });
}

/** Publishes, and waits until the routes are live. */
async function publish(next: Snapshot): Promise<void> {
  plane.publish(next);
  await plane.counters();
}

const only = (version: Version): TlsVisitOptions => ({ minVersion: version, maxVersion: version });

beforeAll(async () => {
  ca = await createTestCa('CN=Clients');
  const stranger = await createTestCa('CN=Strangers');
  const life = { notBefore: Date.now() - 3_600_000, notAfter: Date.now() + 3_600_000 };
  shown.right = await issueCertificate(ca, { names: ['client'], ...life });
  shown.wrong = await issueCertificate(stranger, { names: ['client'], ...life });
  const over = { notBefore: Date.now() - 7_200_000, notAfter: Date.now() - 3_600_000 };
  shown.expired = await issueCertificate(ca, { names: ['client'], ...over });
  backend = new ScriptedBackend(answering(OK));
  await backend.listen();
  plane = await startDataPlane(snapshot({}));
});

afterAll(async () => {
  await plane.stop();
  await backend.refuse();
});

describe.each(VERSIONS)('%s: who comes in', (version) => {
  beforeAll(() =>
    publish(
      snapshot({
        require: policy('require', auth('require')),
        optional: policy('optional', auth('optional')),
        any: policy('any', auth('require', false)),
        request: policy('request', auth('optional', false)),
      }),
    ),
  );

  test.for([
    ['open', 'none', [200]],
    ['open', 'wrong', [200]],
    ['require', 'none', []],
    ['require', 'wrong', []],
    ['require', 'right', [200]],
    ['require', 'expired', []],
    ['optional', 'expired', []],
    ['optional', 'none', [200]],
    ['optional', 'wrong', []],
    ['optional', 'right', [200]],
    ['any', 'none', []],
    ['any', 'wrong', [200]],
    ['any', 'right', [200]],
    ['request', 'none', [200]],
    ['request', 'wrong', [200]],
    ['request', 'right', [200]],
  ] as const)('%s with %s certificate: %j', async ([site, certificate, statuses]) => {
    const { statuses: got } = await go(`${site}.test`, { with: certificate, ...only(version) });
    expect(got).toEqual(statuses);
  });

  test('without or with an unknown name nobody comes to a site that asks, with whatever certificate', async () => {
    for (const name of [undefined, 'unknown.test', 'open.test']) {
      const options = { with: 'right', ...only(version) } as const;
      const { keyPem, chainPem } = shown.right;
      const certificate = { key: keyPem!, cert: chainPem!, ...only(version) };
      const named = name === undefined ? certificate : { ...certificate, servername: name };
      for (const host of ['require.test', 'optional.test']) {
        expect((await visit(plane.httpsPort, [host], named)).statuses).toEqual([421]);
      }
      expect((await go('open.test', options)).statuses).toEqual([200]);
    }
  });

  test('every request of a connection is judged, not the first only', async () => {
    const options = { with: 'right', ...only(version) } as const;
    expect((await go(['open.test', 'require.test'], options)).statuses).toEqual([200, 421]);
    expect((await go(['open.test', 'open.test', 'optional.test'], options)).statuses).toEqual([200, 200, 421]);
    expect((await go(['require.test', 'require.test', 'open.test'], options)).statuses).toEqual([200, 200, 421]);
    expect((await go(['optional.test', 'require.test'], only(version))).statuses).toEqual([200, 421]);
  });

  test('no session is resumed while any site asks, and a ticket of before opens nothing', async () => {
    await publish(snapshot({}));
    const first = await go('open.test', only(version));
    const again = await go('open.test', { ...only(version), session: first.session! });
    expect([first.isResumed, again.isResumed, again.statuses]).toEqual([false, true, [200]]);
    await publish(snapshot({ require: policy('require', auth('require')) }));
    const resumed = { ...only(version), session: first.session! };
    expect((await go('require.test', resumed)).statuses).toEqual([]);
    const open = await go(['open.test', 'require.test'], resumed);
    expect([open.isResumed, open.statuses]).toEqual([false, [200, 421]]);
    const later = await go('open.test', { ...only(version), session: open.session! });
    expect(later.isResumed).toBe(false);
    await publish(snapshot({}));
    const back = await go('open.test', resumed);
    expect([back.isResumed, back.statuses]).toEqual([true, [200]]);
  });
});

test('the app is told of the certificate by us only', async () => {
  const options: PassClientCertificateOptions = {
    type: 'passClientCertificate',
    pem: true,
    subject: [],
    issuer: ['CN'],
    serialNumber: false,
    notBefore: false,
    notAfter: false,
    names: true,
  };
  const passing = { ...tlsRouter('pass.test', 'asks'), middlewares: [{ name: 'pass', options }] };
  await publish(snapshot({ asks: policy('asks', auth('optional')) }, passing));
  const heads: string[] = [];
  backend.script = (connection) => {
    heads.push(connection.received);
    answering(OK)(connection);
  };
  const lie = 'X-Forwarded-Tls-Client-Cert: untrue\r\nX-Forwarded-Tls-Client-Cert-Info: untrue\r\n';
  const { keyPem, chainPem } = shown.right;
  for (const pair of [{ key: keyPem!, cert: chainPem! }, {}]) {
    const caller = await call(plane.httpsPort, { servername: 'pass.test', ...pair });
    expect(await caller.ask('pass.test', lie)).toBe(200);
    caller.close();
  }
  backend.script = answering(OK);
  const leaf = new X509Certificate(chainPem!).raw.toString('base64');
  expect(heads[0]).toContain(`X-Forwarded-Tls-Client-Cert: ${leaf}`);
  expect(heads[0]).toContain('X-Forwarded-Tls-Client-Cert-Info: Issuer%3D%22CN%3DClients%22%3BSAN%3D%22client%22');
  expect(heads[1]?.toLowerCase()).not.toContain('tls-client-cert');
  expect(heads.join('')).not.toContain('untrue');
});

describe('while the configuration changes', () => {
  test('a connection loses a site that begins to ask, or asks for something else', async () => {
    await publish(snapshot({}, tlsRouter('later.test')));
    const { keyPem, chainPem } = shown.right;
    const options = { servername: 'later.test', key: keyPem!, cert: chainPem! };
    const early = await call(plane.httpsPort, options);
    expect(await early.ask('later.test')).toBe(200);
    const asking = tlsRouter('later.test', 'require');
    await publish(snapshot({ require: policy('one', auth('require')) }, asking));
    expect(await early.ask('later.test')).toBe(421);
    const admitted = await call(plane.httpsPort, options);
    expect(await admitted.ask('later.test')).toBe(200);
    await publish(snapshot({ require: policy('two', auth('require')) }, asking));
    expect(await admitted.ask('later.test')).toBe(421);
    for (const caller of [early, admitted]) caller.close();
  });

  test('options that cannot be had refuse the host and nobody else', async () => {
    await publish(snapshot({ gone: policy('gone', { refused: 'no roots' }) }));
    const refused = await go('gone.test', { with: 'right' });
    // Not even a certificate is shown.
    expect([refused.statuses, refused.names]).toEqual([[], '']);
    expect((await go(['open.test', 'gone.test'])).statuses).toEqual([200, 421]);
  });
});

describe('the default options', () => {
  test.each(VERSIONS)('%s: may ask everybody, also those without a name', async (version) => {
    await publish(snapshot({ default: policy('all', auth('require')), free: policy('free', {}) }));
    const { keyPem, chainPem } = shown.right;
    const right = { key: keyPem!, cert: chainPem!, ...only(version) };
    expect((await visit(plane.httpsPort, ['open.test'], right)).statuses).toEqual([200]);
    expect((await visit(plane.httpsPort, ['open.test'], only(version))).statuses).toEqual([]);
    expect((await go('open.test', { with: 'right', ...only(version) })).statuses).toEqual([200]);
    expect((await go('open.test', { with: 'wrong', ...only(version) })).statuses).toEqual([]);
    expect((await go('open.test', only(version))).statuses).toEqual([]);
    expect((await go(['free.test', 'open.test'], only(version))).statuses).toEqual([200, 421]);
  });

  test('may refuse names that nobody serves', async () => {
    const { certificate } = await testCertificate();
    plane.post({ type: 'certificates', added: packCertificates([certificate]), removed: [] });
    await publish(snapshot({ default: policy('', { sniStrict: true }) }));
    expect((await go('localhost')).statuses).toEqual([404]);
    expect((await go('open.test')).statuses).toEqual([]);
    expect((await visit(plane.httpsPort, ['localhost'], {})).statuses).toEqual([]);
  });
});

describe('versions and suites', () => {
  const EC = 'ECDHE-ECDSA-AES256-GCM-SHA384';
  const OTHER = 'ECDHE-ECDSA-AES128-GCM-SHA256';

  test('a host may need TLS 1.3, and a session of TLS 1.2 does not get around it', async () => {
    await publish(snapshot({ modern: policy('modern', { minVersion: 'TLSv1.3' }) }));
    expect((await go('modern.test', only('TLSv1.2'))).statuses).toEqual([]);
    const old = await go('open.test', only('TLSv1.2'));
    expect(old.statuses).toEqual([200]);
    const resumed = await go('modern.test', { ...only('TLSv1.2'), session: old.session! });
    expect(resumed.statuses.filter((status) => status !== 421)).toEqual([]);
    const first = await go('modern.test');
    const again = await go('modern.test', { session: first.session! });
    expect([first.statuses, again.statuses, again.isResumed]).toEqual([[200], [200], true]);
    const crossed = await go(['open.test', 'modern.test'], { session: first.session! });
    expect(crossed.statuses).toEqual([200, 421]);
  });

  test('all hosts may need it', async () => {
    await publish(snapshot({ default: policy('', { minVersion: 'TLSv1.3' }), old: policy('old', {}) }));
    expect((await go('open.test', only('TLSv1.2'))).statuses).toEqual([]);
    expect((await go('old.test', only('TLSv1.2'))).statuses).toEqual([200]);
    expect((await visit(plane.httpsPort, ['open.test'], only('TLSv1.2'))).statuses).toEqual([]);
    expect((await go('open.test', only('TLSv1.3'))).statuses).toEqual([200]);
  });

  test('a host may have fewer suites than others, or others', async () => {
    await publish(snapshot({ few: policy('few', { ciphers: [EC] }) }));
    const tls12 = (ciphers: string) => ({ ...only('TLSv1.2'), ciphers });
    expect((await go('few.test', tls12(`${OTHER}:${EC}`))).statuses).toEqual([200]);
    expect((await go('few.test', tls12(OTHER))).statuses).toEqual([]);
    expect((await go('open.test', tls12(OTHER))).statuses).toEqual([200]);
    await publish(snapshot({ default: policy('', { ciphers: [OTHER] }) }));
    expect((await go('open.test', tls12(EC))).statuses).toEqual([]);
    expect((await go('open.test', tls12(OTHER))).statuses).toEqual([200]);
  });

  test('curves are those of the default options', async () => {
    await publish(snapshot({ default: policy('', { curves: ['P-384'] }) }));
    expect((await go('open.test', { ecdhCurve: 'X25519' })).statuses).toEqual([]);
    expect((await go('open.test', { ecdhCurve: 'P-384' })).statuses).toEqual([200]);
  });
});
