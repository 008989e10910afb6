import { X509Certificate } from 'node:crypto';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startAdmin } from '../../../src/admin/admin-server.ts';
import { adminFacts } from '../../support/admin-facts.ts';
import { createTestCa } from '../../support/issue-certificate.ts';

let admin: Server;
let rootPem: string;

beforeEach(async () => {
  ({ rootPem } = await createTestCa('CN=A <b>root</b> & more'));
  admin = await startAdmin({ host: '127.0.0.1', port: 0 }, adminFacts([], { localRoot: rootPem }));
});
afterEach(() => {
  admin.close();
  admin.closeAllConnections();
});

const get = (path: string): Promise<Response> =>
  fetch(`http://127.0.0.1:${(admin.address() as AddressInfo).port}${path}`);

test('the page names the root so that it can be compared, and leads to the file', async () => {
  const response = await get('/root');
  const text = await response.text();
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  expect(text).toContain(new X509Certificate(rootPem).fingerprint256);
  expect(text).toContain('href="root.pem"');
  expect(text).toContain('&amp; more');
  expect(text).not.toContain('<b>root');
});

test('the page runs and loads nothing', async () => {
  const response = await get('/root');
  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(await response.text()).not.toMatch(/<script|src=|https?:/i);
});

test('the file is the root and is stored', async () => {
  const response = await get('/root.pem');
  expect(await response.text()).toBe(rootPem);
  expect(response.headers.get('content-disposition')).toBe('attachment; filename="sluice-root.pem"');
});
