import { once } from 'node:events';
import { connect, type SecureVersion } from 'node:tls';
import type { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { createAlpnAnswer } from '../../../src/acme/alpn-certificate.ts';
import { DEFAULT_CLIENT_LIMITS } from '../../../src/config/client-limits.ts';
import { DEFAULT_CONNECTION_LIMITS } from '../../../src/config/connection-limits.ts';
import { WorkerPool } from '../../../src/control/workers.ts';
import { eventually, startCertificateBench, wantedFor } from '../../support/certificate-bench.ts';
import { collectLogger } from '../../support/collect-logger.ts';
import { testCertificate } from '../../support/data-plane.ts';
import { startDns } from '../../support/dns.ts';
import { freePort } from '../../support/free-port.ts';
import { startPebble } from '../../support/pebble.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** Two workers behind one TLS port. */
async function startPool(port: number): Promise<{ readonly pool: WorkerPool; readonly served: string[] }> {
  const served: string[] = [];
  const pool = new WorkerPool({
    config: {
      entrypoints: [{ name: 'https', addresses: [{ host: '127.0.0.1', port }], transport: 'tls', redirect: undefined }],
      limits: DEFAULT_CLIENT_LIMITS,
      trustedProxies: [],
      connections: DEFAULT_CONNECTION_LIMITS,
      accessLog: 'off',
      graceMs: 1000,
      workers: 2,
    },
    memoryBound: Infinity,
    stickyKey: new Uint8Array(32),
    defaultCertificate: (await testCertificate()).certificate,
    certificates: [],
    logger: collectLogger().logger,
    onMessage: (message) => {
      if (message.type === 'challenge-served') served.push(message.host);
    },
  });
  pool.start();
  await pool.listen();
  onTestFinished(() => pool.stop());
  return { pool, served };
}

/** The names in the certificate a visitor gets. */
async function visit(port: number, version: SecureVersion): Promise<string> {
  const versions = { minVersion: version, maxVersion: version, ALPNProtocols: ['http/1.1'] };
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, servername: 'a.test', ...versions });
  await once(socket, 'secureConnect');
  const names = socket.getPeerX509Certificate()?.subjectAltName ?? '';
  socket.destroy();
  return names;
}

test('a real CA checks names and an address over TLS, and visitors meanwhile get the normal certificate', async () => {
  const port = await freePort();
  const { pool, served } = await startPool(port);
  const dns = await startDns();
  onTestFinished(() => dns.stop());
  const pebble = await startPebble({ dnsServer: dns.address, tlsPort: port, httpPort: await freePort() });
  onTestFinished(() => pebble.stop());
  const normal = await visit(port, 'TLSv1.3');

  const seen = new Set<string>();
  let isPublished = false;
  const bench = await startCertificateBench({
    dataDir: await temporaryFolder(),
    acme: { directories: [pebble.directoryUrl], caRootFile: pebble.caFile, challenges: ['tls-alpn-01'] },
    publisher: {
      publish: async (challenge) => {
        await pool.addChallenge(challenge);
        isPublished = true;
        for (const version of ['TLSv1.2', 'TLSv1.3'] as const) seen.add(await visit(port, version));
      },
      withdraw: (token) => pool.removeChallenge(token),
    },
    wanted: [wantedFor('a.test', 'b.test'), wantedFor('127.0.0.1')],
  });
  await eventually(() => {
    expect(bench.serving('a.test')?.source).toBe('acme');
    expect(bench.serving('127.0.0.1')?.source).toBe('acme');
  });
  expect(isPublished).toBe(true);
  expect([...seen]).toEqual([normal]);
  expect(new Set(served)).toEqual(new Set(['a.test', 'b.test', '127.0.0.1']));
  expect(bench.lines.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);
});

test('after a refusal the next attempt proves the name another way', async () => {
  const port = await freePort();
  const { pool } = await startPool(port);
  const dns = await startDns();
  onTestFinished(() => dns.stop());
  // Nobody answers on its port for HTTP-01.
  const pebble = await startPebble({ dnsServer: dns.address, tlsPort: port, httpPort: await freePort() });
  onTestFinished(() => pebble.stop());
  let clockMs = 0;
  const bench = await startCertificateBench({
    dataDir: await temporaryFolder(),
    acme: { directories: [pebble.directoryUrl], caRootFile: pebble.caFile, challenges: ['http-01', 'tls-alpn-01'] },
    publisher: {
      publish: (challenge) => pool.addChallenge(challenge),
      withdraw: (token) => pool.removeChallenge(token),
    },
    wanted: [wantedFor('a.test')],
    now: () => Date.now() + clockMs,
  });
  await eventually(() => expect(bench.status('a.test')?.lastError?.type).toBe('connection'));
  clockMs = 5 * 60_000;
  await eventually(() => expect(bench.serving('a.test')?.source).toBe('acme'));
  expect(bench.lines.filter(({ message }) => message === 'certificate not obtained')).toHaveLength(1);
});

test('a worker that replaces another answers what is pending', async () => {
  const threads: Worker[] = [];
  const note = (worker: Worker): void => void threads.push(worker);
  process.on('worker', note);
  onTestFinished(() => void process.off('worker', note));
  const port = await freePort();
  const { pool } = await startPool(port);
  const challenge = { token: 'token_0123456789abcdef', host: 'a.test', keyAuthorization: 'k', now: Date.now() };
  await pool.addChallenge(await createAlpnAnswer(challenge));
  await Promise.all(threads.map((thread) => thread.terminate()));
  await eventually(() => expect(threads.length === 4 && pool.isListening).toBe(true));
  for (let round = 0; round < 8; round++) {
    const socket = connect({
      host: '127.0.0.1',
      port,
      rejectUnauthorized: false,
      servername: 'a.test',
      ALPNProtocols: ['acme-tls/1'],
    });
    await once(socket, 'secureConnect');
    expect(socket.alpnProtocol).toBe('acme-tls/1');
    socket.destroy();
  }
});
