import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect, type ConnectionOptions, type SecureVersion } from 'node:tls';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createAlpnAnswer } from '../../../src/acme/alpn-certificate.ts';
import { DEFAULT_TLS_POLICY } from '../../../src/config/tls-options.ts';
import type { TlsAlpnChallenge } from '../../../src/protocol.ts';
import { createTestCa } from '../../support/issue-certificate.ts';
import { oneService, router, server, startDataPlane, type TestDataPlane } from '../../support/data-plane.ts';
import { rawBackend, type RawBackend } from '../../support/raw-http.ts';

const KEY_AUTHORIZATION = 'token_0123456789abcdef.thumbprint';
const VERSIONS: readonly SecureVersion[] = ['TLSv1.2', 'TLSv1.3'];
const CHECK = ['acme-tls/1'];

let backend: RawBackend;
let plane: TestDataPlane;
let challenge: TlsAlpnChallenge;

beforeAll(async () => {
  backend = await rawBackend((socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
  plane = await startDataPlane(
    oneService(
      [server(backend.port)],
      [router('Host(`a.test`)', { name: 'r@test', entrypoints: ['https'], tls: true })],
    ),
  );
  challenge = await createAlpnAnswer({
    token: 'token_0123456789abcdef',
    host: 'a.test',
    keyAuthorization: KEY_AUTHORIZATION,
    now: Date.now(),
  });
});

afterAll(async () => {
  await plane.stop();
  await backend.close();
});

interface Met {
  readonly protocol: string | false | null;
  readonly names: string;
  readonly raw: Buffer;
  /** What came until the other side closed, or until the answer was whole. */
  readonly received: string;
  readonly isClosed: boolean;
}

/** Shakes hands as told; asks for a page unless it is a check. Rejects when the handshake is refused. */
async function meet(options: ConnectionOptions & { readonly silent?: boolean }, port = plane.httpsPort): Promise<Met> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options });
  try {
    await once(socket, 'secureConnect');
    const certificate = socket.getPeerX509Certificate()!;
    let received = '';
    let isClosed = false;
    // In TLS 1.3 a refusal comes behind the handshake.
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
    socket.on('close', () => (isClosed = true));
    if (options.silent !== true) socket.write('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
    const isMet = (): boolean => isClosed || received.endsWith('ok') || socket.alpnProtocol === 'h2';
    await vi.waitFor(() => expect(isMet()).toBe(true), { timeout: 5000, interval: 5 });
    const names = certificate.subjectAltName ?? '';
    return { protocol: socket.alpnProtocol, names, raw: certificate.raw, received, isClosed };
  } finally {
    socket.destroy();
  }
}

function add(one: TlsAlpnChallenge, ack: number): Promise<void> {
  plane.post({ type: 'challenge-add', challenge: one, ack });
  return vi.waitFor(() => expect(plane.messages).toContainEqual({ type: 'ack', ack }));
}

async function remove({ token }: TlsAlpnChallenge): Promise<void> {
  plane.post({ type: 'challenge-remove', token });
  await plane.counters();
}

test.for(VERSIONS)('%s: a CA gets the certificate of its challenge, everybody else the normal one', async (version) => {
  const versions = { minVersion: version, maxVersion: version, servername: 'a.test' };
  await add(challenge, 100);
  const check = await meet({ ...versions, ALPNProtocols: CHECK, silent: true });
  const browser = await meet({ ...versions, ALPNProtocols: ['http/1.1', 'h2'], silent: true });
  const visitors = [
    await meet({ ...versions, ALPNProtocols: ['http/1.1'] }),
    await meet({ ...versions, ALPNProtocols: ['acme-tls/1', 'http/1.1'] }),
    await meet(versions),
    await meet({ minVersion: version, maxVersion: version }),
  ];
  await remove(challenge);

  expect(check).toMatchObject({ protocol: 'acme-tls/1', names: 'DNS:a.test', received: '', isClosed: true });
  const digest = createHash('sha256').update(KEY_AUTHORIZATION).digest();
  expect(check.raw.includes(Buffer.concat([Buffer.of(0x04, 0x22, 0x04, 0x20), digest]))).toBe(true);
  expect(visitors.map(({ protocol }) => protocol)).toEqual(['http/1.1', 'http/1.1', false, false]);
  expect(browser).toMatchObject({ protocol: 'h2', names: visitors[0]!.names });
  for (const { received, names } of visitors) {
    expect(received).toMatch(/^HTTP\/1.1 200 /);
    expect(names).not.toBe('DNS:a.test');
  }
});

test.for(VERSIONS)('%s: without a pending challenge of that name a check is refused', async (version) => {
  const versions = { minVersion: version, maxVersion: version, ALPNProtocols: CHECK, silent: true };
  const refusal = /no application protocol|ECONNRESET/i;
  await expect(meet({ ...versions, servername: 'a.test' })).rejects.toThrow(refusal);
  await add(challenge, 101);
  await expect(meet({ ...versions, servername: 'b.test' })).rejects.toThrow(refusal);
  await expect(meet(versions)).rejects.toThrow(refusal);
  await remove(challenge);
  await expect(meet({ ...versions, servername: 'a.test' })).rejects.toThrow(refusal);
});

test.for([false, true])('a client without a protocol of ours is refused, challenge pending: %s', async (isPending) => {
  if (isPending) await add(challenge, 102);
  await expect(meet({ servername: 'a.test', ALPNProtocols: ['spdy/3'], silent: true })).rejects.toThrow(
    /no application protocol|ECONNRESET/i,
  );
  await remove(challenge);
});

test('an address is asked for by its reverse name', async () => {
  const answer = { token: 'token_address_0123456', host: '127.0.0.1', keyAuthorization: 'k', now: Date.now() };
  const address = await createAlpnAnswer(answer);
  await add(address, 103);
  const check = await meet({ servername: '1.0.0.127.in-addr.arpa', ALPNProtocols: CHECK, silent: true });
  await remove(address);
  expect(check.names).toBe('IP Address:127.0.0.1');
});

test('of two challenges for a name the later one answers, whatever becomes of the first', async () => {
  const next = await createAlpnAnswer({
    token: 'another_token_0123456',
    host: 'a.test',
    keyAuthorization: 'n',
    now: Date.now(),
  });
  await add(challenge, 104);
  await add(next, 105);
  await remove(challenge);
  const check = await meet({ servername: 'A.test', ALPNProtocols: CHECK, silent: true });
  await remove(next);
  expect(check.raw.equals(new X509Certificate(next.certificatePem).raw)).toBe(true);
});

test('a ticket of the quiet time resumes while a challenge is pending', async () => {
  let session: Buffer | undefined;
  const first = connect({ host: '127.0.0.1', port: plane.httpsPort, rejectUnauthorized: false, servername: 'a.test' });
  first.on('session', (ticket) => (session ??= ticket));
  await vi.waitFor(() => expect(session).toBeDefined());
  first.destroy();
  await add(challenge, 106);
  const second = connect({
    host: '127.0.0.1',
    port: plane.httpsPort,
    rejectUnauthorized: false,
    servername: 'a.test',
    session: session!,
  });
  await once(second, 'secureConnect');
  const isReused = second.isSessionReused();
  second.destroy();
  await remove(challenge);
  expect(isReused).toBe(true);
});

test('who checked what is told', async () => {
  await add(challenge, 107);
  await meet({ servername: 'a.test', ALPNProtocols: CHECK, silent: true });
  await remove(challenge);
  expect(plane.messages).toContainEqual({
    type: 'challenge-served',
    token: challenge.token,
    host: 'a.test',
    remote: '127.0.0.1',
  });
  expect(plane.openConnections()).toBe(0);
});

describe.each(['strict', 'default'])('a site that asks for client certificates by its %s options', (name) => {
  test.for(VERSIONS)('%s: a CA has none and is answered, a visitor without one is not', async (version) => {
    const ca = await createTestCa('CN=Clients');
    const clientAuth = { mode: 'require', isVerified: true, caPem: ca.rootPem } as const;
    const site = { name: 'r@test', entrypoints: ['https'], tls: true };
    const routers = [router('Host(`a.test`)', name === 'strict' ? { ...site, tlsOptions: name } : site)];
    const tlsOptions = { [name]: { ...DEFAULT_TLS_POLICY, id: name, clientAuth } };
    const strict = await startDataPlane({ ...oneService([server(backend.port)], routers), tlsOptions });
    onTestFinished(() => strict.stop());
    strict.post({ type: 'challenge-add', challenge, ack: 200 });
    await vi.waitFor(() => expect(strict.messages).toContainEqual({ type: 'ack', ack: 200 }));
    const versions = { minVersion: version, maxVersion: version, servername: 'a.test' };
    const check = await meet({ ...versions, ALPNProtocols: CHECK, silent: true }, strict.httpsPort);
    expect(check).toMatchObject({ protocol: 'acme-tls/1', names: 'DNS:a.test', isClosed: true });
    const visitor = await meet({ ...versions, ALPNProtocols: ['http/1.1'] }, strict.httpsPort).catch(() => undefined);
    expect(visitor?.received ?? '').not.toMatch(/ 200 /);
  });
});
