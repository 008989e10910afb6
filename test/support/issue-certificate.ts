import { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const RSA = {
  name: 'RSASSA-PKCS1-v1_5',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
  hash: 'SHA-256',
} as const;

export interface TestCa {
  readonly rootPem: string;
  readonly certificate: x509.X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
}

export interface IssuedPair {
  readonly keyPem: string;
  readonly chainPem: string;
}

/** A CA for tests that need certificates with chosen names and dates. */
export async function createTestCa(name = 'CN=Test CA'): Promise<TestCa> {
  x509.cryptoProvider.set(webcrypto);
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name,
    notBefore: new Date('2000-01-01'),
    notAfter: new Date('2099-01-01'),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  return { rootPem: `${certificate.toString('pem')}\n`, certificate, keys };
}

/** A leaf with the given names and dates (Unix milliseconds); the chain is leaf and root. */
export async function issueCertificate(
  ca: TestCa,
  options: {
    readonly names: readonly string[];
    readonly notBefore: number;
    readonly notAfter: number;
    readonly isRsa?: boolean;
  },
): Promise<IssuedPair> {
  const keys = await webcrypto.subtle.generateKey(options.isRsa === true ? RSA : ALGORITHM, true, ['sign', 'verify']);
  const names = options.names.map((value) => ({ type: isIP(value) > 0 ? ('ip' as const) : ('dns' as const), value }));
  const leaf = await x509.X509CertificateGenerator.create({
    serialNumber: `01${Buffer.from(webcrypto.getRandomValues(new Uint8Array(8))).toString('hex')}`,
    subject: '',
    issuer: ca.certificate.subject,
    notBefore: new Date(options.notBefore),
    notAfter: new Date(options.notAfter),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: ca.keys.privateKey,
    extensions: names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names, true)],
  });
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  return {
    keyPem: `-----BEGIN PRIVATE KEY-----\n${der.match(/.{1,64}/g)!.join('\n')}\n-----END PRIVATE KEY-----\n`,
    chainPem: `${leaf.toString('pem')}\n${ca.rootPem}`,
  };
}
