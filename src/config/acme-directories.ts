import type { TestDirectory } from './static-config.ts';

const LETS_ENCRYPT = 'https://acme-v02.api.letsencrypt.org/directory';
const LETS_ENCRYPT_STAGING = 'https://acme-staging-v02.api.letsencrypt.org/directory';

/** Directory URLs by the names `--acme-ca` knows. */
const DIRECTORIES: ReadonlyMap<string, string> = new Map([
  ['letsencrypt', LETS_ENCRYPT],
  ['letsencrypt-staging', LETS_ENCRYPT_STAGING],
  ['zerossl', 'https://acme.zerossl.com/v2/DV90'],
  ['google', 'https://dv.acme-v02.api.pki.goog/directory'],
]);

const KNOWN: ReadonlySet<string> = new Set(DIRECTORIES.values());

/** The CA of whoever names none. */
export const DEFAULT_DIRECTORY = DIRECTORIES.get('letsencrypt')!;

/** Whether this is the directory of a CA that is known by name. */
export function isKnownDirectory(directory: string): boolean {
  return KNOWN.has(directory);
}

export const DIRECTORY_NAMES: readonly string[] = [...DIRECTORIES.keys(), 'internal', 'off'];

/** The directories a list of names and URLs means; undefined names the item that is neither. */
export function parseDirectories(
  items: readonly string[],
): { readonly directories: readonly string[]; readonly customDirectory: boolean } | { readonly wrong: string } {
  const directories: string[] = [];
  for (const item of items) {
    const lower = item.toLowerCase();
    // Without a public CA the local authority signs everything: both words mean that.
    if (lower === 'internal' || lower === 'off') continue;
    const url = DIRECTORIES.get(lower) ?? (/^https?:\/\//.test(item) && URL.canParse(item) ? item : undefined);
    if (url === undefined) return { wrong: item };
    directories.push(url);
  }
  return { directories, customDirectory: !directories.every(isKnownDirectory) };
}

/** The directory at the host of an account's URL: of those in use, or one that is known by name. */
export function directoryAt(accountUrl: string, inUse: readonly string[]): string | undefined {
  const { host } = new URL(accountUrl);
  return [...inUse, ...DIRECTORIES.values()].find((directory) => new URL(directory).host === host);
}

/** Whether a directory signs addresses without being told a profile: Let's Encrypt does, in the one it has for them. */
export function signsAddresses(directory: string): boolean {
  return directory === LETS_ENCRYPT || directory === LETS_ENCRYPT_STAGING;
}

/**
 * Where a set-up is proved after a failure, by the text of `acme-staging`: a URL stands in for the first directory, `auto` is
 * what Let's Encrypt has for itself. Undefined: nowhere; `wrong`: the text is none of these.
 */
export function testDirectoryFor(text: string, directories: readonly string[]): TestDirectory | 'wrong' | undefined {
  const lower = text.toLowerCase();
  if (lower === 'off') return undefined;
  if (lower === 'auto') {
    return directories.includes(LETS_ENCRYPT) ? { of: LETS_ENCRYPT, url: LETS_ENCRYPT_STAGING } : undefined;
  }
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return 'wrong';
  return directories[0] === undefined ? undefined : { of: directories[0], url: text };
}
