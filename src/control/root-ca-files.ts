import { X509Certificate } from 'node:crypto';
import { certificatesIn, isPemText, MAX_CA_BYTES, type RootCas } from '../config/root-cas.ts';
import { WatchedFiles } from './watched-files.ts';

/** Reads the roots that labels name. Whatever stands beside certificates (a key above all) goes no further. */
export class RootCaFiles {
  private readonly files = new WatchedFiles(parseRootCas, MAX_CA_BYTES, 'PEM file');

  /** A path or PEM text. Never throws and never waits for a device. */
  readonly read = (source: string): RootCas =>
    isPemText(source) ? parseRootCas(source, 'the text') : this.files.read(source);

  /** Begins a configuration: only files that are asked for from here on are watched. */
  begin(): void {
    this.files.begin();
  }

  /** Whether a file of the current configuration is not what it was when it was read. */
  get hasChanged(): boolean {
    return this.files.hasChanged;
  }
}

/** The certificates of a text, all of them whole; `what` names it in messages. */
export function parseRootCas(text: string, what: string): RootCas {
  const certificates = certificatesIn(text);
  if (certificates.length === 0) {
    return { message: `${what} has no certificate`, hint: 'name a PEM file with -----BEGIN CERTIFICATE-----' };
  }
  const broken = certificates.findIndex((pem) => !isCertificate(pem));
  if (broken < 0) return { pem: certificates.join('') };
  return { message: `certificate ${broken + 1} of ${what} is broken`, hint: 'write the file anew' };
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    // The parser's words say nothing that helps a person.
    return false;
  }
}
