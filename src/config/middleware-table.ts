import type { LabelOption, LabelType } from './label-option.ts';

type Row = readonly [key: string, type: LabelType, fallback: string, meaning: string];

const PATHS: readonly Row[] = [
  ['stripprefix.prefixes', 'list', 'required', 'path prefixes to remove'],
  ['stripprefix.forceslash', 'bool', '`true`', 'accepted, no effect'],
  ['stripprefixregex.regex', 'list', 'required', 'regular expressions for the prefix to remove'],
  ['addprefix.prefix', 'text', 'required', 'path prefix to add'],
  ['replacepath.path', 'text', 'required', 'path for every request; `X-Replaced-Path` tells the app the one before'],
  ['replacepathregex.regex', 'text', 'required', 'what is replaced in the path'],
  ['replacepathregex.replacement', 'text', 'required', 'by what; `$1` or `${name}` is a group'],
];

const REDIRECTS: readonly Row[] = [
  ['redirectscheme.scheme', 'text', 'required', '`https` or `http`'],
  ['redirectscheme.port', 'text', 'of the scheme', 'port in the new URL'],
  ['redirectscheme.permanent', 'bool', '`false`', 'permanent redirect'],
  ['redirectregex.regex', 'text', 'required', 'what is replaced in the whole URL'],
  ['redirectregex.replacement', 'text', 'required', 'by what; the result is an `http` or `https` URL or a path'],
  ['redirectregex.permanent', 'bool', '`false`', 'permanent redirect'],
];

const ACCESS: readonly Row[] = [
  ['basicauth.users', 'list', 'these or `usersfile`', '`NAME:HASH`, hashed with bcrypt, MD5 (apr1) or SHA-1'],
  ['basicauth.usersfile', 'text', 'none', 'htpasswd file that the router can read; its changes are picked up'],
  ['basicauth.realm', 'text', '`traefik`', 'what the browser shows'],
  ['basicauth.removeheader', 'bool', '`false`', 'keep `Authorization` from the app'],
  ['basicauth.headerfield', 'text', 'none', 'request header that tells the app the user name'],
  ...['ipallowlist', 'ipwhitelist'].flatMap(allowListRows),
  ['ipallowlist.rejectstatuscode', 'int', '`403`', 'status for everybody else'],
];

const HEADERS: readonly Row[] = [
  ['headers.customrequestheaders.<header>', 'text', 'none', 'request header to set; empty: to remove'],
  ['headers.customresponseheaders.<header>', 'text', 'none', 'response header to set; empty: to remove'],
  ['headers.accesscontrolallowcredentials', 'bool', '`false`', 'CORS: with cookies'],
  ['headers.accesscontrolallowheaders', 'list', 'none', 'CORS: request headers'],
  ['headers.accesscontrolallowmethods', 'list', 'none', 'CORS: methods'],
  ['headers.accesscontrolalloworiginlist', 'list', 'none', 'CORS: origins, `*` for all'],
  ['headers.accesscontrolalloworiginlistregex', 'list', 'none', 'CORS: regular expressions for origins'],
  ['headers.accesscontrolexposeheaders', 'list', 'none', 'CORS: response headers that scripts may read'],
  ['headers.accesscontrolmaxage', 'int', 'not sent', 'CORS: seconds a preflight holds'],
  ['headers.addvaryheader', 'bool', '`false`', 'CORS: `Vary: Origin`'],
  ['headers.allowedhosts', 'list', 'all', 'hosts that are answered; others get 500'],
  ['headers.hostsproxyheaders', 'list', 'none', 'headers in which a trusted proxy says the host'],
  [
    'headers.sslproxyheaders.<header>',
    'text',
    'none',
    'header and value by which a trusted proxy says that it was HTTPS',
  ],
  ['headers.stsseconds', 'int', '`0`: none', '`Strict-Transport-Security` over HTTPS'],
  ['headers.stsincludesubdomains', 'bool', '`false`', 'for subdomains, too'],
  ['headers.stspreload', 'bool', '`false`', 'may be built into browsers'],
  ['headers.forcestsheader', 'bool', '`false`', 'over plain HTTP, too'],
  ['headers.framedeny', 'bool', '`false`', '`X-Frame-Options: DENY`'],
  ['headers.customframeoptionsvalue', 'text', 'none', 'another value of it'],
  ['headers.contenttypenosniff', 'bool', '`false`', '`X-Content-Type-Options: nosniff`'],
  ['headers.browserxssfilter', 'bool', '`false`', '`X-XSS-Protection: 1; mode=block`'],
  ['headers.custombrowserxssvalue', 'text', 'none', 'another value of it'],
  ['headers.contentsecuritypolicy', 'text', 'none', '`Content-Security-Policy`'],
  ['headers.contentsecuritypolicyreportonly', 'text', 'none', '`Content-Security-Policy-Report-Only`'],
  ['headers.referrerpolicy', 'text', 'none', '`Referrer-Policy`'],
  ['headers.permissionspolicy', 'text', 'none', '`Permissions-Policy`'],
  ['headers.publickey', 'text', 'none', '`Public-Key-Pins` over HTTPS'],
  ['headers.isdevelopment', 'bool', '`false`', 'no check of hosts, no `Strict-Transport-Security`'],
];

const OTHERS: readonly Row[] = [
  ['chain.middlewares', 'list', 'required', 'names of middlewares, in order'],
  ['buffering.maxrequestbodybytes', 'int', '`0`: no limit', 'larger request bodies get 413'],
  ['contenttype', 'switch', '`true`', 'accepted: no missing `Content-Type` is guessed'],
  ['contenttype.autodetect', 'bool', '`false`', 'accepted, no effect'],
];

/** Middlewares of the full form that act (traefik-labels.md section 9.4). */
export const MIDDLEWARE_OPTIONS: readonly LabelOption[] = [
  ...PATHS,
  ...REDIRECTS,
  ...ACCESS,
  ...HEADERS,
  ...OTHERS,
].map(([key, type, fallback, meaning]) => ({ object: 'middleware', key, type, acts: 'yes', fallback, meaning }));

function allowListRows(type: string): readonly Row[] {
  return [
    [`${type}.sourcerange`, 'list', 'required', 'addresses and networks that may pass'],
    [`${type}.ipstrategy`, 'switch', 'address of the peer', 'which address is compared'],
    [`${type}.ipstrategy.depth`, 'int', '`0`', 'the n-th from the right of `X-Forwarded-For` of a trusted proxy'],
    [`${type}.ipstrategy.excludedips`, 'list', 'none', 'the first from the right of it that is not among these'],
    [`${type}.ipstrategy.ipv6subnet`, 'int', '`128`', 'leading bits of an IPv6 address that count'],
  ];
}
