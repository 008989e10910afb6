import { createHash } from 'node:crypto';
import type { KeyType } from '../config/key-type.ts';

/** What one certificate is for. Equal specs are the same certificate; a change of any part needs a new order. */
export interface CertificateSpec {
  /** Lower-case A-labels or addresses, sorted, no duplicates. */
  readonly names: readonly string[];
  /** URL of the CA's directory. */
  readonly directory: string;
  readonly profile: string | undefined;
  readonly keyType: KeyType;
}

/** Folder name of a CA: readable, and safe whatever the URL holds. */
export function caKey(directory: string): string {
  const url = new URL(directory);
  return safeName(`${url.host}${url.pathname}`.replaceAll(/[/:]+/g, '-').replace(/-+$/, ''));
}

/** Folder name of a spec: its first name, then the start of a hash over everything, so that no two collide. */
export function specKey(spec: CertificateSpec): string {
  const text = [spec.directory, spec.profile ?? '', spec.keyType, spec.names.join(',')].join('\0');
  return namesKey(spec.names, text);
}

/** The same form for a certificate of the local authority, which has names only. */
export function namesKey(names: readonly string[], text = names.join(',')): string {
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 12);
  return `${safeName((names[0] ?? '').replace('*', 'wildcard_'))}-${hash}`;
}

/** At most 100 characters: file names end at 255 bytes. A leading dot would hide the folder or climb out of it. */
function safeName(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]/g, '_')
    .replace(/^\./, '_')
    .slice(0, 100);
}
