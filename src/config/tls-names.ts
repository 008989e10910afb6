import { nearest } from '../lib/suggest.ts';
import type { ClientAuth, TlsVersion } from './tls-options.ts';
import type { TextFault } from './value-hints.ts';

/** Words for versions, lower case: ours, and Traefik's. */
const VERSIONS: ReadonlyMap<string, TlsVersion | 'old'> = new Map([
  ['1.2', 'TLSv1.2'],
  ['1.3', 'TLSv1.3'],
  ['versiontls10', 'old'],
  ['versiontls11', 'old'],
  ['versiontls12', 'TLSv1.2'],
  ['versiontls13', 'TLSv1.3'],
]);

export const VERSION_WORDS: readonly string[] = [...VERSIONS.keys()];

/** A version; `old`: one before TLS 1.2, which is not spoken; undefined: none. */
export function parseTlsVersion(text: string): TlsVersion | 'old' | undefined {
  return VERSIONS.get(text.trim().toLowerCase());
}

/** Words for what is asked of clients, lower case: ours, and Traefik's. */
const CLIENT_AUTH: ReadonlyMap<string, ClientAuth | 'off'> = new Map<string, ClientAuth | 'off'>([
  ['off', 'off'],
  ['optional', { mode: 'optional', isVerified: true }],
  ['require', { mode: 'require', isVerified: true }],
  ['noclientcert', 'off'],
  ['requestclientcert', { mode: 'optional', isVerified: false }],
  ['requireanyclientcert', { mode: 'require', isVerified: false }],
  ['verifyclientcertifgiven', { mode: 'optional', isVerified: true }],
  ['requireandverifyclientcert', { mode: 'require', isVerified: true }],
]);

/** What is asked of clients; undefined: the text is none of the words. */
export function parseClientAuth(text: string): ClientAuth | 'off' | undefined {
  return CLIENT_AUTH.get(text.trim().toLowerCase());
}

export const CLIENT_AUTH_WORDS: readonly string[] = [...CLIENT_AUTH.keys()];

/** OpenSSL's names of TLS 1.2 suites by their IANA names, which Go and Traefik use. */
const SUITES: ReadonlyMap<string, string> = new Map([
  ['TLS_RSA_WITH_AES_128_CBC_SHA', 'AES128-SHA'],
  ['TLS_RSA_WITH_AES_256_CBC_SHA', 'AES256-SHA'],
  ['TLS_RSA_WITH_AES_128_CBC_SHA256', 'AES128-SHA256'],
  ['TLS_RSA_WITH_AES_128_GCM_SHA256', 'AES128-GCM-SHA256'],
  ['TLS_RSA_WITH_AES_256_GCM_SHA384', 'AES256-GCM-SHA384'],
  ...['ECDSA', 'RSA'].flatMap((kind): [string, string][] => [
    [`TLS_ECDHE_${kind}_WITH_AES_128_CBC_SHA`, `ECDHE-${kind}-AES128-SHA`],
    [`TLS_ECDHE_${kind}_WITH_AES_256_CBC_SHA`, `ECDHE-${kind}-AES256-SHA`],
    [`TLS_ECDHE_${kind}_WITH_AES_128_CBC_SHA256`, `ECDHE-${kind}-AES128-SHA256`],
    [`TLS_ECDHE_${kind}_WITH_AES_128_GCM_SHA256`, `ECDHE-${kind}-AES128-GCM-SHA256`],
    [`TLS_ECDHE_${kind}_WITH_AES_256_GCM_SHA384`, `ECDHE-${kind}-AES256-GCM-SHA384`],
    [`TLS_ECDHE_${kind}_WITH_CHACHA20_POLY1305_SHA256`, `ECDHE-${kind}-CHACHA20-POLY1305`],
    [`TLS_ECDHE_${kind}_WITH_CHACHA20_POLY1305`, `ECDHE-${kind}-CHACHA20-POLY1305`],
  ]),
]);
const OPENSSL_SUITES: ReadonlySet<string> = new Set(SUITES.values());

/** Suites of TLS 1.3. They cannot be chosen, here as in Go, and may be named. */
const TLS13_SUITES: ReadonlySet<string> = new Set([
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
]);

/** Known, and broken: nobody gets them. */
const BROKEN_SUITES = /^[\w-]*(?:RC4|3DES|_DES_|DES-CBC|NULL|EXPORT|MD5|anon)[\w-]*$/i;

/** TLS 1.2 suites by OpenSSL's names, from either spelling; those of TLS 1.3 are left out. Or what is wrong. */
export function parseCiphers(names: readonly string[]): readonly string[] | TextFault {
  const suites = new Set<string>();
  for (const name of names) {
    const upper = name.trim().toUpperCase();
    if (TLS13_SUITES.has(upper)) continue;
    const suite = SUITES.get(upper) ?? (OPENSSL_SUITES.has(upper) ? upper : undefined);
    if (suite !== undefined) suites.add(suite);
    else if (BROKEN_SUITES.test(upper)) {
      return { message: `has ${name}, which is broken and not offered`, hint: 'remove it' };
    } else {
      const guess = nearest(upper, [...SUITES.keys(), ...OPENSSL_SUITES, ...TLS13_SUITES]);
      const hint = guess === undefined ? 'write names such as ECDHE-RSA-AES128-GCM-SHA256' : `did you mean ${guess}?`;
      return { message: `has ${name}, which is no cipher suite`, hint };
    }
  }
  return [...suites];
}

/** OpenSSL's names of groups by all that people write, lower case. */
const GROUPS: ReadonlyMap<string, string> = new Map([
  ['curvep256', 'P-256'],
  ['curvep384', 'P-384'],
  ['curvep521', 'P-521'],
  ['secp256r1', 'P-256'],
  ['prime256v1', 'P-256'],
  ['secp384r1', 'P-384'],
  ['secp521r1', 'P-521'],
  ['p-256', 'P-256'],
  ['p-384', 'P-384'],
  ['p-521', 'P-521'],
  ['x25519', 'X25519'],
  ['x25519mlkem768', 'X25519MLKEM768'],
  ['secp256r1mlkem768', 'SecP256r1MLKEM768'],
  ['secp384r1mlkem1024', 'SecP384r1MLKEM1024'],
]);

/** Groups of the key exchange by OpenSSL's names; or what is wrong. */
export function parseCurves(names: readonly string[]): readonly string[] | TextFault {
  const groups = new Set<string>();
  for (const name of names) {
    const group = GROUPS.get(name.trim().toLowerCase());
    if (group === undefined) {
      const guess = nearest(name.toLowerCase(), GROUPS.keys());
      const hint = guess === undefined ? 'write X25519, CurveP256 or CurveP384' : `did you mean ${guess}?`;
      return { message: `has ${name}, which is no curve`, hint };
    }
    groups.add(group);
  }
  return [...groups];
}
