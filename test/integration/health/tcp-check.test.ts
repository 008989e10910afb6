import { expect, test } from 'vitest';
import { TcpCheck } from '../../../src/health/tcp-check.ts';
import { deafListener } from '../../support/deaf-listener.ts';
import { freePort } from '../../support/free-port.ts';
import { waitFor } from '../../support/lab/wait-for.ts';
import { ScriptedBackend } from '../../support/scripted-backend.ts';

const HOST = '127.0.0.1';

test('a server that accepts passes, and the connection is closed at once', async () => {
  const backend = await new ScriptedBackend(() => {}).listen();
  const check = new TcpCheck(HOST, backend.port, 5000);
  for (let count = 0; count < 3; count++) {
    expect(await check.check()).toEqual({ passed: true, detail: `${HOST}:${backend.port} accepts connections` });
  }
  await waitFor('the end of the connections', () => backend.sockets.size === 0);
  await backend.refuse();
  expect(await check.check()).toEqual({ passed: false, detail: `${HOST}:${backend.port} refuses connections` });
});

test('one that answers nothing fails at the deadline, or when the check is closed', async () => {
  const deaf = await deafListener();
  const check = new TcpCheck(HOST, deaf.port, 100);
  const detail = `${HOST}:${deaf.port} did not accept a connection within 100 ms`;
  expect(await check.check()).toEqual({ passed: false, detail });
  const patient = new TcpCheck(HOST, deaf.port, 60_000);
  const outcome = patient.check();
  patient.close();
  expect((await outcome).passed).toBe(false);
  await deaf.close();
});

test('an IPv6 address is written in brackets', async () => {
  const port = await freePort();
  const { passed, detail } = await new TcpCheck('::1', port, 5000).check();
  expect([passed, detail.startsWith(`[::1]:${port} `)]).toEqual([false, true]);
});

test('a name that has no address is a failure', async () => {
  const { passed, detail } = await new TcpCheck('nobody.invalid', 80, 5000).check();
  expect([passed, detail]).toEqual([false, expect.stringMatching(/^nobody\.invalid:80 /)]);
});
