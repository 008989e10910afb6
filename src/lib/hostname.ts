import { networkContains, parseIpAddress, parseIpNetwork, type IpNetwork } from './ip-address.ts';

/**
 * The form of a host in which everything is compared (rule A3): lower-case ASCII, without port, IPv6 brackets and one
 * trailing dot. Takes a validated authority; an empty text stays empty.
 */
export function canonicalHost(authority: string): string {
  return canonicalName(hostWithTrailingDot(authority));
}

/** The same form of a name that stands alone, as rules write it: a colon in it is no port. */
export function canonicalName(name: string): string {
  const lower = name.toLowerCase();
  return lower.endsWith('.') ? lower.slice(0, -1) : lower;
}

/** As `canonicalHost`, but the trailing dot stays: what `HostRegexp` looks at. */
export function hostWithTrailingDot(authority: string): string {
  if (authority.startsWith('[')) {
    const end = authority.indexOf(']');
    return (end < 0 ? authority : authority.slice(1, end)).toLowerCase();
  }
  const colon = authority.indexOf(':');
  return (colon < 0 ? authority : authority.slice(0, colon)).toLowerCase();
}

const LDH_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const LOOSE_LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;

/**
 * A host name a person wrote (in a label) as lower-case A-labels without trailing dot, or undefined when it is no host
 * name. Unicode is converted (UTS 46), a leading `*.` and IP addresses are kept, `_` is allowed in labels.
 */
export function parseHostname(text: string): string | undefined {
  const trimmed = text.trim();
  const isWildcard = trimmed.startsWith('*.');
  const ascii = toAscii(isWildcard ? trimmed.slice(2) : trimmed);
  if (ascii === undefined || ascii.length > 253 - (isWildcard ? 2 : 0)) return undefined;
  if (!isWildcard && isIpAddress(ascii)) return ascii;
  const isName = ascii.split('.').every((label) => LOOSE_LABEL.test(label));
  // All digits in the last label would be a broken IPv4 address (RFC 3696 section 2).
  if (!isName || /(^|\.)\d+$/.test(ascii)) return undefined;
  return isWildcard ? `*.${ascii}` : ascii;
}

/** Whether a certificate can carry the name: LDH labels only, one `*.` at most at the front, or an IP address. */
export function isCertificateName(name: string): boolean {
  if (isIpAddress(name)) return true;
  const rest = name.startsWith('*.') ? name.slice(2) : name;
  return name.length <= 253 && rest.split('.').every((label) => LDH_LABEL.test(label)) && !/(^|\.)\d+$/.test(rest);
}

/** Whether the text is an IPv4 address or an IPv6 address without brackets. */
export function isIpAddress(text: string): boolean {
  return parseIpAddress(text) !== undefined;
}

/** Whether the name is `localhost` or lies below it (RFC 6761 section 6.3). */
export function isLocalhost(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost');
}

// Reserved or private by RFC 2606, 6761, 6762, 7686, 8375, ICANN's `.internal`, and the names home routers make up.
export const PRIVATE_SUFFIXES: readonly string[] = [
  'localhost',
  'local',
  'internal',
  'home.arpa',
  'test',
  'example',
  'invalid',
  'onion',
  'lan',
  'home',
  'corp',
];

export const PRIVATE_NETWORKS: readonly IpNetwork[] = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
  '::/127',
  '64:ff9b:1::/48',
  '100::/64',
  '2001:db8::/32',
  'fc00::/7',
  'fe80::/10',
  'ff00::/8',
].flatMap((text) => parseIpNetwork(text) ?? []);

/** Whether a public CA may sign the name: more than one label, no reserved suffix, no private address. */
export function isPublicName(name: string): boolean {
  if (!isCertificateName(name)) return false;
  const address = parseIpAddress(name);
  if (address !== undefined) return !PRIVATE_NETWORKS.some((network) => networkContains(network, address));
  const host = name.startsWith('*.') ? name.slice(2) : name;
  return host.includes('.') && !PRIVATE_SUFFIXES.some((suffix) => host === suffix || host.endsWith(`.${suffix}`));
}

function toAscii(text: string): string | undefined {
  const isPlain = /^[\x21-\x7e]*$/.test(text);
  const bare = text.endsWith('.') ? text.slice(0, -1) : text;
  if (bare === '') return undefined;
  if (isPlain) return bare.toLowerCase();
  // `URL` is the platform's UTS 46; anything with URL syntax in it must not get that far.
  if (/[\s/?#@:[\]\\%]/.test(bare)) return undefined;
  return URL.canParse(`http://${bare}/`) ? new URL(`http://${bare}/`).hostname : undefined;
}
