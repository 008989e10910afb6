import type { LabelObject, LabelOption } from './label-option.ts';

const HEALTH = 'interval unhealthyinterval timeout';
const SUBJECT = 'country province locality organization commonname serialnumber domaincomponent';
const SOURCE = 'ipstrategy ipstrategy.depth ipstrategy.excludedips ipstrategy.ipv6subnet requestheadername requesthost';
const ALLOWED = 'slash backslash nullcharacter semicolon percent questionmark hash';

/** Options of every middleware type that is known and not built yet. */
const UNSUPPORTED: Readonly<Record<string, string>> = {
  circuitbreaker: 'expression checkperiod fallbackduration recoveryduration responsecode',
  compress: '- encodings defaultencoding minresponsebodybytes excludedcontenttypes includedcontenttypes',
  digestauth: 'users usersfile realm removeheader headerfield',
  encodedcharacters: prefixed('allowencoded', ALLOWED),
  errors: 'status service query statusrewrites.<range> errorrequestheaders',
  forwardauth: `address trustforwardheader authresponseheaders authresponseheadersregex authrequestheaders
    addauthcookiestoresponse headerfield forwardbody maxbodysize maxresponsebodysize preservelocationheader
    preserverequestmethod authsigninurl ${prefixed('tls.', 'ca cert key insecureskipverify caoptional')}`,
  grpcweb: 'alloworigins',
  inflightreq: `amount ${prefixed('sourcecriterion.', SOURCE)}`,
  passtlsclientcert: `pem ${prefixed('info.', 'notafter notbefore sans serialnumber')}
    ${prefixed('info.subject.', `${SUBJECT} organizationalunit`)} ${prefixed('info.issuer.', SUBJECT)}`,
  plugin: '<plugin>.**',
  ratelimit: `average period burst ${prefixed('sourcecriterion.', SOURCE)} ${prefixed(
    'redis.',
    `endpoints username password db poolsize minidleconns maxactiveconns readtimeout writetimeout dialtimeout
    tls.ca tls.cert tls.key tls.insecureskipverify`,
  )}`,
  retry: `attempts initialinterval timeout status maxrequestbodybytes disableretryonnetworkerror
    retrynonidempotentmethod`,
};

/** Options of middlewares that work without them. */
const IDLE_OPTIONS = `${prefixed(
  'buffering.',
  'memrequestbodybytes maxresponsebodybytes memresponsebodybytes retryexpression',
)} ${prefixed('headers.', 'featurepolicy sslredirect ssltemporaryredirect sslhost sslforcehost')}`;

const LOAD_BALANCER = `strategy responseforwarding.flushinterval server.weight server.preservepath
  sticky sticky.cookie ${prefixed('sticky.cookie.', 'name path domain maxage secure httponly samesite')}
  ${prefixed('healthcheck.', `path mode scheme hostname port method status headers.<header> followredirects ${HEALTH}`)}
  passivehealthcheck.failurewindow passivehealthcheck.maxfailedattempts`;

const TCP_SERVICE = `server.port server.tls serverstransport proxyprotocol proxyprotocol.version terminationdelay
  healthcheck ${prefixed('healthcheck.', `port send expect ${HEALTH}`)}`;

const TCP = `${prefixed(
  'routers.<router>.',
  `rule rulesyntax priority entrypoints middlewares service tls tls.passthrough tls.certresolver tls.domains[n].main
  tls.domains[n].sans tls.options`,
)} ${prefixed('services.<service>.loadbalancer.', TCP_SERVICE)}
  ${prefixed('middlewares.<middleware>.', 'inflightconn.amount ipallowlist.sourcerange ipwhitelist.sourcerange')}`;

const OTHER = `docker.lbswarm swarm.network swarm.lbswarm ${prefixed('tcp.', TCP)}
  udp.routers.<router>.entrypoints udp.routers.<router>.service udp.services.<service>.loadbalancer.server.port
  ${prefixed('tls.stores.default.defaultgeneratedcert.', 'resolver domain.main domain.sans')}`;

/** No connection is made without these: what they ask of a server or show to it cannot be had yet. */
const TRANSPORT_PROTECTIONS = `peercerturi certificates[n].certfile certificates[n].keyfile spiffe spiffe.ids
  spiffe.trustdomain ciphersuites minversion maxversion`;

/** Real labels of Traefik that are accepted and not acted on (traefik-labels.md section 9). */
export const INACTIVE_OPTIONS: readonly LabelOption[] = [
  ...rows('router', prefixed('observability.', 'accesslogs metrics tracing traceverbosity'), 'no'),
  // TLS options carry client certificates and minimum versions: a router must not serve without them.
  ...rows('router', 'tls.options', 'protects'),
  ...rows('service', prefixed('loadbalancer.', LOAD_BALANCER), 'no'),
  ...rows('service', 'middlewares', 'protects'),
  ...Object.entries(UNSUPPORTED).flatMap(([type, keys]) => rows('middleware', prefixed(`${type}.`, keys), 'no')),
  ...rows('middleware', IDLE_OPTIONS, 'no'),
  // HTTP/2 is not spoken to servers.
  ...rows('transport', 'disablehttp2 forwardingtimeouts.readidletimeout forwardingtimeouts.pingtimeout', 'no'),
  ...rows('transport', TRANSPORT_PROTECTIONS, 'protects'),
  ...rows('other', OTHER, 'no'),
];

/** Middleware types that are known and not built. */
export const UNSUPPORTED_MIDDLEWARES: ReadonlySet<string> = new Set(Object.keys(UNSUPPORTED));

/** A lone `-` stands for the prefix itself, an object that its bare label switches on. */
function prefixed(prefix: string, keys: string): string {
  return words(keys)
    .map((key) => (key === '-' ? prefix.slice(0, -1) : prefix + key))
    .join(' ');
}

function rows(object: LabelObject, keys: string, acts: LabelOption['acts']): readonly LabelOption[] {
  return words(keys).map((key) => ({ object, key, type: 'text', acts, fallback: '', meaning: '' }));
}

function words(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
