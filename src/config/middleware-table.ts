import { CLIENT_CERTIFICATE_OPTIONS } from './client-certificate-options.ts';
import { CONTENT_OPTIONS, IDLE_OPTIONS } from './content-options.ts';
import { below, labelOptions, type LabelOption, type LabelRow } from './label-option.ts';
import { PORT, WEB_SCHEMES } from './label-limits.ts';
import { LOGIN_OPTIONS } from './login-options.ts';
import { IP_STRATEGY } from './source-options.ts';
import { TRAFFIC_OPTIONS } from './traffic-options.ts';

const PATHS: readonly LabelRow[] = [
  ['stripprefix.prefixes', 'list', 'required', 'path prefixes to remove'],
  ['stripprefix.forceslash', 'bool', '`true`', 'accepted, no effect'],
  ['stripprefixregex.regex', 'list', 'required', 'regular expressions for the prefix to remove'],
  ['addprefix.prefix', 'text', 'required', 'path prefix to add'],
  ['replacepath.path', 'text', 'required', 'path for every request; `X-Replaced-Path` tells the app the one before'],
  ['replacepathregex.regex', 'regexp', 'required', 'what is replaced in the path'],
  ['replacepathregex.replacement', 'text', 'required', 'by what; `$1` or `${name}` is a group'],
];

const REDIRECTS: readonly LabelRow[] = [
  ['redirectscheme.scheme', 'word', 'required', 'scheme of the new URL', WEB_SCHEMES],
  ['redirectscheme.port', 'int', 'of the scheme', 'port in the new URL', PORT],
  ['redirectscheme.permanent', 'bool', '`false`', 'permanent redirect'],
  ['redirectregex.regex', 'regexp', 'required', 'what is replaced in the whole URL'],
  ['redirectregex.replacement', 'text', 'required', 'by what; the result is an `http` or `https` URL or a path'],
  ['redirectregex.permanent', 'bool', '`false`', 'permanent redirect'],
];

const ACCESS: readonly LabelRow[] = [
  ['basicauth.users', 'list', 'these or `usersfile`', '`NAME:HASH`, hashed with bcrypt, MD5 (apr1) or SHA-1'],
  ['basicauth.usersfile', 'text', 'none', 'htpasswd file that the router can read; its changes are picked up'],
  ['basicauth.realm', 'text', '`traefik`', 'what the browser shows'],
  ['basicauth.removeheader', 'bool', '`false`', 'keep `Authorization` from the app'],
  ['basicauth.headerfield', 'text', 'none', 'request header that tells the app the user name'],
  ...['ipallowlist', 'ipwhitelist'].flatMap(allowListRows),
  ['ipallowlist.rejectstatuscode', 'int', '`403`', 'status for everybody else', { min: 400, max: 599 }],
];

const HEADERS: readonly LabelRow[] = [
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

const OTHERS: readonly LabelRow[] = [
  ['chain.middlewares', 'list', 'required', 'names of middlewares, in order'],
  ['buffering.maxrequestbodybytes', 'int', '`0`: no limit', 'larger request bodies get 413'],
  ['contenttype', 'switch', '`true`', 'accepted: no missing `Content-Type` is guessed'],
  ['contenttype.autodetect', 'bool', '`false`', 'accepted, no effect'],
];

/** Middlewares of the full form (traefik-labels.md section 9.4). */
export const MIDDLEWARE_OPTIONS: readonly LabelOption[] = [
  ...labelOptions('middleware', 'yes', [
    ...PATHS,
    ...REDIRECTS,
    ...ACCESS,
    ...HEADERS,
    ...CLIENT_CERTIFICATE_OPTIONS,
    ...OTHERS,
  ]),
  ...labelOptions('middleware', 'no', [...TRAFFIC_OPTIONS, ...LOGIN_OPTIONS, ...CONTENT_OPTIONS, ...IDLE_OPTIONS]),
];

/** Types of middlewares of which nothing acts: a router that names one does not serve. */
export const UNSUPPORTED_MIDDLEWARES: ReadonlySet<string> = new Set(
  MIDDLEWARE_OPTIONS.map(middlewareType).filter((type) => {
    return MIDDLEWARE_OPTIONS.every((option) => option.acts === 'no' || middlewareType(option) !== type);
  }),
);

function middlewareType({ key }: LabelOption): string {
  return key.split('.')[0] ?? '';
}

function allowListRows(type: string): readonly LabelRow[] {
  return [
    [`${type}.sourcerange`, 'networks', 'required', 'addresses and networks that may pass'],
    ...below(`${type}.`, IP_STRATEGY),
  ];
}
