import { expect, test } from 'vitest';
import { createCertificateBook } from '../../../src/acme/certificate-book.ts';
import { createSpecs, type Specs } from '../../../src/acme/specs.ts';
import { createCertificateStore } from '../../../src/certs/store.ts';
import type { AcmeConfig } from '../../../src/config/static-config.ts';
import { ACME_OFF } from '../../support/certificate-bench.ts';
import { collectLogger } from '../../support/collect-logger.ts';

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
