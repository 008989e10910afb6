import { caKey, type CertificateSpec } from './certificate-spec.ts';
import type { FoundCertificate, FoundCertificates, FoundAccount, SkippedItem } from './read-acme-json.ts';
import type { StoreFault } from './store-fault.ts';
import { storePath, type CertificateStore } from './store.ts';

/** What became of a certificate that was found, or would. */
export interface ImportRow {
  readonly names: readonly string[];
  readonly issuer: string;
  /** Unix milliseconds. */
  readonly notAfter: number;
  readonly place: string;
  /** `known`: the store holds the same, `older`: the store's own lives longer, `staging`: signed by a CA that nobody trusts. */
  readonly action: 'imported' | 'known' | 'older' | 'expired' | 'staging';
}

export interface ImportReport {
  readonly rows: readonly ImportRow[];
  /** URLs of accounts that are ours from now on. */
  readonly accounts: readonly string[];
  readonly skipped: readonly SkippedItem[];
  readonly fault: StoreFault | undefined;
}

export interface ImportOptions {
  readonly store: CertificateStore;
  /** CAs in use, the first for certificates of which nobody knows the CA. */
  readonly directories: readonly string[];
  /** The directory at the host of an account, if it is known (`directoryAt`). */
  readonly directoryAt: (accountUrl: string, directories: readonly string[]) => string | undefined;
  /** What a certificate for these names from this CA is stored as. */
  readonly specFor: (names: readonly string[], directory: string) => CertificateSpec;
  readonly now: () => number;
  /** Tells what would be done and writes nothing. */
  readonly isTrial?: boolean;
}

/**
 * Takes certificates and accounts of another program into the store (acme.md 16). What is known already, expired, or shorter-lived
 * than what is there is left alone, so that a second time changes nothing. An account is taken only where there is none:
 * with it, renewals keep their exemption from the CA's limits. Never rejects.
 */
export async function importCertificates(found: FoundCertificates, options: ImportOptions): Promise<ImportReport> {
  const { store, isTrial } = options;
  const contents = await store.load();
  if (contents.fault !== undefined) return { rows: [], accounts: [], skipped: [], fault: contents.fault };
  const unwritable = isTrial === true ? undefined : await store.probe();
  if (unwritable !== undefined) return { rows: [], accounts: [], skipped: [], fault: unwritable };

  const held = new Map(
    contents.entries.flatMap(({ path, current }) => (current === undefined ? [] : [[path, current]])),
  );
  const skipped: SkippedItem[] = [...found.skipped];
  const rows: ImportRow[] = [];
  // The longest-lived first: of doubles the others are then older.
  for (const item of found.certificates.toSorted((a, b) => b.certificate.notAfter - a.certificate.notAfter)) {
    const { certificate, place } = item;
    const spec = specOf(item, options);
    const path = storePath(spec);
    const action = judge(item, spec, held.get(path)?.certificate, options);
    rows.push({ names: certificate.names, issuer: certificate.issuer, notAfter: certificate.notAfter, place, action });
    if (action !== 'imported') continue;
    const { notBefore: issuedAt } = certificate;
    const stored = { spec, certificate, issuedAt, accountUrl: item.accountUrl ?? '', orderUrl: '' };
    held.set(path, stored);
    const fault = isTrial === true ? undefined : await store.saveCertificate(stored);
    if (fault !== undefined) return { rows: rows.slice(0, -1), accounts: [], skipped, fault };
  }
  const accounts: string[] = [];
  const taken = new Set(contents.accounts.keys());
  for (const account of found.accounts) {
    const directory = options.directoryAt(account.url, options.directories);
    if (directory === undefined || taken.has(caKey(directory))) continue;
    taken.add(caKey(directory));
    const fault = isTrial === true ? undefined : await saveAccount(account, directory, options);
    if (fault !== undefined) return { rows, accounts, skipped, fault };
    accounts.push(account.url);
  }
  return { rows, accounts, skipped, fault: undefined };
}

function specOf({ certificate, accountUrl }: FoundCertificate, options: ImportOptions): CertificateSpec {
  const { directories } = options;
  const known = accountUrl === undefined ? undefined : options.directoryAt(accountUrl, directories);
  return options.specFor(certificate.names.toSorted(), known ?? directories[0]!);
}

function judge(
  { certificate }: FoundCertificate,
  spec: CertificateSpec,
  held: FoundCertificate['certificate'] | undefined,
  { directories, now }: ImportOptions,
): ImportRow['action'] {
  if (held?.id === certificate.id) return 'known';
  if (certificate.notAfter <= now()) return 'expired';
  const isOfStagingCa = /staging/i.test(spec.directory);
  const isStaging = isOfStagingCa || /\(staging\)/i.test(certificate.issuer);
  if (isStaging && !(isOfStagingCa && directories.includes(spec.directory))) return 'staging';
  return held !== undefined && held.notAfter >= certificate.notAfter ? 'older' : 'imported';
}

function saveAccount(
  { keyPem, url, email }: FoundAccount,
  directory: string,
  { store, now }: ImportOptions,
): Promise<StoreFault | undefined> {
  const contact = email === undefined ? [] : [`mailto:${email}`];
  return store.saveAccount({ directory, keyPem, url, contact, eabKid: undefined, createdAt: now() });
}
