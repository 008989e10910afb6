import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../observe/logger.ts';
import { writeFileAtomic } from '../lib/atomic-file.ts';
import type { Certificate } from './certificate.ts';
import { namesKey } from './certificate-spec.ts';
import { parseCertificate } from './parse-certificate.ts';
import { createRoot, signLeaf, type SignedPair } from './sign-certificate.ts';
import { describeStoreFault, type StoreFault } from './store-fault.ts';

const DAY_MS = 86_400_000;
const ROOT_LIFE_MS = 3653 * DAY_MS;
const LEAF_LIFE_MS = 90 * DAY_MS;
/** A leaf with less life left is made anew; so is a root that could not carry another leaf. */
const LEAF_RENEW_MS = LEAF_LIFE_MS / 3;
/** Clients whose clock is a little behind must not refuse a new certificate. */
const BACKDATE_MS = 3_600_000;
/** Served to clients without a server name, or with an unknown one; these let a person reach it by address. */
const DEFAULT_NAMES = ['localhost', '127.0.0.1', '::1'];

/** The router's own CA for names that no public CA signs, and for the time before the first certificate. */
export interface LocalAuthority {
  /** PEM of the root certificate, for users who want to trust it. */
  readonly rootPem: string;
  /** `CN=sluice default`; lives as long as the root. */
  readonly defaultCertificate: Certificate;
  /** Set when the root could not be kept: it changes at the next start. */
  readonly fault: StoreFault | undefined;
  /**
   * A certificate for these names with at least a third of its life left: the one on disk, else a new one.
   * `keep` writes a new one to disk. Rejects only if the system cannot make keys.
   */
  leaf(names: readonly string[], options: { readonly keep: boolean }): Promise<Certificate>;
  /** Whether a leaf must be asked for anew by now (Unix milliseconds). */
  isDue(certificate: Certificate, now: number): boolean;
}

interface Folder {
  read(name: string): Promise<SignedPair | undefined>;
  write(name: string, pair: SignedPair): Promise<void>;
  readonly fault: () => StoreFault | undefined;
}

/** Opens the authority in `<dataDir>/local`, making root and default certificate at the first start. */
export async function openLocalAuthority(options: {
  readonly dataDir: string;
  readonly now: () => number;
  readonly logger: Logger;
}): Promise<LocalAuthority> {
  const { now, logger } = options;
  const folder = openFolder(join(options.dataDir, 'local'), options);
  const root = (await readRoot(folder, now())) ?? (await makeRoot(folder, now(), logger));
  const rootLeaf = new X509Certificate(root.chainPem);
  const isOurs = (certificate: Certificate): boolean =>
    new X509Certificate(certificate.chainPem).verify(rootLeaf.publicKey);

  const fromDisk = async (name: string): Promise<Certificate | undefined> => {
    const pair = await folder.read(name);
    const certificate = pair === undefined ? undefined : parsePair(pair);
    return certificate !== undefined && isOurs(certificate) ? certificate : undefined;
  };
  const make = async (names: readonly string[], commonName: string | undefined, lifeMs: number): Promise<SignedPair> =>
    signLeaf(root, {
      names,
      commonName,
      notBefore: now() - BACKDATE_MS,
      notAfter: Math.min(now() + lifeMs, rootLeaf.validToDate.getTime()),
    });

  const makeDefault = async (): Promise<Certificate> => {
    const pair = await make(DEFAULT_NAMES, 'sluice default', ROOT_LIFE_MS);
    await folder.write('default.json', pair);
    return parseCertificate(pair.chainPem, pair.keyPem, 'local');
  };
  // At the end of the root's life a new leaf would not live longer than the old one.
  const isDue = (certificate: Certificate, at: number): boolean =>
    certificate.notAfter - at < LEAF_RENEW_MS && certificate.notAfter < rootLeaf.validToDate.getTime();
  return {
    rootPem: root.chainPem,
    defaultCertificate: (await fromDisk('default.json')) ?? (await makeDefault()),
    fault: folder.fault(),
    isDue,
    leaf: async (names, { keep }) => {
      const file = join('certs', `${namesKey(names)}.json`);
      const found = await fromDisk(file);
      if (found !== undefined && !isDue(found, now())) return found;
      const pair = await make(names, undefined, LEAF_LIFE_MS);
      if (keep) await folder.write(file, pair);
      return parseCertificate(pair.chainPem, pair.keyPem, 'local');
    },
  };
}

/** PEM of the root below a data folder, without making one. `undefined` when there is none. */
export async function readLocalRoot(dataDir: string): Promise<string | undefined> {
  try {
    return parseJsonPair(await readFile(join(dataDir, 'local', 'root.json'), 'utf8')).chainPem;
  } catch {
    return undefined;
  }
}

/** The leaves kept below a data folder, without making one; damaged files are passed over. */
export async function readLocalLeaves(dataDir: string): Promise<readonly Certificate[]> {
  const folder = join(dataDir, 'local', 'certs');
  const files = await readdir(folder).catch(() => []);
  const leaves = await Promise.all(
    files
      .filter((name) => name.endsWith('.json') && !name.startsWith('.'))
      .map(async (name) => {
        try {
          return parsePair(parseJsonPair(await readFile(join(folder, name), 'utf8')));
        } catch {
          return undefined;
        }
      }),
  );
  return leaves.filter((leaf) => leaf !== undefined);
}

async function readRoot(folder: Folder, now: number): Promise<SignedPair | undefined> {
  const pair = await folder.read('root.json');
  if (pair === undefined) return undefined;
  return new X509Certificate(pair.chainPem).validToDate.getTime() - now < LEAF_LIFE_MS ? undefined : pair;
}

async function makeRoot(folder: Folder, now: number, logger: Logger): Promise<SignedPair> {
  // The year keeps several roots in one trust store apart.
  const commonName = `Sluice local authority ${new Date(now).getUTCFullYear()}`;
  const root = await createRoot({ commonName, notBefore: now - BACKDATE_MS, notAfter: now + ROOT_LIFE_MS });
  await folder.write('root.json', root);
  logger.info({ issuer: commonName, kept: folder.fault() === undefined }, 'local authority created');
  return root;
}

/** Key and certificate of each name in one file. A damaged file is moved aside; a folder that cannot be written is said once. */
function openFolder(path: string, options: { readonly now: () => number; readonly logger: Logger }): Folder {
  let fault: StoreFault | undefined;
  const report = (found: StoreFault): void => {
    if (fault === undefined) {
      options.logger.warn({ reason: found.message, hint: found.hint }, 'local authority lives in memory only');
    }
    fault ??= found;
  };
  return {
    fault: () => fault,
    read: async (name) => {
      const file = join(path, name);
      try {
        return parseJsonPair(await readFile(file, 'utf8'));
      } catch (cause) {
        if (cause instanceof Error && 'syscall' in cause) {
          if ('code' in cause && cause.code !== 'ENOENT') report(describeStoreFault('store_unreadable', file, cause));
          return undefined;
        }
        const aside = `${file}.corrupt-${options.now()}`;
        await rename(file, aside).catch(() => undefined);
        options.logger.warn({ path: file, reason: String(cause) }, 'local authority file damaged');
        return undefined;
      }
    },
    write: async (name, pair) => {
      // What cannot be read may still be good: it is not replaced.
      if (fault?.code === 'store_unreadable') return;
      const file = join(path, name);
      try {
        await writeFileAtomic(file, `${JSON.stringify({ v: 1, ...pair }, undefined, 2)}\n`);
      } catch (cause) {
        report(describeStoreFault('store_unwritable', file, cause));
      }
    },
  };
}

function parsePair(pair: SignedPair): Certificate | undefined {
  try {
    return parseCertificate(pair.chainPem, pair.keyPem, 'local');
  } catch {
    return undefined;
  }
}

/** Throws when the text is not a readable pair of which the key fits the certificate. */
function parseJsonPair(text: string): SignedPair {
  const value: unknown = JSON.parse(text);
  const fields = typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  const { keyPem, chainPem } = fields;
  if (typeof keyPem !== 'string' || typeof chainPem !== 'string') throw new SyntaxError('key or certificate missing');
  if (!new X509Certificate(chainPem).checkPrivateKey(createPrivateKey(keyPem))) {
    throw new SyntaxError('the key does not belong to the certificate');
  }
  return { keyPem, chainPem };
}
