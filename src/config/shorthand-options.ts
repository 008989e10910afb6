import { labelOptions, type LabelOption, type LabelRow } from './label-option.ts';
import { CHECKS, NOT_NEGATIVE, PERCENT, PORT, SCHEMES } from './label-limits.ts';
import { CLIENT_AUTH_WORDS, VERSION_WORDS } from './tls-names.ts';

const ACTED: readonly LabelRow[] = [
  ['host', 'list', 'none', 'host names, comma separated; a path may follow: `example.com/api`'],
  ['port', 'int', 'found', 'port of the app in its container', PORT],
  [
    'scheme',
    'word',
    '`http`',
    'spoken toward the app: HTTP/1.1; TLS, and HTTP/2 where the app has it; `h2c`: HTTP/2 without TLS, as gRPC needs it',
    SCHEMES,
  ],
  ['strip', 'bool', '`false`', 'remove the path of `host` before sending'],
  [
    'tls',
    'word',
    '`auto`',
    'a public certificate, none (plain HTTP), one of the local authority; `passthrough` is not possible yet',
    { words: ['auto', 'off', 'internal', 'passthrough'] },
  ],
  [
    'tls.ondemand',
    'bool',
    '`false`',
    'hosts below a wildcard get a certificate of their own when it is first asked for, if `--acme-ask` allows it',
  ],
  ['redirect', 'list', 'none', 'extra hosts that redirect to the first host'],
  [
    'maintenance',
    'bool',
    '`false`',
    'answer all requests of the container, or of this named site, with 503, Retry-After and a page, whether or not the app runs',
  ],
  ['auth', 'list', 'none', 'users for basic auth: `NAME:HASH` (htpasswd)'],
  ['allow', 'networks', 'all', 'client networks allowed'],
  ['headers.<header>', 'text', 'none', 'response header to set; empty: to remove'],
  ['middlewares', 'list', 'none', 'names of full-form middlewares, in order'],
  ['network', 'text', 'found', 'Docker network whose address is used'],
  ['timeout.connect', 'duration', '`5s`', 'time to connect to the app, TLS handshake included; `0`: a day'],
  ['timeout.response', 'duration', '`60s`', 'time until the app begins to answer; `0`: a day'],
  ['timeout.idle', 'duration', '`5m`', 'time without a byte inside an answer; `0`: a day'],
  ['backend.servername', 'text', 'its address', 'with `scheme=https`: name the certificate of the app must be for'],
  [
    'backend.ca',
    'text',
    'of the system',
    'PEM file that the router can read, or PEM text: the root that is trusted instead',
  ],
  ['backend.verify', 'bool', '`true`', '`false`: do not check the certificate of the app; a warning says so'],
  ['weight', 'int', '`1`', 'share of the requests that this container gets; 0 and less: none'],
  [
    'balance',
    'word',
    '`roundrobin`',
    'how servers are chosen: in turn, the idlest, the idler of two, the same for the same visitor, the fastest',
    { words: ['roundrobin', 'leastconn', 'p2c', 'hash', 'leasttime'] },
  ],
  [
    'balance.key',
    'text',
    'address of the client',
    'with `balance=hash`: who is the same visitor, by `header:NAME` or `cookie:NAME`; by address where a request has none',
  ],
  [
    'balance.slowstart',
    'duration',
    '`0s`',
    'time in which a server that became ready comes from a tenth to all of its share',
  ],
  [
    'eject',
    'bool',
    '`true`',
    'take one of several servers out of service when it fails (no connection, no answer, or 502, 503, 504); never more than half of them',
  ],
  ['eject.failures', 'int', '`5`', 'so many failures one after the other; `0`: any number', NOT_NEGATIVE],
  [
    'eject.percent',
    'int',
    '`50`',
    'so many percent of the answers within 10 s, of at least 20; `0`: any share',
    PERCENT,
  ],
  ['eject.time', 'duration', '`10s`', 'for how long; twice as long each time, up to 5 minutes'],
  ['hold', 'duration', '`15s`', 'how long requests wait for a server while the app is replaced; `0`: not at all'],
];

const HEALTH: readonly LabelRow[] = [
  [
    'health',
    'text',
    'none',
    'path of an active check; `tcp`: the app passes that accepts a connection; `grpc`: that says it is serving',
  ],
  ['health.path', 'text', 'none', 'the same path'],
  ['health.mode', 'word', '`http`', 'how it is asked', { words: ['http', 'tcp', 'grpc'] }],
  ['health.interval', 'duration', '`10s`', 'time between two checks, a tenth more or less; `100ms` or more'],
  ['health.unhealthyinterval', 'duration', 'as `health.interval`', 'the same while the server is down'],
  ['health.timeout', 'duration', '`5s`', 'time until the app begins to answer; longer is a failure'],
  ['health.fall', 'int', '`3`', 'failures in a row that take a server out of service', CHECKS],
  ['health.rise', 'int', '`2`', 'passes in a row that bring it back; one that is new needs one', CHECKS],
  ['health.status', 'statuses', '`200-399`', 'what passes'],
  ['health.method', 'text', '`GET`', 'method of the check'],
  ['health.host', 'text', 'address of the app', 'Host of the check'],
  ['health.port', 'int', 'of the app', 'port of the check', PORT],
  ['health.scheme', 'word', 'of the app', 'scheme of the check; certificates as for other requests', SCHEMES],
  ['health.headers.<header>', 'text', 'none', 'header of the check'],
  ['health.followredirects', 'bool', '`false`', 'follow redirects to the same address'],
];

/** What keeps a visitor on one server. */
const STICKY: readonly LabelRow[] = [
  ['sticky', 'cookie', '`false`', 'keeps a visitor on one server while it is ready, by a cookie: `true` or its name'],
  ['sticky.path', 'path', '`/`', 'path of the cookie'],
  ['sticky.domain', 'text', 'none', 'domain of the cookie'],
  ['sticky.maxage', 'int', '`0`: until the browser ends', 'seconds it is kept; negative: it expires at once'],
  [
    'sticky.samesite',
    'word',
    '`lax`',
    'whether other sites send the cookie along',
    { words: ['none', 'lax', 'strict'] },
  ],
  ['sticky.secure', 'bool', '`true` over HTTPS', 'the cookie is sent over HTTPS only'],
  ['sticky.httponly', 'bool', '`true`', 'the cookie is kept from scripts'],
];

/** What clients have to fulfil. */
const TLS: readonly LabelRow[] = [
  ['tls.minversion', 'word', '`1.2`', 'lowest version of TLS', { words: VERSION_WORDS }],
  ['tls.ciphers', 'list', 'modern ones', 'suites of TLS 1.2, by names of OpenSSL or IANA; those of 1.3 are fixed'],
  [
    'tls.clientca',
    'text',
    'none',
    'PEM file that the router can read, or PEM text: who signs certificates of clients; nobody else may visit',
  ],
  [
    'tls.clientauth',
    'word',
    '`require`',
    'with `tls.clientca`: whether every client needs a certificate; `optional`: none is fine, a wrong one is not',
    { words: CLIENT_AUTH_WORDS },
  ],
];

const NOT_ACTED: readonly LabelRow[] = [
  ['limit', 'rate', 'none', 'requests per client address: `10/s burst 20`'],
  ['compress', 'bool', '`false`', 'compress responses'],
];

/** The shorthand of design section 6: `sluice.<key>`, or `sluice.<site>.<key>` for one of several sites. */
export const SHORTHAND_OPTIONS: readonly LabelOption[] = [
  ...labelOptions('site', 'yes', ACTED),
  ...labelOptions('site', 'yes', HEALTH),
  ...labelOptions('site', 'yes', STICKY),
  ...labelOptions('site', 'yes', TLS),
  ...labelOptions('site', 'no', NOT_ACTED),
];
