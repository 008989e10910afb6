import { X509Certificate } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../observe/logger.ts';
import type { Certificate } from './certificate.ts';
import { namesKey } from './certificate-spec.ts';
import { openLocalFolder, parseJsonPair, parsePair, type LocalFolder } from './local-folder.ts';
import { encodeConstraints, isPermitted, localConstraints } from './name-constraints.ts';
import { parseCertificate, readChain } from './parse-certificate.ts';
import { createRoot, signIntermediate, signLeaf, type SignedPair } from './sign-certificate.ts';
import type { StoreFault } from './store-fault.ts';

const DAY_MS = 86_400_000;
const ROOT_LIFE_MS = 3653 * DAY_MS;
const INTERMEDIATE_LIFE_MS = 90 * DAY_MS;
/** Nobody but the router renews these, so they may be short: a key that leaked is of no use for long. */
const LEAF_LIFE_MS = 7 * DAY_MS;
/** A leaf with less life left is made anew. */
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
  /** Whether whoever trusts the root accepts a certificate for the name: it is constrained to names of private networks. */
  permits(name: string): boolean;
}

/** Opens the authority in `<dataDir>/local`, making root and default certificate at the first start. */
export async function openLocalAuthority(options: {
  readonly dataDir: string;
  /** Domains of the user's that the authority may sign beside names that belong to nobody. */
  readonly domains?: readonly string[];
  readonly now: () => number;
  readonly logger: Logger;
}): Promise<LocalAuthority> {
  const { now } = options;
  const folder = openLocalFolder(join(options.dataDir, 'local'), options);
  const names = localConstraints(options.domains ?? []);
  const constraints = encodeConstraints(names);
  const root = (await readRoot(folder, now(), constraints)) ?? (await makeRoot(folder, options, constraints));
  const rootLeaf = new X509Certificate(root.chainPem);
  const rootEnd = rootLeaf.validToDate.getTime();
  let intermediate: Promise<SignedPair> | undefined;

  const fromDisk = async (name: string): Promise<Certificate | undefined> => {
    const pair = await folder.read(name);
    const certificate = pair === undefined ? undefined : parsePair(pair);
    return certificate !== undefined && isChainTo(rootLeaf, certificate) ? certificate : undefined;
  };
  const openIntermediate = async (): Promise<SignedPair> => {
    const found = await folder.read('intermediate.json');
    if (found !== undefined && isUsable(found, rootLeaf, now())) return found;
    const pair = await signIntermediate(root, {
      commonName: `${commonNameOf(rootLeaf)} intermediate`,
      notBefore: now() - BACKDATE_MS,
      notAfter: Math.min(now() + INTERMEDIATE_LIFE_MS, rootEnd),
      constraints,
    });
    await folder.write('intermediate.json', pair);
    return pair;
  };
  /** The same for all until it is too old to sign; a failure is forgotten. */
  const getIntermediate = async (): Promise<SignedPair> => {
    const known = await intermediate;
    if (known !== undefined && isUsable(known, rootLeaf, now())) return known;
    intermediate = openIntermediate().catch((cause: unknown) => {
      intermediate = undefined;
      throw cause;
    });
    return intermediate;
  };
  const makeDefault = async (): Promise<Certificate> => {
    // Signed by the root itself, whose life it shares: it is read once, at the start.
    const pair = await signLeaf(root, {
      names: DEFAULT_NAMES,
      commonName: 'sluice default',
      notBefore: now() - BACKDATE_MS,
      notAfter: rootEnd,
    });
    await folder.write('default.json', pair);
    return parseCertificate(pair.chainPem, pair.keyPem, 'local');
  };
  const makeLeaf = async (hosts: readonly string[]): Promise<SignedPair> => {
    const issuer = await getIntermediate();
    const notAfter = Math.min(now() + LEAF_LIFE_MS, new X509Certificate(issuer.chainPem).validToDate.getTime());
    const leaf = await signLeaf(issuer, {
      names: hosts,
      commonName: undefined,
      notBefore: now() - BACKDATE_MS,
      notAfter,
    });
    return { keyPem: leaf.keyPem, chainPem: leaf.chainPem + issuer.chainPem };
  };
  // At the end of the root's life a new leaf would not live longer than the old one.
  const isDue = (certificate: Certificate, at: number): boolean =>
    certificate.notAfter - at < LEAF_RENEW_MS && certificate.notAfter < rootEnd;
  return {
    rootPem: root.chainPem,
    defaultCertificate: (await fromDisk('default.json')) ?? (await makeDefault()),
    fault: folder.fault(),
    isDue,
    permits: (name) => isPermitted(name, names),
    leaf: async (hosts, { keep }) => {
      const file = join('certs', `${namesKey(hosts)}.json`);
      const found = await fromDisk(file);
      if (found !== undefined && !isDue(found, now())) return found;
      const pair = await makeLeaf(hosts);
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

/** One of other constraints, of an earlier release or other options, is made anew: it would sign what it must not, or not what it must. */
async function readRoot(folder: LocalFolder, now: number, constraints: Buffer): Promise<SignedPair | undefined> {
  const pair = await folder.read('root.json');
  if (pair === undefined) return undefined;
  const { raw, validToDate } = new X509Certificate(pair.chainPem);
  return validToDate.getTime() - now < INTERMEDIATE_LIFE_MS || !raw.includes(constraints) ? undefined : pair;
}

async function makeRoot(
  folder: LocalFolder,
  { now, logger }: { readonly now: () => number; readonly logger: Logger },
  constraints: Buffer,
): Promise<SignedPair> {
  // The year keeps several roots in one trust store apart.
  const commonName = `Sluice local authority ${new Date(now()).getUTCFullYear()}`;
  const notBefore = now() - BACKDATE_MS;
  const root = await createRoot({ commonName, notBefore, notAfter: now() + ROOT_LIFE_MS, constraints });
  await folder.write('root.json', root);
  logger.info({ issuer: commonName, kept: folder.fault() === undefined }, 'local authority created');
  return root;
}

/** Whether an intermediate of this root can still sign leaves that live out their time. */
function isUsable({ chainPem }: SignedPair, root: X509Certificate, now: number): boolean {
  const certificate = new X509Certificate(chainPem);
  if (!certificate.verify(root.publicKey)) return false;
  const end = certificate.validToDate.getTime();
  return end - now > INTERMEDIATE_LIFE_MS / 3 || end >= root.validToDate.getTime();
}

/** Each certificate of the chain is signed by the next, and the last by the root. */
function isChainTo(root: X509Certificate, { chainPem }: Certificate): boolean {
  const chain = [...readChain(chainPem), root];
  return chain.every(
    (certificate, index) => index === chain.length - 1 || certificate.verify(chain[index + 1]!.publicKey),
  );
}

function commonNameOf({ subject }: X509Certificate): string {
  return subject.replace(/^CN=/, '');
}
