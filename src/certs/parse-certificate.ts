import { createHash, createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import type { Certificate } from './certificate.ts';

/** Why a pair of PEM texts is no usable certificate. */
export class CertificateError extends Error {
  readonly code: 'certificate_unreadable' | 'key_unreadable' | 'key_mismatch' | 'names_missing';

  constructor(code: CertificateError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CertificateError';
    this.code = code;
  }
}

/**
 * Reads a chain (leaf first) and its key. Any key encoding is accepted and becomes PKCS#8. Names come from the
 * subject alternative names only: certificates without a common name are usual (RFC 9525 2).
 * Throws `CertificateError` when a part is unreadable, the key belongs to another leaf, or there is no name.
 */
export function parseCertificate(chainPem: string, keyPem: string, source: Certificate['source']): Certificate {
  const leaf = readChain(chainPem)[0]!;
  const key = readKey(keyPem);
  if (!leaf.checkPrivateKey(key)) {
    throw new CertificateError('key_mismatch', 'the private key does not belong to the certificate');
  }
  const names = readNames(leaf.subjectAltName ?? '');
  if (names.length === 0) {
    throw new CertificateError('names_missing', 'the certificate has no subject alternative name');
  }
  return {
    id: createHash('sha256').update(leaf.raw).digest('hex'),
    names,
    keyPem: key.export({ type: 'pkcs8', format: 'pem' }),
    chainPem,
    notBefore: leaf.validFromDate.getTime(),
    notAfter: leaf.validToDate.getTime(),
    source,
    issuer: readIssuer(leaf.issuer),
  };
}

/** The certificates of a PEM text in its order. Throws `CertificateError` when there is none or one is unreadable. */
export function readChain(chainPem: string): readonly X509Certificate[] {
  const blocks = chainPem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw new CertificateError('certificate_unreadable', 'no PEM certificate in the text');
  return blocks.map((block) => {
    try {
      return new X509Certificate(block);
    } catch (cause) {
      throw new CertificateError('certificate_unreadable', 'a PEM certificate cannot be read', { cause });
    }
  });
}

function readKey(keyPem: string): KeyObject {
  try {
    return createPrivateKey(keyPem);
  } catch (cause) {
    throw new CertificateError('key_unreadable', 'the private key cannot be read', { cause });
  }
}

/** Node prints the extension as `DNS:a.test, IP Address:127.0.0.1`; a value it had to quote is no host name. */
function readNames(subjectAltName: string): readonly string[] {
  const names = new Set<string>();
  for (const entry of subjectAltName.split(', ')) {
    const colon = entry.indexOf(':');
    const value = entry.slice(colon + 1);
    const kind = entry.slice(0, colon);
    if (kind === 'DNS' && !value.includes('"')) names.add(value.toLowerCase());
    if (kind === 'IP Address') names.add(canonicalAddress(value));
  }
  return [...names];
}

/** IPv6 in the short form of RFC 5952, as configuration writes it. */
function canonicalAddress(address: string): string {
  return isIP(address) === 6 ? new URL(`http://[${address}]/`).hostname.slice(1, -1) : address;
}

function readIssuer(issuer: string): string {
  const lines = issuer.split('\n');
  const find = (field: string): string | undefined =>
    lines.find((line) => line.startsWith(`${field}=`))?.slice(field.length + 1);
  return find('CN') ?? find('O') ?? issuer.replaceAll('\n', ', ');
}
