import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseCertificate, readChain } from '../../../src/certs/parse-certificate.ts';
import { readPkcs12 } from '../../../src/certs/pkcs12.ts';

const fixture = (name: string): Buffer => readFileSync(new URL(`../../fixtures/pkcs12/${name}`, import.meta.url));

/** Made by OpenSSL: leaf, intermediate, root. EC with today's ciphers, RSA with those of old tools. */
test.for([
  ['ec.p12', 'secret', 'ec.test'],
  ['rsa.p12', '', 'rsa.test'],
] as const)('%s has its key and its chain, leaf first and without the root', async ([file, password, name]) => {
  const { chainPem, keyPem } = await readPkcs12(fixture(file), password);
  expect(parseCertificate(chainPem, keyPem, 'user')).toMatchObject({ names: [name], source: 'user' });
  expect(readChain(chainPem).map(({ subject }) => subject)).toEqual([`CN=${name}`, 'CN=Test intermediate']);
});

test.for([
  ['ec.p12', '', 'the password of the file is wrong'],
  ['rsa.p12', 'x', 'the password of the file is wrong'],
] as const)('%s with the password "%s"', async ([file, password, message]) => {
  await expect(readPkcs12(fixture(file), password)).rejects.toThrow(message);
});

test('what is no PKCS#12 is refused', async () => {
  await expect(readPkcs12(Buffer.from('nothing'), '')).rejects.toThrow('the file is no PKCS#12 that can be read');
});
