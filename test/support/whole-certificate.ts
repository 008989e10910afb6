import type { Certificate } from '../../src/certs/certificate.ts';

/** Facts and texts as a plain object: those of shared memory are read when they are asked for, and a copy has none. */
export function wholeCertificate(certificate: Certificate): Certificate {
  const { id, names, keyPem, chainPem, notBefore, notAfter, source, issuer } = certificate;
  return { id, names, keyPem, chainPem, notBefore, notAfter, source, issuer };
}
