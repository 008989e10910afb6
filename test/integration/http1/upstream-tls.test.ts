import type { TlsOptions } from 'node:tls';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { DEFAULT_TRANSPORT } from '../../../src/config/default-transport.ts';
import type { ServerConfig, TransportTls } from '../../../src/config/dynamic.ts';
import type { Snapshot } from '../../../src/routing/snapshot.ts';
import { router, server, startDataPlane, type TestDataPlane } from '../../support/data-plane.ts';
import { createTestCa, issueCertificate, type TestCa } from '../../support/issue-certificate.ts';
import { RawClient, rawBackend } from '../../support/raw-http.ts';
import { tlsBackend, type TlsBackend } from '../../support/tls-backend.ts';

const DAY_MS = 86_400_000;
const CLOSING = 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok';

let ca: TestCa;
let plane: TestDataPlane;
/** Messages of the tests before. */
let heard: number;
const open: { close(): unknown }[] = [];

beforeAll(async () => {
  ca = await createTestCa('CN=inner');
  plane = await startDataPlane(snapshotOf(secure(1), {}));
  return () => plane.stop();
});

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

/** From `from` to `to` days from now. */
async function pair(names: readonly string[], from = -1, to = 1): Promise<TlsOptions> {
  const [notBefore, notAfter] = [Date.now() + from * DAY_MS, Date.now() + to * DAY_MS];
  const { keyPem, chainPem } = await issueCertificate(ca, { names, notBefore, notAfter });
  return { key: keyPem, cert: chainPem };
}

async function backend(options: TlsOptions, answer?: string): Promise<TlsBackend> {
  const started = await tlsBackend(options, answer);
  open.push(started);
  return started;
}

const secure = (port: number, overrides: Partial<ServerConfig> = {}): ServerConfig =>
  server(port, { scheme: 'https', ...overrides });

/** A service `<name>.test` for each entry, all of them over one server. */
function snapshotOf(one: ServerConfig, transports: Readonly<Record<string, TransportTls>>): Snapshot {
  const names = Object.keys(transports);
  return {
    routers: names.map((name) => router(`Host(\`${name}.test\`)`, { name: `${name}@test`, service: name })),
    services: names.map((name) => ({ name, servers: [one], passHostHeader: true, transport: name })),
    transports: Object.fromEntries(names.map((name) => [name, { ...DEFAULT_TRANSPORT, tls: transports[name]! }])),
  };
}

async function publish(snapshot: Snapshot): Promise<void> {
  plane.publish(snapshot);
  // Messages are obeyed in order: behind the answer the snapshot holds.
  await plane.counters();
  heard = plane.messages.length;
}

async function ask(host = 'a.test'): Promise<number> {
  const client = await RawClient.open(plane.httpPort);
  open.push(client);
  client.send(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  await client.until(() => client.hasEnded, 'the answer');
  return Number(client.received.slice(9, 12));
}

const details = (): string[] =>
  plane.messages
    .slice(heard)
    .flatMap((message) => (message.type === 'connect-failed' ? [`${message.code} ${message.detail}`] : []));

describe('a server that is who it should be', () => {
  test.for<[title: string, names: string[], tls: Partial<TransportTls>, options?: TlsOptions]>([
    ['by its address', ['127.0.0.1'], {}],
    ['by the name that was given', ['app.internal'], { serverName: 'app.internal' }],
    ['by a wildcard', ['*.app.internal'], { serverName: 'a.app.internal' }],
    ['by another address that was given', ['10.0.0.1'], { serverName: '10.0.0.1' }],
    ['with TLS 1.2 alone', ['127.0.0.1'], {}, { maxVersion: 'TLSv1.2' }],
    ['with TLS 1.3 alone', ['127.0.0.1'], {}, { minVersion: 'TLSv1.3' }],
  ])('%s', async ([, names, tls, options]) => {
    const app = await backend({ ...(await pair(names)), ...options });
    await publish(snapshotOf(secure(app.port), { a: { insecureSkipVerify: false, rootCAs: ca.rootPem, ...tls } }));
    expect(await ask()).toBe(200);
    expect(app.connections[0]!.received).toMatch(/^GET \/ HTTP\/1\.1\r\nHost: a\.test\r\n/i);
  });

  test.for<[title: string, sni: string | false, overrides: Partial<ServerConfig>, tls: Partial<TransportTls>]>([
    ['the name that was given', 'app.internal', {}, { serverName: 'app.internal' }],
    ["the server's own, when it has one", 'localhost', { host: 'localhost' }, {}],
    ['none for an address (RFC 6066 3)', false, {}, {}],
    ['none for an address that was given', false, {}, { serverName: '10.0.0.1' }],
  ])('is asked for by SNI: %s', async ([, sni, overrides, tls]) => {
    const app = await backend(await pair(['app.internal', 'localhost', '127.0.0.1', '10.0.0.1']));
    const verified = { insecureSkipVerify: false, rootCAs: ca.rootPem, ...tls };
    await publish(snapshotOf(secure(app.port, overrides), { a: verified }));
    expect(await ask()).toBe(200);
    expect(app.connections[0]!.servername).toBe(sni);
  });

  test.for(['TLSv1.2', 'TLSv1.3'] as const)('and was met before, over %s: its session is resumed', async (version) => {
    const options = { ...(await pair(['127.0.0.1'])), minVersion: version, maxVersion: version };
    const app = await backend(options, CLOSING);
    await publish(snapshotOf(secure(app.port), { a: { insecureSkipVerify: false, rootCAs: ca.rootPem } }));
    expect([await ask(), await ask()]).toEqual([200, 200]);
    expect(app.connections.map(({ isResumed }) => isResumed)).toEqual([false, true]);
  });
});

describe('a server that is not: 502, nothing is sent, and the reason is told (B14)', () => {
  test.for<[title: string, names: string[], days: [number, number], tls: Partial<TransportTls>, detail: RegExp]>([
    ['signed by an unknown root', ['127.0.0.1'], [-1, 1], {}, /^upstream_tls .*(?:self.signed|unable to)/i],
    ['for another address', ['127.0.0.2'], [-1, 1], { rootCAs: 'own' }, /^upstream_tls .*does not match/],
    [
      'for the address, where a name was given',
      ['127.0.0.1'],
      [-1, 1],
      { rootCAs: 'own', serverName: 'app.internal' },
      /^upstream_tls .*does not match/,
    ],
    ['expired', ['127.0.0.1'], [-2, -1], { rootCAs: 'own' }, /^upstream_tls .*expired/],
    ['not valid yet', ['127.0.0.1'], [1, 2], { rootCAs: 'own' }, /^upstream_tls .*not yet valid/],
  ])('%s', async ([, names, [from, to], { rootCAs, ...tls }, detail]) => {
    const app = await backend(await pair(names, from, to));
    const roots = rootCAs === undefined ? {} : { rootCAs: ca.rootPem };
    const one = secure(app.port);
    await publish(
      snapshotOf(one, { a: { insecureSkipVerify: false, ...roots, ...tls }, lax: { insecureSkipVerify: true } }),
    );
    expect(await ask()).toBe(502);
    expect(details()).toEqual([expect.stringMatching(detail)]);
    expect(app.connections.map(({ received }) => received).join('')).toBe('');
    // Without verification the same server serves, and what it lets in is not shared with those who verify (B13).
    expect([await ask('lax.test'), await ask()]).toEqual([200, 502]);
  });

  test('one that wants a certificate of ours', async () => {
    const app = await backend({ ...(await pair(['127.0.0.1'])), requestCert: true, ca: ca.rootPem });
    await publish(snapshotOf(secure(app.port), { a: { insecureSkipVerify: false, rootCAs: ca.rootPem } }));
    expect(await ask()).toBe(502);
    await vi.waitFor(() => expect(details()).toEqual([expect.stringMatching(/^upstream_tls .*certificate/i)]));
  });

  test('one that speaks plain HTTP', async () => {
    const app = await rawBackend((socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    open.push(app);
    await publish(snapshotOf(secure(app.port), { a: { insecureSkipVerify: false } }));
    expect(await ask()).toBe(502);
    expect(details()).toEqual([expect.stringMatching(/^upstream_tls /)]);
    expect(app.received.join('')).not.toContain('GET');
  });
});

test('a reload of a transport holds for new requests and leaves running ones alone', async () => {
  const app = await backend(await pair(['app.internal']), '');
  const one = secure(app.port);
  const strict = { insecureSkipVerify: false, rootCAs: ca.rootPem };
  await publish(snapshotOf(one, { a: { ...strict, serverName: 'app.internal' } }));
  const running = await RawClient.open(plane.httpPort);
  open.push(running);
  running.send('GET /running HTTP/1.1\r\nHost: a.test\r\n\r\n');
  await vi.waitFor(() => expect(app.connections[0]?.received).toContain('/running'));

  await publish(snapshotOf(one, { a: { ...strict, serverName: 'other.internal' } }));
  expect(await ask()).toBe(502);
  app.connections[0]!.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate');
  await running.until(() => running.received.endsWith('late'), 'the answer of the running request');

  await publish(snapshotOf(one, { a: { ...strict, serverName: 'app.internal' } }));
  running.send('GET /again HTTP/1.1\r\nHost: a.test\r\n\r\n');
  await vi.waitFor(() => expect(app.connections[1]?.received).toContain('/again'));
  // What was judged over the old transport is not used again.
  expect(app.connections[0]!.received).not.toContain('/again');
});

test('an equal transport in a new snapshot keeps the connections', async () => {
  const app = await backend(await pair(['127.0.0.1']));
  const tls = { insecureSkipVerify: false, rootCAs: ca.rootPem };
  await publish(snapshotOf(secure(app.port), { a: tls }));
  expect(await ask()).toBe(200);
  await publish(snapshotOf(secure(app.port), { a: tls, b: { insecureSkipVerify: true } }));
  expect(await ask()).toBe(200);
  expect(app.connections.length).toBe(1);
});
