import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createDoctor } from '../../../src/acme/doctor.ts';
import type { AttemptRecord } from '../../../src/certs/store-records.ts';
import { NO_DNS } from '../../support/certificate-bench.ts';

const CA = { identities: ['ca.test'], accountUrl: undefined };

function failed(change: Partial<AttemptRecord> = {}): AttemptRecord {
  const error = { type: 'connection', detail: '', hint: '' };
  return { failures: 1, validations: 1, class: 'validation', since: 0, lastAt: 0, nextAt: 9e12, error, ...change };
}

/** A doctor whose names all lead to one address, with a server on every loopback address that counts who asks. */
async function open(
  address: string,
  isPublicCa: boolean,
): Promise<{
  readonly doctor: ReturnType<typeof createDoctor>;
  readonly count: () => number;
  readonly looks: () => number;
}> {
  let count = 0;
  let looks = 0;
  const server = createServer((_, response) => {
    count += 1;
    response.writeHead(404).end();
  });
  await once(server.listen(0, '0.0.0.0'), 'listening');
  onTestFinished(() => void server.close());
  const doctor = createDoctor({
    lookup: {
      ...NO_DNS,
      freshAddresses: async () => {
        looks += 1;
        return { kind: 'found', v4: [address], v6: [], isPartial: false };
      },
    },
    challenges: { publish: async () => undefined, withdraw: () => undefined },
    methods: ['http-01'],
    publicAddresses: [],
    isPublicCa,
    probePort: (server.address() as AddressInfo).port,
  });
  return { doctor, count: () => count, looks: () => looks };
}

test.for([
  { name: 'a private address is not asked for a public CA', address: '127.0.0.9', isPublicCa: true, count: 0 },
  { name: 'a private address is asked for a CA of our own', address: '127.0.0.9', isPublicCa: false, count: 1 },
  { name: 'an address of this machine is asked', address: '127.0.0.1', isPublicCa: true, count: 1 },
])('$name', async ({ address, isPublicCa, count }) => {
  const bench = await open(address, isPublicCa);
  const finding = await bench.doctor('a.example.com', failed(), CA);
  expect(bench.count()).toBe(count);
  expect(finding?.kind).toBe(count === 0 ? 'private-address' : 'port-not-ours');
});

test('a limit of the CA needs no look at anything', async () => {
  const bench = await open('127.0.0.1', true);
  const finding = await bench.doctor('a.example.com', failed({ class: 'rate-limited' }), CA);
  expect(finding?.kind).toBe('ca-limit');
  expect([bench.count(), bench.looks()]).toEqual([0, 0]);
});
