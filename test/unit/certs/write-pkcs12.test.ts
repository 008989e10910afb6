import { createPrivateKey } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { beforeAll, describe, expect, test } from 'vitest';
import { writePkcs12 } from '../../../src/certs/write-pkcs12.ts';
import { createTestCa, issueCertificate, type IssuedPair, type TestCa } from '../../support/issue-certificate.ts';

let ca: TestCa;
beforeAll(async () => {
  ca = await createTestCa();
});

/** OpenSSL reads it: it takes nothing whose MAC, key or structure is wrong. */
const open = (pfx: Buffer, passphrase: string): void => void createSecureContext({ pfx, passphrase });

describe.for([false, true])('a PKCS#12 file, RSA: %s', (isRsa) => {
  let pair: IssuedPair;
  beforeAll(async () => {
    pair = await issueCertificate(ca, { names: ['a.test'], notBefore: 0, notAfter: 1e12, isRsa });
  });

  test.for(['secret', 'pässwörd ☃'])('opens with its password %j', async (password) => {
    const pfx = await writePkcs12(pair, { password, friendlyName: 'a.test' });
    expect(() => open(pfx, password)).not.toThrow();
    expect(() => open(pfx, `${password}!`)).toThrow(/mac verify failure/i);
  });

  test('cannot be changed unseen', async () => {
    const pfx = await writePkcs12(pair, { password: 'secret', friendlyName: 'a.test' });
    const at = pfx.indexOf(Buffer.from('a.test', 'utf16le').swap16());
    expect(at).toBeGreaterThan(0);
    pfx[at + 1]! ^= 1;
    expect(() => open(pfx, 'secret')).toThrow(/mac verify failure/i);
  });

  test('holds no key that could be read without the password', async () => {
    const pfx = await writePkcs12(pair, { password: 'secret', friendlyName: 'a.test' });
    const { d } = createPrivateKey(pair.keyPem).export({ format: 'jwk' });
    expect(pfx.includes(Buffer.from(d!, 'base64url'))).toBe(false);
  });
});
