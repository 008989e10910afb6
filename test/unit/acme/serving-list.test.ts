import { expect, test } from 'vitest';
import type { CertificateBook } from '../../../src/acme/certificate-book.ts';
import { createServingList } from '../../../src/acme/serving-list.ts';
import type { Certificate } from '../../../src/certs/certificate.ts';
import { openLocalAuthority } from '../../../src/certs/local-authority.ts';
import { NameIndex } from '../../../src/certs/name-index.ts';
import { ACME_OFF, wantedFor } from '../../support/certificate-bench.ts';
import { collectLogger } from '../../support/collect-logger.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const DAY = 86_400_000;
const NOW = Date.now();
const OWN: Certificate = {
  id: 'own',
  names: ['own.test'],
  keyPem: '',
  chainPem: '',
  notBefore: NOW - DAY / 2,
  notAfter: NOW + 89 * DAY,
  source: 'user',
  issuer: 'CA',
};

test.for([
  ['right', 0],
  ['a day behind', -DAY],
  ['a hundred days ahead', 100 * DAY],
] as const)('a certificate of the user serves while the clock is %s', async ([, step]) => {
  const { logger } = collectLogger();
  const now = (): number => NOW + step;
  const list = createServingList({
    book: { certificates: () => [] } as unknown as CertificateBook,
    localAuthority: await openLocalAuthority({ dataDir: await temporaryFolder(), now, logger }),
    acme: ACME_OFF,
    userCertificates: () => [OWN],
    now,
    logger,
    onCertificates: () => {},
  });
  const entry = (name: string) => ({ wanted: wantedFor(name), kind: 'acme' as const, note: undefined });
  list.refresh([entry('own.test'), entry('other.test')]);
  await list.idle();
  const index = new NameIndex(list.certificates());
  expect(index.find('own.test', now())).toBe(OWN);
  expect(index.find('other.test', now())?.source).toBe('local');
});
