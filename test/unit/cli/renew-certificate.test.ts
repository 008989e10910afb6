import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { startAdmin } from '../../../src/admin/admin-server.ts';
import type { RenewOutcome } from '../../../src/certs/ca-status.ts';
import { renewCertificate } from '../../../src/cli/certs/renew-certificate.ts';
import { adminFacts } from '../../support/admin-facts.ts';

let admin: Server | undefined;
afterEach(() => admin?.close());

async function renew(name: string, outcomes: readonly RenewOutcome[]): Promise<readonly [number, string]> {
  const said: string[] = [];
  const facts = adminFacts([], { renewed: (names) => (names[0] === 'a.test' ? outcomes : []) });
  admin = await startAdmin({ host: '127.0.0.1', port: 0 }, facts);
  const address = { host: '127.0.0.1', port: (admin.address() as AddressInfo).port };
  const add = (text: string): void => void said.push(text);
  return [await renewCertificate(name, address, { out: add, err: add }), said.join('')];
}

test('an order that begins, and one that runs already', async () => {
  const [code, text] = await renew('a.test', [
    { names: ['a.test'], state: 'started' },
    { names: ['a.test', 'b.test'], state: 'running' },
  ]);
  expect(code).toBe(0);
  expect(text).toMatch(/^ordering a certificate for a\.test;.*\nalready ordering a certificate for a\.test, b\.test;/);
});

test.for<[name: string, outcomes: readonly RenewOutcome[], fault: string]>([
  ['a.test', [{ fault: 'a.test is signed by the local authority' }], 'a.test is signed by the local authority'],
  ['b.test', [], 'nothing is known of b.test'],
  ['a b', [], 'no JSON object with a host name'],
])('%s that cannot be renewed', async ([name, outcomes, fault]) => {
  expect(await renew(name, outcomes)).toEqual([1, expect.stringContaining(fault)]);
});

test('no router', async () => {
  const said: string[] = [];
  const streams = { out: () => {}, err: (text: string) => void said.push(text) };
  expect(await renewCertificate('a.test', { host: '127.0.0.1', port: 1 }, streams)).toBe(2);
  expect(said.join('')).toContain('no router at http://127.0.0.1:1');
});
