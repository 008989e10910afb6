import { expect, test } from 'vitest';
import type { CertificateSpec } from '../../../src/certs/certificate-spec.ts';
import {
  decodeRenewal,
  encodeRenewal,
  NO_RENEWAL,
  type RenewalAdvice,
  type RenewalRecord,
} from '../../../src/certs/renewal-record.ts';
import { createCertificateStore } from '../../../src/certs/store.ts';
import { collectLogger } from '../../support/collect-logger.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const spec: CertificateSpec = {
  names: ['a.test'],
  directory: 'https://ca.test/dir',
  profile: undefined,
  keyType: 'ec256',
};
const advice: RenewalAdvice = {
  certificateId: 'one',
  ariId: 'aki.serial',
  window: { start: 1, end: 9, selected: 4, explanationUrl: 'https://ca.test/why' },
  askAt: 5,
  isReplaced: true,
};

test.for<{ name: string; record: RenewalRecord }>([
  { name: 'nothing', record: NO_RENEWAL },
  { name: 'everything', record: { advice, unusedSince: 7, refused: { 'b.test': { since: 3, isApart: true } } } },
  {
    name: 'no answer yet',
    record: { ...NO_RENEWAL, advice: { ...advice, window: undefined, isReplaced: false } },
  },
  {
    name: 'no explanation',
    record: { ...NO_RENEWAL, advice: { ...advice, window: { ...advice.window!, explanationUrl: undefined } } },
  },
])('$name is read as it was written', ({ record }) => {
  expect(decodeRenewal(encodeRenewal(spec, record))).toEqual(record);
});

test.for([
  { name: 'no JSON', text: '{' },
  { name: 'an advice without its name', text: '{"advice":{"certificateId":"one"}}' },
  { name: 'a window without a time', text: '{"advice":{"certificateId":"a","ariId":"b","window":{"start":1}}}' },
  { name: 'a member without a flag', text: '{"refused":{"b.test":{"since":1}}}' },
])('$name is refused', ({ text }) => {
  expect(() => decodeRenewal(text)).toThrow();
});

test('it lies beside the certificate, survives a restart, and goes with everything about its spec', async () => {
  const { logger } = collectLogger();
  const store = createCertificateStore({ dataDir: await temporaryFolder(), now: () => 0, logger });
  expect(await store.saveRenewal(spec, { ...NO_RENEWAL, advice })).toBeUndefined();
  expect((await store.load()).entries).toMatchObject([{ renewal: { advice } }]);
  expect(await store.removeSpec(spec)).toBeUndefined();
  expect((await store.load()).entries).toEqual([]);
});
