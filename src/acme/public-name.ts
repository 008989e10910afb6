/** Suffixes that no public CA signs: special-use names (RFC 6761 and its kin) and what home and office networks use. */
const PRIVATE_SUFFIXES = new Set([
  'localhost',
  'local',
  'internal',
  'test',
  'example',
  'invalid',
  'onion',
  'alt',
  'lan',
  'home',
  'corp',
  'localdomain',
  'home.arpa',
]);

/**
 * Why an ACME order for this name (lower-case, A-labels) must not be made, in words; `undefined` when it may.
 * With a directory of the user's own only what is always this machine is refused (design section 9).
 */
export function refuseAcmeName(name: string, isCustomDirectory: boolean): string | undefined {
  const host = name.startsWith('*.') ? name.slice(2) : name;
  if (host === 'localhost' || host.endsWith('.localhost')) return 'localhost is this machine: no CA can check it';
  if (!isWellFormed(host)) return 'not a host name';
  if (isCustomDirectory) return undefined;
  const labels = host.split('.');
  if (isAddress(host)) return 'an address, not a name: public CAs sign those only in a special profile';
  if (labels.length === 1) return 'a name without a dot: public CAs sign only full domain names';
  const suffix =
    labels.length >= 2 && PRIVATE_SUFFIXES.has(labels.slice(-2).join('.'))
      ? labels.slice(-2).join('.')
      : labels.at(-1)!;
  return PRIVATE_SUFFIXES.has(suffix) ? `.${suffix} is for private networks: no public CA signs it` : undefined;
}

/** Host names of RFC 1123 2.1 up to 253 characters, or an address. */
function isWellFormed(host: string): boolean {
  if (isAddress(host)) return true;
  return host.length <= 253 && host.split('.').every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label));
}

/** A top label of digits is never a domain, and a colon never part of one. */
function isAddress(host: string): boolean {
  return /^\d+(\.\d+){3}$/.test(host) || (host.includes(':') && /^[0-9a-f:.]+$/.test(host));
}
