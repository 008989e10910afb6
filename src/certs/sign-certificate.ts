import { randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import type * as X509 from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const NAME_CONSTRAINTS = '2.5.29.30';
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const ACME_IDENTIFIER = '1.3.6.1.5.5.7.1.31';
/** DER: an octet string of 32 bytes follows. */
const OCTETS_32 = Buffer.of(0x04, 0x20);

/** A key and the certificate over it, both PEM. */
export interface SignedPair {
  readonly keyPem: string;
  readonly chainPem: string;
}

/** Slow to load (a quarter of a second) and of no use to a router whose certificates are on disk: loaded when needed. */
async function loadX509(): Promise<typeof X509> {
  const x509 = await import('@peculiar/x509');
  x509.cryptoProvider.set(webcrypto);
  return x509;
}

/** An authority to be made. Dates are Unix milliseconds. */
export interface AuthorityOptions {
  readonly commonName: string;
  readonly notBefore: number;
  readonly notAfter: number;
  /** DER of the name constraints. */
  readonly constraints: Buffer;
}

/** Makes a self-signed P-256 root that may sign leaves, and intermediates that sign leaves. */
export async function createRoot(options: AuthorityOptions): Promise<SignedPair> {
  const x509 = await loadX509();
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: [options.commonName] }],
    notBefore: new Date(options.notBefore),
    notAfter: new Date(options.notAfter),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: await authorityExtensions(x509, keys.publicKey, 1, options.constraints),
  });
  return { keyPem: await exportKey(keys.privateKey), chainPem: `${certificate.toString('pem')}\n` };
}

/** Makes a P-256 intermediate signed by a root of `createRoot`. The chain holds the intermediate alone. */
export async function signIntermediate(root: SignedPair, options: AuthorityOptions): Promise<SignedPair> {
  const x509 = await loadX509();
  const { subject, signingKey, keyIdentifier } = await openIssuer(x509, root);
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [{ CN: [options.commonName] }],
    issuer: subject,
    notBefore: new Date(options.notBefore),
    notAfter: new Date(options.notAfter),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey,
    extensions: [...(await authorityExtensions(x509, keys.publicKey, 0, options.constraints)), keyIdentifier],
  });
  return { keyPem: await exportKey(keys.privateKey), chainPem: `${certificate.toString('pem')}\n` };
}

async function authorityExtensions(
  x509: typeof X509,
  key: webcrypto.CryptoKey,
  pathLength: number,
  constraints: Buffer,
): Promise<X509.Extension[]> {
  return [
    new x509.BasicConstraintsExtension(true, pathLength, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    await x509.SubjectKeyIdentifierExtension.create(key),
    new x509.Extension(NAME_CONSTRAINTS, true, constraints),
  ];
}

/** Makes a P-256 server certificate signed by one of the above. The chain holds the leaf alone. */
export async function signLeaf(
  issuer: SignedPair,
  options: {
    readonly names: readonly string[];
    readonly commonName: string | undefined;
    readonly notBefore: number;
    readonly notAfter: number;
  },
): Promise<SignedPair> {
  const x509 = await loadX509();
  const { subject, signingKey, keyIdentifier } = await openIssuer(x509, issuer);
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const names = options.names.map(alternativeName);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: options.commonName === undefined ? [] : [{ CN: [options.commonName] }],
    issuer: subject,
    notBefore: new Date(options.notBefore),
    notAfter: new Date(options.notAfter),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([SERVER_AUTH]),
      // Critical when the subject is empty (RFC 5280 4.2.1.6).
      new x509.SubjectAlternativeNameExtension(names, options.commonName === undefined),
      keyIdentifier,
    ],
  });
  return { keyPem: await exportKey(keys.privateKey), chainPem: `${certificate.toString('pem')}\n` };
}

/**
 * Makes the self-signed certificate of a TLS-ALPN-01 challenge (RFC 8737 3): one name or address, and `digest`, the SHA-256 of
 * the key authorization. `now` is Unix milliseconds. Its key may sign, or TLS 1.2 clients refuse it.
 */
export async function signAlpnCertificate(options: {
  readonly host: string;
  readonly digest: Buffer;
  readonly now: number;
}): Promise<SignedPair> {
  const x509 = await loadX509();
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: ['ACME challenge'] }],
    notBefore: new Date(options.now - 3_600_000),
    notAfter: new Date(options.now + 7 * 86_400_000),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([SERVER_AUTH]),
      new x509.SubjectAlternativeNameExtension([alternativeName(options.host)]),
      new x509.Extension(ACME_IDENTIFIER, true, Buffer.concat([OCTETS_32, options.digest])),
    ],
  });
  return { keyPem: await exportKey(keys.privateKey), chainPem: `${certificate.toString('pem')}\n` };
}

function alternativeName(value: string): { readonly type: 'ip' | 'dns'; readonly value: string } {
  return { type: isIP(value) > 0 ? 'ip' : 'dns', value };
}

interface Issuer {
  readonly subject: string;
  readonly signingKey: webcrypto.CryptoKey;
  readonly keyIdentifier: X509.Extension;
}

/** Reading a root costs more than signing with it, and there may be thousands of leaves. */
const issuers = new WeakMap<SignedPair, Promise<Issuer>>();

function openIssuer(x509: typeof X509, root: SignedPair): Promise<Issuer> {
  return issuers.getOrInsertComputed(root, async () => {
    const certificate = new x509.X509Certificate(root.chainPem);
    return {
      subject: certificate.subject,
      signingKey: await importKey(root.keyPem),
      keyIdentifier: await x509.AuthorityKeyIdentifierExtension.create(certificate.publicKey),
    };
  });
}

/** 127 random bits, positive and without a leading zero byte (RFC 5280 4.1.2.2). */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return bytes.toString('hex');
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const body = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${body.match(/.{1,64}/g)!.join('\n')}\n-----END PRIVATE KEY-----\n`;
}

async function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  const der = Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
  return webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign']);
}
