import { certificatesIn } from '../config/root-cas.ts';
import { readBoundedFile, UnfitFileError } from '../lib/read-bounded-file.ts';
import type { Certificate } from './certificate.ts';
import type { CertificateSource } from './certificate-files.ts';
import { openPkcs12 } from './open-pkcs12.ts';
import { CertificateError, parseCertificate } from './parse-certificate.ts';

/** Why files are no certificate, and what to do. */
export interface CertificateFault {
  readonly message: string;
  readonly hint: string;
  /** The files could not be read, which may be otherwise at the next look though they do not change. */
  readonly mayPass?: true;
}

/** A chain with its key is a hundredth of this. */
const MAX_BYTES = 1_048_576;

/** Reads what one source has; a text with PEM in it stands for its own path. Never rejects. */
export async function readCertificateFiles(source: CertificateSource): Promise<Certificate | CertificateFault> {
  const { path, keyPath, kind } = source;
  try {
    const bytes = await readBounded(path);
    if (kind === 'pkcs12') {
      const { chainPem, keyPem } = await openPkcs12(bytes, await readPassword(source));
      return parseCertificate(chainPem, keyPem, 'user');
    }
    const text = bytes.toString('latin1');
    const chainPem = certificatesIn(text).join('');
    if (chainPem === '')
      return { message: `${nameOf(path)} has no PEM certificate`, hint: 'write the certificate there, leaf first' };
    const keyText = keyPath === undefined ? text : (await readBounded(keyPath)).toString('latin1');
    const keyPem = keyIn(keyText);
    if (keyPem === undefined) return missingKey(source);
    if (/ENCRYPTED/.test(keyPem)) {
      const hint = 'remove its password (openssl pkey), or use a .p12 file with its password in .p12.password';
      return { message: `the private key in ${nameOf(keyPath ?? path)} is encrypted`, hint };
    }
    return parseCertificate(chainPem, keyPem, 'user');
  } catch (error) {
    return faultOf(error, source);
  }
}

/** The first key of a text; parameters and certificates beside it are left out. */
function keyIn(text: string): string | undefined {
  return /-----BEGIN ((?:[A-Z]+ )*PRIVATE KEY)-----[^-]+(?:-[^-]+)*?-----END \1-----/.exec(text)?.[0];
}

/** Also of a path that is PEM text itself (Traefik's `certFile`). */
async function readBounded(path: string): Promise<Buffer> {
  if (path.includes('-----BEGIN')) return Buffer.from(path, 'latin1');
  return readBoundedFile(path, MAX_BYTES);
}

async function readPassword({ passwordPath }: CertificateSource): Promise<string> {
  if (passwordPath === undefined) return '';
  return (await readBounded(passwordPath)).toString('utf8').replace(/\r?\n$/, '');
}

function missingKey({ path, keyPath }: CertificateSource): CertificateFault {
  if (keyPath !== undefined)
    return { message: `${nameOf(keyPath)} has no PEM private key`, hint: 'write the key there' };
  const stem = path.replace(/\.[^.]*$/, '');
  return { message: `${nameOf(path)} has a certificate and no key`, hint: `put its key beside it as ${stem}.key` };
}

function faultOf(error: unknown, { path, keyPath, kind, passwordPath }: CertificateSource): CertificateFault {
  const name = nameOf(path);
  if (error instanceof UnfitFileError) {
    return {
      message: `${name} cannot be read: ${error.message}`,
      hint: 'name a file with one certificate and its key',
    };
  }
  if (!(error instanceof CertificateError)) {
    const detail = error instanceof Error ? error.message : String(error);
    return { message: `${name} cannot be read: ${detail}`, hint: 'let the router read it', mayPass: true };
  }
  const hints: Readonly<Record<CertificateError['code'], string>> = {
    certificate_unreadable:
      kind === 'pkcs12' ? `write its password into ${passwordPath ?? `${path}.password`}` : 'write the file anew',
    key_unreadable: 'write the key anew, unencrypted, in PEM',
    key_mismatch: `put the key of this certificate into ${keyPath === undefined ? 'the file' : nameOf(keyPath)}`,
    names_missing: 'have it signed anew with its names as subject alternative names',
  };
  return { message: `${name}: ${error.message}`, hint: hints[error.code] };
}

function nameOf(path: string): string {
  return path.includes('-----BEGIN') ? 'the certificate in the file' : path;
}
