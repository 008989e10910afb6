import { createHmac, createPrivateKey, randomBytes } from 'node:crypto';
import type Forge from 'node-forge';
import type { ServedCertificate } from './certificate.ts';
import { readChain } from './parse-certificate.ts';

const OID = {
  data: '1.2.840.113549.1.7.1',
  shroudedKey: '1.2.840.113549.1.12.10.1.2',
  certificate: '1.2.840.113549.1.12.10.1.3',
  x509: '1.2.840.113549.1.9.22.1',
  friendlyName: '1.2.840.113549.1.9.20',
  localKeyId: '1.2.840.113549.1.9.21',
  sha256: '2.16.840.1.101.3.4.2.1',
} as const;
const ITERATIONS = 2048;
const MAC_KEY = 3;

/**
 * Key and chain as a PKCS#12 file (RFC 7292) that programs of the last years read: the key under AES-256 with PBKDF2, the whole under an
 * HMAC with SHA-256. Certificates are no secret and stay readable. `friendlyName` is what key stores show.
 */
export async function writePkcs12(
  { keyPem, chainPem }: Pick<ServedCertificate, 'keyPem' | 'chainPem'>,
  { password, friendlyName }: { readonly password: string; readonly friendlyName: string },
): Promise<Buffer> {
  // The library signs nothing here and reads nothing: it writes ASN.1, and derives the key of the MAC.
  const { default: forge } = await import('node-forge');
  const der = createEncoder(forge);
  const [leaf, ...issuers] = readChain(chainPem);
  const keyId = leaf!.fingerprint256.replaceAll(':', '').toLowerCase();
  const attributes = der.set(
    der.sequence(der.oid(OID.friendlyName), der.set(der.bmpString(friendlyName))),
    der.sequence(der.oid(OID.localKeyId), der.set(der.octets(Buffer.from(keyId, 'hex')))),
  );
  const bagOf = (certificate: Buffer, ...rest: readonly Forge.asn1.Asn1[]): Forge.asn1.Asn1 =>
    der.sequence(
      der.oid(OID.certificate),
      der.tagged(der.sequence(der.oid(OID.x509), der.tagged(der.octets(certificate)))),
      ...rest,
    );
  const certificates = der.sequence(bagOf(leaf!.raw, attributes), ...issuers.map(({ raw }) => bagOf(raw)));
  const shrouded = createPrivateKey(keyPem).export({
    type: 'pkcs8',
    format: 'der',
    cipher: 'aes-256-cbc',
    passphrase: password,
  });
  const keys = der.sequence(der.sequence(der.oid(OID.shroudedKey), der.tagged(der.read(shrouded)), attributes));
  const contentOf = (content: Buffer): Forge.asn1.Asn1 =>
    der.sequence(der.oid(OID.data), der.tagged(der.octets(content)));
  const safe = der.write(der.sequence(contentOf(der.write(certificates)), contentOf(der.write(keys))));

  const salt = randomBytes(16);
  const macKey = forge.pkcs12.generateKey(
    password,
    forge.util.createBuffer(salt.toString('binary')),
    MAC_KEY,
    ITERATIONS,
    32,
    forge.md.sha256.create(),
  );
  const mac = createHmac('sha256', Buffer.from(macKey.getBytes(), 'binary')).update(safe).digest();
  const macData = der.sequence(
    der.sequence(der.sequence(der.oid(OID.sha256), der.null()), der.octets(mac)),
    der.octets(salt),
    der.integer(ITERATIONS),
  );
  return der.write(der.sequence(der.integer(3), contentOf(safe), macData));
}

interface Encoder {
  sequence(...parts: readonly Forge.asn1.Asn1[]): Forge.asn1.Asn1;
  set(...parts: readonly Forge.asn1.Asn1[]): Forge.asn1.Asn1;
  /** Context tag 0, explicit. */
  tagged(part: Forge.asn1.Asn1): Forge.asn1.Asn1;
  oid(text: string): Forge.asn1.Asn1;
  octets(bytes: Buffer): Forge.asn1.Asn1;
  bmpString(text: string): Forge.asn1.Asn1;
  integer(value: number): Forge.asn1.Asn1;
  null(): Forge.asn1.Asn1;
  read(bytes: Buffer): Forge.asn1.Asn1;
  write(value: Forge.asn1.Asn1): Buffer;
}

function createEncoder({ asn1 }: typeof Forge): Encoder {
  const { Class, Type } = asn1;
  const plain = (type: Forge.asn1.Type, value: string): Forge.asn1.Asn1 =>
    asn1.create(Class.UNIVERSAL, type, false, value);
  return {
    sequence: (...parts) => asn1.create(Class.UNIVERSAL, Type.SEQUENCE, true, [...parts]),
    set: (...parts) => asn1.create(Class.UNIVERSAL, Type.SET, true, [...parts]),
    tagged: (part) => asn1.create(Class.CONTEXT_SPECIFIC, Type.NONE, true, [part]),
    oid: (text) => plain(Type.OID, asn1.oidToDer(text).getBytes()),
    octets: (bytes) => plain(Type.OCTETSTRING, bytes.toString('binary')),
    // The library itself writes two bytes for each unit.
    bmpString: (text) => plain(Type.BMPSTRING, text),
    integer: (value) => plain(Type.INTEGER, asn1.integerToDer(value).getBytes()),
    null: () => plain(Type.NULL, ''),
    read: (bytes) => asn1.fromDer(bytes.toString('binary')),
    write: (value) => Buffer.from(asn1.toDer(value).getBytes(), 'binary'),
  };
}
