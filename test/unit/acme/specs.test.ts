import { beforeAll, describe, expect, test } from 'vitest';
import { createCertificateBook } from '../../../src/acme/certificate-book.ts';
import { createSpecs, type Specs } from '../../../src/acme/specs.ts';
import { parseCertificate } from '../../../src/certs/parse-certificate.ts';
import { createCertificateStore } from '../../../src/certs/store.ts';
import type { AcmeConfig } from '../../../src/config/static-config.ts';
import { ACME_OFF } from '../../support/certificate-bench.ts';
import { collectLogger } from '../../support/collect-logger.ts';
import { createTestCa, issueCertificate, type TestCa } from '../../support/issue-certificate.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const LE = 'https://acme-v02.api.letsencrypt.org/directory';
const ZERO = 'https://acme.zerossl.com/v2/DV90';
const OWN = 'https://ca.test/dir';

function specs(acme: Partial<AcmeConfig>): Specs {
  const { logger } = collectLogger();
  const now = (): number => 0;
  const book = createCertificateBook({ store: createCertificateStore({ dataDir: '/nowhere', now, logger }), logger });
  return createSpecs({ book, acme: { ...ACME_OFF, customDirectory: false, directories: [LE], ...acme }, now });
}

test.for([
  {
    name: "an address at Let's Encrypt",
    names: ['1.1.1.1'],
    directory: LE,
    profile: undefined,
    expected: 'shortlived',
  },
  { name: 'an IPv6 address', names: ['2001:db8::1'], directory: LE, profile: undefined, expected: 'shortlived' },
  {
    name: 'an address beside a name',
    names: ['a.test', '1.1.1.1'],
    directory: LE,
    profile: 'p',
    expected: 'shortlived',
  },
  { name: 'a name', names: ['a.test'], directory: LE, profile: undefined, expected: undefined },
  { name: 'a name with a profile', names: ['a.test'], directory: LE, profile: 'tlsserver', expected: 'tlsserver' },
  { name: 'an address elsewhere', names: ['1.1.1.1'], directory: OWN, profile: 'p', expected: 'p' },
])('the profile of $name is $expected', ({ names, directory, profile, expected }) => {
  expect(specs({ profile }).at(names, directory).profile).toBe(expected);
});

test('addresses are asked for where they are signed, names everywhere', () => {
  const both = specs({ directories: [ZERO, LE] });
  expect(both.directories(['a.test'])).toEqual([ZERO, LE]);
  expect(both.directories(['1.1.1.1'])).toEqual([LE]);
  expect(specs({ directories: [OWN], customDirectory: true }).directories(['10.0.0.1'])).toEqual([OWN]);
});

test('the key type is part of what is ordered', () => {
  expect(specs({}).at(['a.test'], LE).keyType).toBe('ec256');
  expect(specs({ keyType: 'rsa4096' }).at(['a.test'], LE).keyType).toBe('rsa4096');
});

describe('what serves for names without a certificate of their own', () => {
  const DAY = 86_400_000;
  let now: number;
  let ca: TestCa;
  beforeAll(async () => {
    ca = await createTestCa();
  });

  async function specsWith(
    ...held: readonly (readonly [names: readonly string[], days: number, directory?: string])[]
  ): Promise<Specs> {
    now = 0;
    const { logger } = collectLogger();
    const store = createCertificateStore({ dataDir: await temporaryFolder(), now: () => now, logger });
    const book = createCertificateBook({ store, logger });
    for (const [names, days, directory = LE] of held) {
      const pair = await issueCertificate(ca, { names, notBefore: 0, notAfter: days * DAY });
      const certificate = parseCertificate(pair.chainPem, pair.keyPem, 'acme');
      const spec = { names, directory, profile: undefined, keyType: 'ec256' as const };
      await book.putCertificate({ spec, certificate, issuedAt: 0, accountUrl: 'a', orderUrl: 'o' });
    }
    return createSpecs({ book, acme: { ...ACME_OFF, customDirectory: false, directories: [LE] }, now: () => now });
  }
  const namesFor = (all: Specs, ...names: readonly string[]): readonly string[] | undefined =>
    all.serving(names)?.spec.names;

  test('one of several names, or of a wildcard, that covers them all', async () => {
    const all = await specsWith([['a.test', 'www.a.test'], 90], [['*.b.test'], 90], [['c.test'], 90]);
    expect(namesFor(all, 'www.a.test')).toEqual(['a.test', 'www.a.test']);
    expect(namesFor(all, 'x.b.test')).toEqual(['*.b.test']);
    expect(namesFor(all, 'x.b.test', 'y.b.test')).toEqual(['*.b.test']);
    expect(namesFor(all, 'a.test', 'c.test')).toBeUndefined();
    expect(namesFor(all, 'b.test')).toBeUndefined();
    expect(namesFor(all, '*.a.test')).toBeUndefined();
    expect(all.held(['www.a.test'])).toMatchObject({ notAfter: 90 * DAY });
    expect(all.stored(['www.a.test'])).toBeUndefined();
  });

  test('not when it has expired, nor when it is of a CA that is not in use', async () => {
    const all = await specsWith([['a.test', 'b.test'], 10], [['c.test', 'd.test'], 90, 'https://staging.test/dir']);
    now = 11 * DAY;
    expect([namesFor(all, 'a.test'), namesFor(all, 'c.test')]).toEqual([undefined, undefined]);
  });

  test('their own comes first, until it expires', async () => {
    const all = await specsWith([['a.test'], 10], [['a.test', 'b.test'], 90]);
    expect(namesFor(all, 'a.test')).toEqual(['a.test']);
    now = 11 * DAY;
    expect(namesFor(all, 'a.test')).toEqual(['a.test', 'b.test']);
    now = 91 * DAY;
    expect(namesFor(all, 'a.test')).toEqual(['a.test']);
  });
});
