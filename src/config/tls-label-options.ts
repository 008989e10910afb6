import { labelOptions, type LabelOption, type LabelRow } from './label-option.ts';
import { CLIENT_AUTH_WORDS, VERSION_WORDS } from './tls-names.ts';

const VERSIONS = { words: VERSION_WORDS };

const ACTED: readonly LabelRow[] = [
  ['minversion', 'word', '`1.2`', 'lowest version of TLS; older ones than 1.2 are not spoken', VERSIONS],
  ['maxversion', 'word', '`1.3`', 'highest version of TLS; acts in the default options only', VERSIONS],
  ['ciphersuites', 'list', 'modern ones', 'suites of TLS 1.2, by names of IANA or OpenSSL; those of 1.3 are fixed'],
  ['curvepreferences', 'list', 'modern ones', 'groups of the key exchange, in order; act in the default options only'],
  [
    'snistrict',
    'bool',
    '`false`',
    'refuse a client that asks for a name without certificate, or for none; acts in the default options only',
  ],
  ['clientauth.cafiles', 'list', 'none', 'PEM files that the router can read: who signs certificates of clients'],
  [
    'clientauth.clientauthtype',
    'word',
    '`require` with roots, else `off`',
    "what is asked of clients, in our words or Traefik's",
    { words: CLIENT_AUTH_WORDS },
  ],
];

const NOT_ACTED: readonly LabelRow[] = [
  ['alpnprotocols', 'list', 'what is spoken', 'protocols that are offered'],
  ['preferserverciphersuites', 'bool', '`true`', 'the order of ours decides; Traefik does not read it any more'],
  ['disablesessiontickets', 'bool', '`false`', 'no connection resumes another'],
];

/** Labels of TLS options (traefik-static.md section 11). Traefik reads them from files only. */
export const TLS_LABEL_OPTIONS: readonly LabelOption[] = [
  ...labelOptions('tlsOptions', 'yes', ACTED),
  ...labelOptions('tlsOptions', 'no', NOT_ACTED),
];
