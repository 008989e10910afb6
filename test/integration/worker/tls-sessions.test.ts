import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_TLS_POLICY } from '../../../src/config/tls-options.ts';
import { oneService, router, server, startDataPlane, type TestDataPlane } from '../../support/data-plane.ts';
import { createTestCa } from '../../support/issue-certificate.ts';
import { startRouter } from '../../support/router-process.ts';
import { answering, ScriptedBackend } from '../../support/scripted-backend.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { type TlsVisit, visit } from '../../support/tls-client.ts';

let backend: ScriptedBackend;
/** Workers of one router have the same keys. */
let planes: readonly [TestDataPlane, TestDataPlane];

const tlsRouter = (name: string, changes: object = {}) =>
  router(`Host(\`${name}.test\`)`, { name, entrypoints: ['https'], tls: true, ...changes });
const plain = () => oneService([server(backend.port)], [tlsRouter('a')]);

/** Resolves when both workers have done it. */
async function both(change: (plane: TestDataPlane) => void): Promise<void> {
  for (const plane of planes) change(plane);
  for (const plane of planes) await plane.counters();
}

const rotate = (keys: Uint8Array): Promise<void> => both((plane) => plane.post({ type: 'ticket-keys', keys }));

beforeAll(async () => {
  backend = await new ScriptedBackend(answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')).listen();
  planes = [await startDataPlane(plain()), await startDataPlane(plain())];
});

afterAll(async () => {
  for (const plane of planes) await plane.stop();
  await backend.refuse();
});

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('%s', (version) => {
  const go = (plane: TestDataPlane, session?: Buffer): Promise<TlsVisit> =>
    visit(plane.httpsPort, ['a.test'], {
      servername: 'a.test',
      minVersion: version,
      maxVersion: version,
      ...(session === undefined ? {} : { session }),
    });
  const told = ({ isResumed, statuses }: TlsVisit) => ({ isResumed, statuses });

  test('a session that one worker began is resumed by any other, until the keys change; then it is begun anew', async () => {
    const [one, other] = planes;
    await rotate(randomBytes(48));
    const first = await go(one);
    expect(told(first)).toEqual({ isResumed: false, statuses: [200] });
    for (const plane of planes)
      expect(told(await go(plane, first.session))).toEqual({ isResumed: true, statuses: [200] });
    await rotate(randomBytes(48));
    const anew = await go(other, first.session);
    expect(told(anew)).toEqual({ isResumed: false, statuses: [200] });
    for (const plane of planes)
      expect(told(await go(plane, anew.session))).toEqual({ isResumed: true, statuses: [200] });
  });

  test('none is resumed while a site asks its clients for certificates, nor is one given', async () => {
    const [one, other] = planes;
    const { rootPem: caPem } = await createTestCa();
    const before = await go(one);
    const clientAuth = { mode: 'optional', isVerified: true, caPem } as const;
    const tlsOptions = { asking: { ...DEFAULT_TLS_POLICY, id: 'asking', clientAuth } };
    const routers = [tlsRouter('a'), tlsRouter('b', { tlsOptions: 'asking' })];
    await both((plane) => plane.publish({ ...oneService([server(backend.port)], routers), tlsOptions }));
    const during = await go(one, before.session);
    expect(told(during)).toEqual({ isResumed: false, statuses: [200] });
    for (const session of [before.session, during.session]) {
      if (session !== undefined) expect((await go(other, session)).isResumed).toBe(false);
    }
    await both((plane) => plane.publish(plain()));
  });
});

test('all workers of a router have the same keys', async () => {
  const dataDir = await temporaryFolder();
  await using running = await startRouter({ dataDir, docker: 'off', flags: ['--workers', '4'] });
  const go = (session?: Buffer): Promise<TlsVisit> =>
    visit(running.ports.https, ['a.test'], { servername: 'a.test', ...(session === undefined ? {} : { session }) });
  const { session } = await go();
  const again = await Promise.all(Array.from({ length: 32 }, () => go(session)));
  expect(again.filter(({ isResumed }) => !isResumed)).toEqual([]);
});

test('a client does not begin a second handshake on a connection: it ends', async () => {
  const socket = connect({
    host: '127.0.0.1',
    port: planes[0].httpsPort,
    servername: 'a.test',
    rejectUnauthorized: false,
    maxVersion: 'TLSv1.2',
  });
  await once(socket, 'secureConnect', { signal: AbortSignal.timeout(10_000) });
  const error = await new Promise<Error | null>((resolve) => {
    socket.on('error', resolve);
    socket.renegotiate({}, resolve);
  });
  socket.destroy();
  expect(String(error)).toMatch(/no renegotiation/i);
});
