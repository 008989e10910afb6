import { expect, test } from 'vitest';
import type { AddressAnswer, DnsLookup } from '../../../src/acme/dns-lookup.ts';
import { createPreflight } from '../../../src/acme/preflight.ts';
import type { ChallengeType } from '../../../src/config/static-config.ts';
import { collectLogger } from '../../support/collect-logger.ts';

const FOUND: AddressAnswer = { kind: 'found', v4: ['192.0.2.1'], v6: [], isPartial: false };
const ABSENT: AddressAnswer = { kind: 'absent', detail: 'there is no such name (NXDOMAIN)' };
const UNKNOWN: AddressAnswer = { kind: 'unknown', detail: 'ETIMEOUT' };
const HTTP: readonly ChallengeType[] = ['http-01', 'tls-alpn-01'];

test.for<{
  name: string;
  names?: readonly string[];
  types?: readonly ChallengeType[];
  fresh?: AddressAnswer;
  cached?: AddressAnswer;
  isFirst?: boolean;
  customDirectory?: boolean;
  code: string | undefined;
}>([
  { name: 'an address', fresh: FOUND, code: undefined },
  { name: 'no address anywhere', fresh: ABSENT, cached: ABSENT, code: 'waiting_dns' },
  { name: 'none at its servers, and no resolver', fresh: ABSENT, cached: UNKNOWN, code: 'waiting_dns' },
  { name: 'none at its servers, but a resolver knows one', fresh: ABSENT, cached: FOUND, code: undefined },
  { name: 'DNS cannot be asked', fresh: UNKNOWN, cached: UNKNOWN, code: undefined },
  { name: 'a renewal', fresh: ABSENT, cached: ABSENT, isFirst: false, code: undefined },
  { name: "a CA of one's own", fresh: ABSENT, cached: ABSENT, customDirectory: true, code: undefined },
  { name: 'DNS-01 needs no address', fresh: ABSENT, cached: ABSENT, types: ['http-01', 'dns-01'], code: undefined },
  { name: 'an address needs no DNS', names: ['192.0.2.1'], fresh: ABSENT, cached: ABSENT, code: undefined },
  { name: 'a wildcard without DNS-01', names: ['*.example.com'], fresh: FOUND, code: 'challenge_missing' },
  { name: 'an address with DNS-01 only', names: ['192.0.2.1'], types: ['dns-01'], code: 'challenge_missing' },
  { name: 'one of two', names: ['a.example.com', 'b.example.com'], fresh: ABSENT, cached: ABSENT, code: 'waiting_dns' },
])(
  '$name → $code',
  async ({
    names = ['a.example.com'],
    types = HTTP,
    fresh = FOUND,
    cached = FOUND,
    isFirst = true,
    customDirectory = false,
    code,
  }) => {
    const lookup = {
      freshAddresses: async () => fresh,
      addresses: async () => cached,
    } as Partial<DnsLookup> as DnsLookup;
    const preflight = createPreflight({
      lookup,
      customDirectory,
      logger: collectLogger().logger,
      heard: () => undefined,
    });
    const error: unknown = await preflight({ names, types, isFirst }).catch((cause: unknown) => cause);
    if (code === undefined) expect(error).toBeUndefined();
    else expect(error).toMatchObject({ name: 'OrderError', code, message: expect.stringContaining(names[0]!) });
  },
);

test('what DNS said is told for each name', async () => {
  const heard: string[] = [];
  const lookup = { freshAddresses: async () => FOUND } as Partial<DnsLookup> as DnsLookup;
  const preflight = createPreflight({
    lookup,
    customDirectory: false,
    logger: collectLogger().logger,
    heard: (name, { kind }) => void heard.push(`${name} ${kind}`),
  });
  await preflight({ names: ['a.example.com', '192.0.2.1', 'b.example.com'], types: HTTP, isFirst: true });
  expect(heard.toSorted()).toEqual(['a.example.com found', 'b.example.com found']);
});
