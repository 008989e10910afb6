import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import type forge from 'node-forge';
import { CertificateError } from './parse-certificate.ts';

/** Certificates and a key out of a `.p12` file, as PEM. */
export interface UnpackedPair {
  /** Leaf first. */
  readonly chainPem: string;
  readonly keyPem: string;
}

/**
 * Reads a PKCS#12 file (RFC 7292). The library takes the bags apart and knows no EC certificates, so what is in them goes to Node's own
 * reader. Throws `CertificateError` when the password is wrong, or when there is not one key with its certificate.
 */
export async function readPkcs12(der: Uint8Array, password: string): Promise<UnpackedPair> {
  // Of use to few, and slow to load.
  const { default: library } = await import('node-forge');
  const bags = openBags(library, Buffer.from(der).toString('latin1'), password);
  const { keys, certificates } = parseBags(bags);
  const [key] = keys;
  if (key === undefined) throw new CertificateError('key_unreadable', 'there is no private key in the file');
  const leaf = certificates.find((certificate) => certificate.checkPrivateKey(key));
  if (leaf === undefined)
    throw new CertificateError('key_mismatch', 'the private key belongs to none of the certificates');
  return {
    chainPem: chainOf(leaf, certificates)
      .map((one) => one.toString())
      .join(''),
    keyPem: key.export({ type: 'pkcs8', format: 'pem' }),
  };
}

interface Bags {
  /** DER of PKCS#8. */
  readonly keys: readonly Buffer[];
  /** DER. */
  readonly certificates: readonly Buffer[];
}

function openBags(library: typeof forge, bytes: string, password: string): Bags {
  let file: forge.pkcs12.Pkcs12Pfx;
  try {
    file = library.pkcs12.pkcs12FromAsn1(library.asn1.fromDer(bytes), false, password);
  } catch (cause) {
    const message = String(cause).includes('password')
      ? 'the password of the file is wrong'
      : 'the file is no PKCS#12 that can be read';
    throw new CertificateError('certificate_unreadable', message, { cause });
  }
  const der = (node: forge.asn1.Asn1): Buffer => Buffer.from(library.asn1.toDer(node).getBytes(), 'latin1');
  const all = file.safeContents.flatMap(({ safeBags }) => safeBags);
  const { certBag, keyBag, pkcs8ShroudedKeyBag } = library.pki.oids;
  return {
    keys: all
      .filter(({ type }) => type === keyBag || type === pkcs8ShroudedKeyBag)
      .map(({ key, asn1 }) =>
        key == null ? der(asn1) : der(library.pki.wrapRsaPrivateKey(library.pki.privateKeyToAsn1(key))),
      ),
    certificates: all
      .filter(({ type }) => type === certBag)
      .map(({ cert, asn1 }) => (cert == null ? der(asn1) : der(library.pki.certificateToAsn1(cert)))),
  };
}

function parseBags(bags: Bags): {
  readonly keys: readonly KeyObject[];
  readonly certificates: readonly X509Certificate[];
} {
  try {
    return {
      keys: bags.keys.map((key) => createPrivateKey({ key, format: 'der', type: 'pkcs8' })),
      certificates: bags.certificates.map((certificate) => new X509Certificate(certificate)),
    };
  } catch (cause) {
    throw new CertificateError('certificate_unreadable', 'a key or a certificate in the file cannot be read', {
      cause,
    });
  }
}

/** From the leaf upward, as far as the file goes; a root that signed itself is not sent. */
function chainOf(leaf: X509Certificate, all: readonly X509Certificate[]): readonly X509Certificate[] {
  const chain = [leaf];
  for (let last = leaf; ;) {
    const issuer = all.find((one) => !chain.includes(one) && last.checkIssued(one));
    if (issuer === undefined || issuer.checkIssued(issuer)) return chain;
    chain.push(issuer);
    last = issuer;
  }
}
