import { createPrivateKey, generateKeyPairSync } from 'node:crypto';

/** As Traefik before the middle of 2026 makes it: PKCS#1 in DER, base64, no PEM. */
const ACCOUNT_KEY = generateKeyPairSync('rsa', { modulusLength: 4096 })
  .privateKey.export({ type: 'pkcs1', format: 'der' })
  .toString('base64');

/** An account as `acme.json` holds it. */
export function traefikAccount(uri = 'https://acme-v02.api.letsencrypt.org/acme/acct/1234567890'): {
  readonly Email: string;
  readonly Registration: { readonly body: object; readonly uri: string };
  readonly PrivateKey: string;
  readonly KeyType: string;
} {
  return {
    Email: 'ops@app.test',
    Registration: { body: { status: 'valid', contact: ['mailto:ops@app.test'] }, uri },
    PrivateKey: ACCOUNT_KEY,
    KeyType: '4096',
  };
}

/** A certificate as `acme.json` holds it; `type` is the form of its key, SEC1 unless named. */
export function traefikEntry(
  { chainPem, keyPem }: { readonly chainPem: string; readonly keyPem: string },
  { type = 'sec1', main = 'app.test' }: { readonly type?: 'sec1' | 'pkcs1' | 'pkcs8'; readonly main?: string } = {},
): {
  readonly domain: { readonly main: string };
  readonly certificate: string;
  readonly key: string;
  readonly Store: string;
} {
  const base64 = (text: string | Buffer): string => Buffer.from(text).toString('base64');
  const key = createPrivateKey(keyPem).export({ type, format: 'pem' });
  return { domain: { main }, certificate: base64(chainPem), key: base64(key), Store: 'default' };
}
