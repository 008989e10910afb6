import { createPrivateKey } from 'node:crypto';
import { CertificateError, parseCertificate } from './parse-certificate.ts';
import type { Certificate } from './certificate.ts';

/** An account found in Traefik's file. */
export interface FoundAccount {
  /** PKCS#8 PEM. */
  readonly keyPem: string;
  readonly url: string;
  readonly email: string | undefined;
}

/** A certificate found in a file, with the account it was ordered by if the file says so. */
export interface FoundCertificate {
  readonly certificate: Certificate;
  readonly accountUrl: string | undefined;
  /** Where it stood, for people: a file, a resolver. */
  readonly place: string;
}

/** What was passed over, and why. */
export interface SkippedItem {
  readonly place: string;
  readonly reason: string;
}

/** What files of another program hold. */
export interface FoundCertificates {
  readonly accounts: readonly FoundAccount[];
  readonly certificates: readonly FoundCertificate[];
  readonly skipped: readonly SkippedItem[];
}

/** The text is no file of Traefik's. */
export class AcmeJsonError extends Error {
  readonly code = 'acme_json_unreadable';
}

const NOTHING: FoundCertificates = { accounts: [], certificates: [], skipped: [] };

/**
 * Reads Traefik's `acme.json` (acme.md 16): of version 2 and 3, one part for each resolver, and of 1.7, which is one part. An
 * empty file, `{}`, and parts that are null are what Traefik leaves before its first certificate. One bad entry costs itself.
 * Throws `AcmeJsonError` when the text is something else.
 */
export function readAcmeJson(text: string): FoundCertificates {
  if (text.trim() === '') return NOTHING;
  const parsed = parseJson(text);
  if (parsed === null) return NOTHING;
  if (!isObject(parsed)) throw new AcmeJsonError('expected an object of resolvers');
  const isFlat = 'certificates' in foldKeys(parsed) || 'account' in foldKeys(parsed);
  const parts = isFlat ? [['', parsed] as const] : Object.entries(parsed);
  const found = parts.map(([resolver, part]) => readResolver(resolver, part));
  return {
    accounts: found.flatMap(({ accounts }) => accounts),
    certificates: found.flatMap(({ certificates }) => certificates),
    skipped: found.flatMap(({ skipped }) => skipped),
  };
}

function readResolver(resolver: string, part: unknown): FoundCertificates {
  const place = resolver === '' ? 'acme.json' : `resolver ${resolver}`;
  if (part === null) return NOTHING;
  if (!isObject(part)) return { ...NOTHING, skipped: [{ place, reason: 'expected an object' }] };
  const { account, certificates } = foldKeys(part);
  const skipped: SkippedItem[] = [];
  const found = readAccount(account, place, skipped);
  const list = Array.isArray(certificates) ? certificates : [];
  return {
    accounts: found === undefined ? [] : [found],
    certificates: list.flatMap((entry) => {
      const certificate = readEntry(entry, place, skipped);
      return certificate === undefined ? [] : [{ certificate, accountUrl: found?.url, place }];
    }),
    skipped,
  };
}

/** The key is PKCS#1 or SEC1 or PKCS#8 in DER, base64; without an account's URL it is of no use. */
function readAccount(value: unknown, place: string, skipped: SkippedItem[]): FoundAccount | undefined {
  if (!isObject(value)) return undefined;
  const { privatekey, registration, email } = foldKeys(value);
  const url = isObject(registration) ? foldKeys(registration)['uri'] : undefined;
  if (typeof privatekey !== 'string' || privatekey === '' || typeof url !== 'string' || url === '') return undefined;
  const keyPem = accountKey(Buffer.from(privatekey, 'base64'));
  if (keyPem === undefined || !URL.canParse(url)) {
    skipped.push({ place: `${place}, account`, reason: 'its key or its URL cannot be read' });
    return undefined;
  }
  return { keyPem, url, email: typeof email === 'string' && email !== '' ? email : undefined };
}

function accountKey(der: Buffer): string | undefined {
  for (const type of ['pkcs1', 'pkcs8', 'sec1'] as const) {
    try {
      return createPrivateKey({ key: der, format: 'der', type }).export({ type: 'pkcs8', format: 'pem' });
    } catch {
      // Another form, then.
    }
  }
  return undefined;
}

function readEntry(value: unknown, place: string, skipped: SkippedItem[]): Certificate | undefined {
  if (!isObject(value)) return undefined;
  const { domain, certificate, key } = foldKeys(value);
  const main = isObject(domain) ? foldKeys(domain)['main'] : undefined;
  const name = typeof main === 'string' ? main : '?';
  // Traefik keeps an entry without texts while it orders.
  if (typeof certificate !== 'string' || typeof key !== 'string' || certificate === '' || key === '') return undefined;
  // Left by a challenge on port 443; no browser trusts it.
  if (name.startsWith('TEMP-')) return undefined;
  const decode = (text: string): string => Buffer.from(text, 'base64').toString('latin1');
  try {
    return parseCertificate(decode(certificate), decode(key), 'acme');
  } catch (cause) {
    if (!(cause instanceof CertificateError)) throw cause;
    skipped.push({ place: `${place}, ${name}`, reason: cause.message });
    return undefined;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AcmeJsonError('not JSON', { cause });
  }
}

/** Go reads keys in any case, and versions of Traefik have written several. */
function foldKeys(value: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key.toLowerCase(), part]));
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
