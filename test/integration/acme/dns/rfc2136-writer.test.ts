import { expect, onTestFinished, test } from 'vitest';
import { createRfc2136Writer } from '../../../../src/acme/dns/rfc2136-writer.ts';
import type { DnsRecordWriter } from '../../../../src/acme/dns/dns-writer.ts';
import { TSIG_ALGORITHMS, type TsigKey } from '../../../../src/config/dns-config.ts';
import { startUpdateServer, UPDATE_KEY, type UpdateFault, type UpdateServer } from '../../../support/update-server.ts';

const KEY: TsigKey = { ...UPDATE_KEY, algorithm: 'hmac-sha256' };
const FQDN = '_acme-challenge.a.zone.test.';
const NAME = '_acme-challenge.a.zone.test';

async function serve(
  options: { algorithm?: string; fault?: () => UpdateFault | undefined } = {},
): Promise<UpdateServer> {
  const server = await startUpdateServer({ zone: 'zone.test', ...options });
  onTestFinished(() => server.stop());
  return server;
}

function writer(
  { port }: UpdateServer,
  changes: { readonly zone?: string; readonly tsig?: TsigKey | undefined; readonly now?: () => number } = {},
): DnsRecordWriter {
  const { now = Date.now, zone, tsig } = { tsig: KEY, ...changes };
  return createRfc2136Writer({ kind: 'rfc2136', host: '127.0.0.1', port, zone, tsig, ttl: 60 }, now);
}

test.for(TSIG_ALGORITHMS)('records are added and removed by value, signed by %s', async (algorithm) => {
  const server = await serve({ algorithm });
  const records = writer(server, { tsig: { ...KEY, algorithm } });
  await records.present({ fqdn: FQDN, value: 'one' });
  await records.present({ fqdn: FQDN, value: 'two' });
  expect(server.txt.get(NAME)).toEqual(['one', 'two']);
  await records.cleanup({ fqdn: FQDN, value: 'one' });
  expect(server.txt.get(NAME)).toEqual(['two']);
  await records.cleanup({ fqdn: FQDN, value: 'one' });
  expect(server.txt.get(NAME)).toEqual(['two']);
});

test('a zone that is named is not asked for', async () => {
  const server = await serve();
  await expect(writer(server, { zone: 'a.zone.test' }).present({ fqdn: FQDN, value: 'v' })).rejects.toThrow(
    /update of .* in a\.zone\.test: NOTZONE/,
  );
  await writer(server, { zone: 'zone.test' }).present({ fqdn: FQDN, value: 'v' });
  expect(server.txt.get(NAME)).toEqual(['v']);
});

test('a zone that the server does not have', async () => {
  const server = await serve();
  const update = writer(server).present({ fqdn: '_acme-challenge.a.other.test.', value: 'v' });
  await expect(update).rejects.toThrow(/no zone that holds _acme-challenge\.a\.other\.test/);
});

test.for<{ name: string; fault?: UpdateFault; tsig?: TsigKey | undefined; now?: () => number; says: RegExp }>([
  { name: 'refused', fault: 'refused', says: /REFUSED: allow updates/ },
  { name: 'an answer without signature', fault: 'unsigned', says: /the answer is not signed/ },
  { name: 'an answer signed by somebody else', fault: 'wrong-signature', says: /signature of the answer is wrong/ },
  { name: 'another secret', tsig: { ...KEY, secret: 'AAAA' }, says: /BADSIG/ },
  { name: 'another key', tsig: { ...KEY, name: 'other' }, says: /BADKEY/ },
  { name: 'no key', tsig: undefined, says: /NOTAUTH/ },
  { name: 'a wrong clock', now: () => Date.now() - 3_600_000, says: /BADTIME/ },
])('$name: the error says so', async ({ fault, says, ...changes }) => {
  const server = await serve({ fault: () => fault });
  const update = writer(server, changes).present({ fqdn: FQDN, value: 'v' });
  await expect(update).rejects.toThrow(says);
});

test('a lost datagram is repeated', async () => {
  const server = await serve({ fault: () => 'silent-once' });
  await writer(server, { zone: 'zone.test' }).present({ fqdn: FQDN, value: 'v' });
  expect(server.updates).toEqual(['udp']);
});

test.for([
  { name: 'a long update', value: 'v'.repeat(255), prefix: `${'l'.repeat(60)}.`.repeat(3), fault: undefined },
  { name: 'a cut answer', value: 'v', prefix: '', fault: 'truncated' as const },
])('$name goes by TCP', async ({ value, prefix, fault }) => {
  const server = await serve({ fault: () => fault });
  await writer(server, { zone: 'zone.test' }).present({ fqdn: `${prefix}zone.test.`, value });
  expect(server.updates).toEqual(['tcp']);
  expect(server.txt.get(`${prefix}zone.test`)).toEqual([value]);
});

test('nobody there', async () => {
  const server = await startUpdateServer({ zone: 'zone.test' });
  await server.stop();
  await expect(writer(server).present({ fqdn: FQDN, value: 'v' })).rejects.toThrow(/ECONNREFUSED|does not answer/);
});
