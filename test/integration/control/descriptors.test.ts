import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { RawClient } from '../../support/raw-http.ts';
import { startRouter } from '../../support/router-process.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n';

async function status(port: number): Promise<string> {
  const client = await RawClient.open(port);
  client.send(GET);
  await client.until(() => client.hasEnded, 'an answer or an end');
  client.close();
  return client.received.slice(9, 12);
}

test('without a free file descriptor the router says so, drops what comes, and serves on afterwards', async () => {
  await using router = await startRouter({ dataDir: await temporaryFolder(), docker: 'off', openFiles: 120 });
  expect(router.records.map(({ msg }) => msg)).toContainEqual(
    expect.stringMatching(/^only 120 files may be open, and --max-connections=20000 can need 40100: raise the limit/),
  );
  const { http } = router.ports;
  expect(await status(http)).toBe('404');
  const crowd: Socket[] = [];
  for (let i = 0; i < 200; i++) crowd.push(connect(http, '127.0.0.1').on('error', () => {}));
  const line = await router.logged(
    'no file descriptor is free: new connections are dropped; raise the limit (ulimits: nofile in compose)',
  );
  expect(line).toMatchObject({ level: 'warn', reason: 'out_of_descriptors' });
  // Dropped, or left waiting by the worker whose reserve the other one took.
  const late = await RawClient.open(http);
  late.send(GET);
  for (const socket of crowd) socket.destroy();
  await late.until(() => late.hasEnded, 'an answer or an end');
  expect(['', '404']).toContain(late.received.slice(9, 12));
  await expect.poll(() => status(http), { timeout: 10_000 }).toBe('404');
  expect(router.records.filter(({ reason }) => reason === 'out_of_descriptors').length).toBeLessThan(3);
  expect(router.records.filter(({ level }) => level === 'error')).toEqual([]);
});
