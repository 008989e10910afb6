import { readFileSync } from 'node:fs';
import forge from 'node-forge';
import { expect, test } from 'vitest';
import { openPkcs12 } from '../../../src/certs/open-pkcs12.ts';
import { CertificateError } from '../../../src/certs/parse-certificate.ts';
import { readPkcs12 } from '../../../src/certs/pkcs12.ts';

const ec = readFileSync(new URL('../../fixtures/pkcs12/ec.p12', import.meta.url));

/** The file with the password to be hashed two thousand million times. */
function withEndlessRounds(der: Buffer): Buffer {
  const { asn1 } = forge;
  const file = asn1.fromDer(der.toString('latin1'));
  const [, , mac] = file.value as forge.asn1.Asn1[];
  const [, , rounds] = mac!.value as forge.asn1.Asn1[];
  rounds!.value = asn1.integerToDer(2 ** 31 - 1).getBytes();
  return Buffer.from(asn1.toDer(file).getBytes(), 'latin1');
}

test('is the file, opened on another thread', async () => {
  expect(await openPkcs12(ec, 'secret')).toEqual(await readPkcs12(ec, 'secret'));
});

test('what is wrong with it is told as it is told here', async () => {
  const fault = await openPkcs12(ec, 'wrong').catch((cause: unknown) => cause);
  expect(fault).toBeInstanceOf(CertificateError);
  expect(fault).toMatchObject({ code: 'certificate_unreadable', message: 'the password of the file is wrong' });
});

test('one that cannot be opened in time is given up, and everything else goes on meanwhile', async () => {
  let turns = 0;
  const clock = setInterval(() => (turns += 1), 10);
  await expect(openPkcs12(withEndlessRounds(ec), 'secret', 1000)).rejects.toThrow('takes longer than 1 s to open');
  clearInterval(clock);
  expect(turns).toBeGreaterThan(20);
});
