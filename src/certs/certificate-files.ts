import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Files that together are a certificate with its key. */
export interface CertificateSource {
  /** Names it in messages, and is the same for as long as the files are called as they are. */
  readonly path: string;
  /** Absent: the key is in the same file. */
  readonly keyPath: string | undefined;
  readonly kind: 'pem' | 'pkcs12';
  /** PKCS#12: a file with the password, if there is one. */
  readonly passwordPath?: string;
  /** It serves clients that ask for an unknown name. */
  readonly isDefault: boolean;
}

/** More than this in one folder is no folder of certificates. */
const MAX_ENTRIES = 20_000;

const CERTIFICATE = /\.(crt|cer|cert|pem)$/i;
const PKCS12 = /\.(p12|pfx)$/i;

/**
 * Finds certificates in a folder and in the folders right below it, links followed: `x.crt` (`.pem`, `.cer`) beside `x.key` or
 * `x-key.pem`, `fullchain.pem` beside `privkey.pem` as certbot has them, one `.pem` with both, `x.p12` (`.pfx`) with its password in
 * `x.p12.password`. What is called `default` is for unknown names. Undefined: there is no such folder. Throws when it cannot be read.
 */
export function findCertificateFiles(folder: string): readonly CertificateSource[] | undefined {
  const entries = namesIn(folder);
  if (entries === undefined) return undefined;
  const files: string[] = [];
  const found: CertificateSource[] = [];
  for (const name of entries) {
    const path = join(folder, name);
    const kind = kindOf(path);
    if (kind === 'file') files.push(name);
    else if (kind === 'folder') {
      const inner = namesInside(path).filter((one) => kindOf(join(path, one)) === 'file');
      found.push(...sourcesIn(path, inner, name === 'default'));
    }
  }
  return [...sourcesIn(folder, files, false), ...found];
}

/** Hidden names are those of editors and of mounted secrets (`..data`), which show the same files twice. */
function namesIn(folder: string): readonly string[] | undefined {
  try {
    return readdirSync(folder)
      .filter((name) => !name.startsWith('.'))
      .sort()
      .slice(0, MAX_ENTRIES);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** A folder that is nobody's to read (`lost+found`) costs itself only. */
function namesInside(folder: string): readonly string[] {
  try {
    return namesIn(folder) ?? [];
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'EPERM')) return [];
    throw error;
  }
}

function kindOf(path: string): 'file' | 'folder' | undefined {
  try {
    const stats = statSync(path);
    return stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : undefined;
  } catch {
    // A link to nothing is nothing; it is looked at again.
    return undefined;
  }
}

function sourcesIn(folder: string, names: readonly string[], isDefaultFolder: boolean): readonly CertificateSource[] {
  const there = new Set(names);
  const source = (name: string, keyName: string | undefined, kind: CertificateSource['kind']): CertificateSource => {
    const isDefault = isDefaultFolder || /^default\.[^.]+$/i.test(name);
    const keyPath = keyName === undefined ? undefined : join(folder, keyName);
    const passwordName = `${name}.password`;
    const password = there.has(passwordName) ? { passwordPath: join(folder, passwordName) } : {};
    return { path: join(folder, name), keyPath, kind, ...(kind === 'pkcs12' ? password : {}), isDefault };
  };
  const isCertbot = there.has('fullchain.pem') && there.has('privkey.pem');
  const keys = new Set(isCertbot ? ['privkey.pem', 'cert.pem', 'chain.pem'] : []);
  const pairs = names
    .filter((name) => CERTIFICATE.test(name))
    .map((name) => [name, keyOf(name, there, isCertbot)] as const);
  for (const [, key] of pairs) if (key !== undefined) keys.add(key);
  return [
    ...pairs.filter(([name]) => !keys.has(name)).map(([name, key]) => source(name, key, 'pem')),
    ...names.filter((name) => PKCS12.test(name)).map((name) => source(name, undefined, 'pkcs12')),
  ];
}

function keyOf(name: string, there: ReadonlySet<string>, isCertbot: boolean): string | undefined {
  if (isCertbot && name === 'fullchain.pem') return 'privkey.pem';
  const stem = name.replace(CERTIFICATE, '');
  return [`${stem}.key`, `${stem}-key.pem`, `${stem}.key.pem`].find((key) => there.has(key) && key !== name);
}
