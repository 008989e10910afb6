import type { Certificate } from '../certs/certificate.ts';
import type { CertificateSpec } from '../certs/certificate-spec.ts';
import { parseCertificate, readChain } from '../certs/parse-certificate.ts';
import { OrderError } from './acme-error.ts';

const CLOCK_ERROR_MS = 5 * 60_000;

/**
 * Checks what the CA delivered before it replaces anything: readable, our key, all names, valid now, each certificate
 * signed by the next. Throws `OrderError` (`certificate_wrong`).
 */
export function verifyIssued(chainPem: string, keyPem: string, spec: CertificateSpec, now: number): Certificate {
  const wrong = (reason: string, cause?: unknown): OrderError =>
    new OrderError('certificate_wrong', `the CA delivered a certificate that cannot be used: ${reason}`, { cause });
  let certificate: Certificate;
  try {
    certificate = parseCertificate(chainPem, keyPem, 'acme');
  } catch (cause) {
    throw wrong(cause instanceof Error ? cause.message : String(cause), cause);
  }
  const missing = spec.names.filter((name) => !certificate.names.includes(name));
  if (missing.length > 0) throw wrong(`it does not name ${missing.join(', ')}`);
  if (certificate.notAfter <= now) throw wrong(`it expired ${new Date(certificate.notAfter).toISOString()}`);
  if (certificate.notBefore > now + CLOCK_ERROR_MS) {
    throw wrong(`it begins ${new Date(certificate.notBefore).toISOString()}: is this clock right?`);
  }
  const chain = readChain(chainPem);
  for (const [index, issuer] of chain.slice(1).entries()) {
    const subject = chain[index]!;
    if (!subject.checkIssued(issuer) || !subject.verify(issuer.publicKey))
      throw wrong('its chain does not hold together');
  }
  return certificate;
}
