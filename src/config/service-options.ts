import { COMPOSED_OPTIONS } from './composed-options.ts';
import { below, labelOptions, type LabelOption, type LabelRow } from './label-option.ts';
import { PORT, POSITIVE, SCHEMES } from './label-limits.ts';

const ACTED: readonly LabelRow[] = [
  ['server.port', 'int', 'found', 'port of the app in its container', PORT],
  [
    'server.scheme',
    'word',
    '`http`',
    'spoken toward the app: HTTP/1.1; TLS, and HTTP/2 where the app has it; `h2c`: HTTP/2 without TLS, as gRPC needs it',
    SCHEMES,
  ],
  ['server.url', 'text', 'none', 'full URL instead of port and scheme'],
  ['server.weight', 'int', '`1`', 'share of the requests; 0 and less: none'],
  [
    'strategy',
    'word',
    '`wrr`',
    'how servers are chosen: in turn, the idler of two, by address of the client, the fastest',
    { words: ['wrr', 'p2c', 'hrw', 'leasttime'] },
  ],
  ['passhostheader', 'bool', '`true`', 'send the Host of the client'],
  ['passivehealthcheck.failurewindow', 'duration', '`10s`', 'time in which failures count, and time out of service'],
  ['passivehealthcheck.maxfailedattempts', 'int', '`1`', 'failures that take a server out of service', POSITIVE],
  ['serverstransport', 'text', 'the default one', 'name of a transport: how its servers are reached'],
];

const COOKIE: readonly LabelRow[] = [
  ['sticky', 'switch', 'none', 'keeps a visitor on one server; needs `sticky.cookie`'],
  ['sticky.cookie', 'switch', 'none', 'by a cookie'],
  ['sticky.cookie.name', 'text', 'made from the name of the service', 'its name'],
  ['sticky.cookie.path', 'path', '`/`', 'its path'],
  ['sticky.cookie.domain', 'text', 'none', 'its domain'],
  ['sticky.cookie.maxage', 'int', '`0`: until the browser ends', 'seconds it is kept; negative: it expires at once'],
  ['sticky.cookie.secure', 'bool', '`true` over HTTPS', 'sent over HTTPS only'],
  ['sticky.cookie.httponly', 'bool', '`true`', 'kept from scripts'],
  [
    'sticky.cookie.samesite',
    'word',
    '`lax`',
    'whether other sites send it along',
    { words: ['none', 'lax', 'strict'] },
  ],
];

const HEALTH_CHECK: readonly LabelRow[] = [
  ['path', 'text', 'none', 'path that is asked'],
  [
    'mode',
    'word',
    '`http`',
    'by a request, or by the health protocol of gRPC, which needs no path',
    { words: ['http', 'grpc'] },
  ],
  ['scheme', 'word', 'of the server', 'scheme of the check', SCHEMES],
  ['hostname', 'text', 'of the server', 'Host of the check'],
  ['port', 'int', 'of the server', 'port of the check', PORT],
  ['method', 'text', '`GET`', 'method of the check'],
  ['status', 'statuses', '`200-399`', 'what passes'],
  ['headers.<header>', 'text', 'none', 'header of the check'],
  ['followredirects', 'bool', '`true`', 'follow redirects to the same server'],
  ['interval', 'duration', '`30s`', 'time between two checks; `100ms` or more'],
  ['unhealthyinterval', 'duration', 'as `interval`', 'the same while the server is down'],
  ['timeout', 'duration', '`5s`', 'time a check may take'],
];

const BALANCING: readonly LabelRow[] = [
  [
    'responseforwarding.flushinterval',
    'duration',
    '`100ms`',
    'how long bytes of an answer may be held back; here they never are',
    { min: Number.NEGATIVE_INFINITY },
  ],
  ['server.preservepath', 'bool', '`false`', 'put the path of the URL before that of the request'],
];

/** Middlewares in front of a service may be protections of it. */
const PROTECTIONS: readonly LabelRow[] = [['middlewares', 'list', 'none', 'middlewares in front of the service']];

const TRANSPORT: readonly LabelRow[] = [
  ['servername', 'text', 'host of the server', 'name the certificate must be for; sent as SNI'],
  ['insecureskipverify', 'bool', '`false`', 'do not check certificates; a warning says so'],
  ['rootcas', 'list', 'of the system', 'paths of PEM files, or PEM text: the roots that are trusted instead'],
  ['forwardingtimeouts.dialtimeout', 'duration', '`5s`', 'time to connect, TLS handshake included; `0`: a day'],
  ['forwardingtimeouts.responseheadertimeout', 'duration', '`60s`', 'time until a response begins; `0`: a day'],
  ['forwardingtimeouts.idleconntimeout', 'duration', '`60s`', 'how long an idle connection is kept; `0`: a day'],
  [
    'forwardingtimeouts.readidletimeout',
    'duration',
    '`15s`',
    'HTTP/2: silence after which a server that has requests is asked whether it is there; `0`: a day',
  ],
  ['forwardingtimeouts.pingtimeout', 'duration', '`10s`', 'HTTP/2: time for its answer; `0`: a day'],
  ['disablehttp2', 'bool', '`false`', 'speak HTTP/1.1 over TLS, also to servers that have HTTP/2'],
  ['maxidleconnsperhost', 'int', '`200`', 'idle connections kept per server and worker; `-1`: none', { min: -1 }],
];

/** No connection is made without these: what they ask of a server or show to it cannot be had yet. */
const TRANSPORT_PROTECTIONS: readonly LabelRow[] = [
  ['peercerturi', 'text', 'none', 'URI that the certificate of a server must have'],
  ['certificates[n].certfile', 'text', 'none', 'certificate shown to servers'],
  ['certificates[n].keyfile', 'text', 'none', 'its key'],
  ['spiffe', 'switch', 'none', 'verify servers by SPIFFE'],
  ['spiffe.ids', 'list', 'all', 'SPIFFE ids that are accepted'],
  ['spiffe.trustdomain', 'text', 'all', 'SPIFFE trust domain that is accepted'],
  ['ciphersuites', 'list', 'of the platform', 'cipher suites toward servers'],
  ['minversion', 'text', 'of the platform', 'lowest TLS version toward servers'],
  ['maxversion', 'text', 'of the platform', 'highest TLS version toward servers'],
];

/** Labels of HTTP services and of the way to their servers (traefik-labels.md section 9.3). */
export const SERVICE_OPTIONS: readonly LabelOption[] = [
  ...labelOptions('service', 'yes', below('loadbalancer.', ACTED)),
  ...labelOptions('service', 'no', below('loadbalancer.', BALANCING)),
  ...labelOptions('service', 'yes', below('loadbalancer.', COOKIE)),
  ...labelOptions('service', 'yes', COMPOSED_OPTIONS),
  ...labelOptions('service', 'yes', below('weighted.', COOKIE)),
  ...labelOptions('service', 'yes', below('loadbalancer.healthcheck.', HEALTH_CHECK)),
  ...labelOptions('service', 'protects', PROTECTIONS),
  ...labelOptions('transport', 'yes', TRANSPORT),
  ...labelOptions('transport', 'protects', TRANSPORT_PROTECTIONS),
];
