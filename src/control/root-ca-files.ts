import { X509Certificate } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { certificatesIn, isPemText, MAX_CA_BYTES, type RootCas } from '../config/root-cas.ts';

interface Known {
  readonly stamp: string;
  readonly result: RootCas;
}

/**
 * Reads the roots that labels name. A file is read again only when it changed; the answer of a whole configuration costs one
 * look at each file. Whatever stands beside certificates (a key above all) goes no further.
 */
export class RootCaFiles {
  private readonly files = new Map<string, Known>();
  private asked = new Set<string>();

  /** A path or PEM text. Never throws and never waits for a device. */
  readonly read = (source: string): RootCas => {
    if (isPemText(source)) return parseRootCas(source, 'the text');
    this.asked.add(source);
    const stamp = stampOf(source);
    const known = this.files.get(source);
    if (known?.stamp === stamp) return known.result;
    const result = readFile(source);
    this.files.set(source, { stamp, result });
    return result;
  };

  /** Begins a configuration: only files that are asked for from here on are watched. */
  begin(): void {
    this.asked = new Set();
  }

  /** Whether a file of the current configuration is not what it was when it was read. */
  get hasChanged(): boolean {
    for (const path of this.files.keys()) if (!this.asked.has(path)) this.files.delete(path);
    return [...this.files].some(([path, { stamp }]) => stampOf(path) !== stamp);
  }
}

/** Changes when the file may have. */
function stampOf(path: string): string {
  try {
    const { ino, size, mtimeNs } = statSync(path, { bigint: true });
    return `${ino} ${size} ${mtimeNs}`;
  } catch (error) {
    return codeOf(error);
  }
}

function readFile(path: string): RootCas {
  let file: number | undefined;
  try {
    // A label may name anything: some devices act when they are opened, and a pipe must not hold up the control plane, also
    // when it takes the place of a file between the two looks.
    if (!statSync(path).isFile()) return noFile(path);
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if (!fstatSync(file).isFile()) return noFile(path);
    const bytes = Buffer.alloc(MAX_CA_BYTES + 1);
    const length = fill(file, bytes);
    if (length > MAX_CA_BYTES) {
      return {
        message: `${path} is larger than ${MAX_CA_BYTES} bytes`,
        hint: 'name a file with the needed roots only',
      };
    }
    return parseRootCas(bytes.toString('latin1', 0, length), path);
  } catch (error) {
    return {
      message: `${path} cannot be read: ${codeOf(error)}`,
      hint: 'mount it into the container of the router, readable; it is picked up by itself',
    };
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function noFile(path: string): RootCas {
  return { message: `${path} is no file`, hint: 'name a PEM file' };
}

function fill(file: number, bytes: Buffer): number {
  let length = 0;
  for (;;) {
    const read = readSync(file, bytes, length, bytes.length - length, null);
    length += read;
    if (read === 0 || length === bytes.length) return length;
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

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
