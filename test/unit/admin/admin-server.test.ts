import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startAdmin } from '../../../src/admin/admin-server.ts';

let admin: Server;
let isListening: boolean;

beforeEach(async () => {
  isListening = true;
  admin = await startAdmin({ host: '127.0.0.1', port: 0 }, { isListening: () => isListening });
});

afterEach(() => {
  admin.close();
  admin.closeAllConnections();
});

async function ask(path: string, method = 'GET'): Promise<readonly [number, string]> {
  const response = await fetch(`http://127.0.0.1:${(admin.address() as AddressInfo).port}${path}`, { method });
  return [response.status, await response.text()];
}

test.for([
  ['GET', '/healthz', 200, 'ok\n'],
  ['GET', '/ping?x', 200, 'ok\n'],
  ['HEAD', '/healthz', 200, ''],
  ['GET', '/else', 404, 'not found\n'],
  ['POST', '/healthz', 405, 'method not allowed\n'],
] as const)('%s %s: %d', async ([method, path, status, text]) => {
  expect(await ask(path, method)).toEqual([status, text]);
});

test('not ready until every worker listens', async () => {
  isListening = false;
  expect((await ask('/healthz'))[0]).toBe(503);
});

test('a connection that cannot be accepted does not end the router', async () => {
  expect(() => admin.emit('error', new Error('accept EMFILE'))).not.toThrow();
  expect((await ask('/healthz'))[0]).toBe(200);
});
