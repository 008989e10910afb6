import { statSync } from 'node:fs';
import type { Certificate } from '../certs/certificate.ts';
import { type CertificateSource, findCertificateFiles } from '../certs/certificate-files.ts';
import { type CertificateFault, readCertificateFiles } from '../certs/read-certificate-files.ts';
import type { CertificateFiles } from '../config/workload.ts';
import type { Logger } from '../observe/logger.ts';

/** Mounted folders send no events, so the files are looked at. */
const LOOK_EVERY_MS = 1000;
/** A file that is just being written is no fault yet. */
const PATIENCE_MS = 3000;
const WARN_BEFORE_MS = 14 * 86_400_000;

export interface UserCertificatesOptions {
  readonly folder: string;
  /** Somebody named the folder: that it is not there is worth telling. */
  readonly isFolderNamed: boolean;
  readonly now: () => number;
  readonly logger: Logger;
  /** Called after every change of what is there. */
  readonly onChange: () => void;
  readonly everyMs?: number;
}

interface Known {
  source: CertificateSource;
  /** It was not there at the last look: some programs remove a file before they write it anew. */
  isAbsent: boolean;
  /** Of the files as they were read last. */
  stamp: string;
  certificate: Certificate | undefined;
  fault: (CertificateFault & { readonly since: number; isTold: boolean }) | undefined;
}

/**
 * Certificates of the user's own, in a folder and in files that Traefik's configuration names. They are read again when they change; a
 * pair that is broken costs itself only, and keeps what it was while it is written.
 */
export class UserCertificates {
  private readonly options: UserCertificatesOptions;
  private readonly known = new Map<string, Known>();
  private readonly warned = new Set<string>();
  private named: readonly CertificateFiles[] = [];
  private inFolder: readonly CertificateSource[] = [];
  private all: readonly Certificate[] = [];
  private standard: Certificate | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isLooking = false;
  private looking: Promise<void> = Promise.resolve();
  private folderFault: { readonly reason: string; readonly since: number; isTold: boolean } | undefined;

  constructor(options: UserCertificatesOptions) {
    this.options = options;
  }

  /** Valid and expired ones, each once. */
  get certificates(): readonly Certificate[] {
    return this.all;
  }

  /** For clients that ask for no name, or for an unknown one. */
  get defaultCertificate(): Certificate | undefined {
    return this.standard;
  }

  /** Reads what is there; resolves when it can serve. Then it goes on looking. */
  async start(): Promise<void> {
    await this.look();
    this.isLooking = true;
    this.lookLater(0);
  }

  /** Files that configuration names beside the folder. Resolves, in the order of calls, when they were read. */
  setFiles(files: readonly CertificateFiles[]): Promise<void> {
    if (JSON.stringify(files) === JSON.stringify(this.named)) return this.looking;
    this.named = files;
    return this.look();
  }

  stop(): void {
    this.isLooking = false;
    clearTimeout(this.timer);
  }

  /** Thousands of files take a while to look at: that is a twentieth of the time at most. */
  private lookLater(tookMs: number): void {
    if (!this.isLooking) return;
    const waitMs = Math.max(this.options.everyMs ?? LOOK_EVERY_MS, 20 * tookMs);
    this.timer = setTimeout(() => {
      const began = performance.now();
      void this.look().then(() => this.lookLater(performance.now() - began));
    }, waitMs).unref();
  }

  /** One look at a time; each begins after the last. Never rejects. */
  look(): Promise<void> {
    this.looking = this.looking
      .then(() => this.readChanged())
      .catch((error: unknown) => this.options.logger.error({ err: error }, 'certificates of your own not read'));
    return this.looking;
  }

  private async readChanged(): Promise<void> {
    const sources = [...this.sourcesOfFolder(), ...this.sourcesNamed()];
    const keys = new Set(sources.map(keyOf));
    for (const [key, known] of this.known) {
      if (keys.has(key)) known.isAbsent = false;
      else if (known.isAbsent) this.known.delete(key);
      else known.isAbsent = true;
    }
    for (const source of sources) await this.readOne(source);
    this.publish();
    this.warnOfExpiry();
  }

  private sourcesNamed(): readonly CertificateSource[] {
    return this.named.map(({ certFile, keyFile, isDefault }): CertificateSource => {
      return { path: certFile, keyPath: keyFile, kind: 'pem', isDefault };
    });
  }

  /** While the folder cannot be read it has what it had. */
  private sourcesOfFolder(): readonly CertificateSource[] {
    const { folder, isFolderNamed } = this.options;
    try {
      const found = findCertificateFiles(folder);
      this.tellFolder(found === undefined && isFolderNamed ? 'there is no such folder' : undefined);
      this.inFolder = found ?? [];
    } catch (error) {
      this.tellFolder(error instanceof Error ? error.message : String(error));
    }
    return this.inFolder;
  }

  private tellFolder(reason: string | undefined): void {
    const { folder, now, logger } = this.options;
    if (reason === undefined || reason !== this.folderFault?.reason) {
      this.folderFault = reason === undefined ? undefined : { reason, since: now(), isTold: false };
    }
    const fault = this.folderFault;
    if (fault === undefined || fault.isTold || now() - fault.since < PATIENCE_MS) return;
    fault.isTold = true;
    const hint = 'create it and let the router read it, or set --certs to another one';
    logger.error({ event: 'cert.user-unusable', folder, reason, hint }, 'folder of certificates cannot be read');
  }

  private async readOne(source: CertificateSource): Promise<void> {
    const key = keyOf(source);
    const stamp = stampOf(source);
    const known = this.known.getOrInsertComputed(key, (): Known => {
      return { source, isAbsent: false, stamp: '', certificate: undefined, fault: undefined };
    });
    known.source = source;
    if (known.stamp !== stamp) {
      const read = await readCertificateFiles(source);
      // Written meanwhile, or not to be read just now: the next look reads it again.
      const isFinal = stampOf(source) === stamp && !('mayPass' in read);
      known.stamp = isFinal ? stamp : '';
      if ('id' in read) {
        known.certificate = read;
        known.fault = undefined;
      } else if (known.fault?.message !== read.message) {
        known.fault = { since: this.options.now(), isTold: false, ...read };
      }
    }
    this.tellFault(known);
  }

  private tellFault({ fault, certificate, source: { path } }: Known): void {
    if (fault === undefined || fault.isTold || this.options.now() - fault.since < PATIENCE_MS) return;
    fault.isTold = true;
    const goesOn = certificate === undefined ? {} : { serving: 'what it was before' };
    const file = path.includes('-----BEGIN') ? 'PEM text' : path;
    const fields = { event: 'cert.user-unusable', file, reason: fault.message, hint: fault.hint, ...goesOn };
    this.options.logger.error(fields, 'certificate of your own cannot be used');
  }

  private publish(): void {
    const read = [...this.known.values()];
    const found = read.flatMap(({ certificate }) => certificate ?? []);
    const all = [...new Map(found.map((one) => [one.id, one])).values()];
    const standard = read.find(({ source, certificate }) => source.isDefault && certificate !== undefined)?.certificate;
    const isSame = idsOf(all) === idsOf(this.all) && standard?.id === this.standard?.id;
    if (isSame) return;
    const before = new Set(this.all.map(({ id }) => id));
    this.all = all;
    this.standard = standard;
    for (const { id, names, issuer, notAfter } of all) {
      if (before.has(id)) continue;
      const fields = { event: 'cert.user', names, issuer, notAfter: new Date(notAfter).toISOString() };
      this.options.logger.info(fields, 'certificate of your own serves');
    }
    this.options.onChange();
  }

  private warnOfExpiry(): void {
    const now = this.options.now();
    for (const { id, names, notAfter } of this.all) {
      const isOver = notAfter <= now;
      const key = `${isOver ? 'over' : 'soon'} ${id}`;
      if (notAfter - now > WARN_BEFORE_MS || this.warned.has(key)) continue;
      this.warned.add(key);
      const fields = {
        event: isOver ? 'cert.expired' : 'cert.expiring',
        names,
        notAfter: new Date(notAfter).toISOString(),
        hint: 'replace the files; nobody renews a certificate of your own',
      };
      this.options.logger.warn(
        fields,
        isOver ? 'certificate of your own has expired' : 'certificate of your own expires soon',
      );
    }
  }
}

function idsOf(certificates: readonly Certificate[]): string {
  return certificates.map(({ id }) => id).join();
}

/** Where the key lies may change while files are replaced. */
function keyOf({ path, kind }: CertificateSource): string {
  return `${kind} ${path}`;
}

/** Changes when any of the files may have; links are followed. */
function stampOf({ path, keyPath, passwordPath }: CertificateSource): string {
  return [path, keyPath, passwordPath].map((file) => (file === undefined ? '' : stampOfFile(file))).join(' | ');
}

function stampOfFile(path: string): string {
  if (path.includes('-----BEGIN')) return 'text';
  try {
    const { ino, size, mtimeNs } = statSync(path, { bigint: true });
    return `${ino} ${size} ${mtimeNs}`;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  }
}
