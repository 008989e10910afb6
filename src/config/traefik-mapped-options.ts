/** Options of Traefik that act here: paths, type, and what they become. */
export type MappedRow = readonly [paths: string, type: 'text' | 'list' | 'flag', meaning: string];

const EP = 'entrypoints.<entrypoint>';
const ACME = 'certificatesresolvers.<resolver>.acme';
const DOCKER = 'providers.docker';
const REDIRECT = `${EP}.http.redirections.entrypoint`;
const TRANSPORT = `${EP}.transport`;

/** Characters of a path that Traefik lets pass encoded or refuses. */
export const ENCODED_CHARACTERS = [
  'slash',
  'backslash',
  'nullcharacter',
  'semicolon',
  'percent',
  'questionmark',
  'hash',
] as const;

/** Of those, the ones that are refused in every path here, whatever is asked (P5). */
export const REFUSED_CHARACTERS: readonly string[] = ['backslash', 'nullcharacter'];

const ENTRYPOINTS: readonly MappedRow[] = [
  [`${EP}.address`, 'text', 'address it listens on; with `/udp` it is refused'],
  [`${EP}.asdefault`, 'flag', 'routers that name no entrypoint listen on those that have it'],
  [`${REDIRECT}.to`, 'text', 'every request is redirected to this entrypoint or port'],
  [`${REDIRECT}.scheme`, 'text', 'scheme of the new address: `https` unless it says `http`'],
  [`${REDIRECT}.permanent`, 'flag', 'permanent redirect unless `false`'],
  [`${REDIRECT}.priority`, 'text', 'priority of the redirect; above all routers when it is not said'],
  [`${EP}.http.tls`, 'flag', 'routers on it answer HTTPS unless they say otherwise'],
  [`${EP}.http.tls.certresolver`, 'text', 'resolver of its routers that name none'],
  [`${EP}.http.tls.domains[n].main`, 'text', 'first name of a certificate for its routers'],
  [`${EP}.http.tls.domains[n].sans`, 'list', 'further names of the same certificate'],
  [`${EP}.http.tls.options`, 'text', 'TLS options of its routers that say nothing about TLS'],
  [`${EP}.http.middlewares`, 'list', 'middlewares in front of all of its routers'],
  [`${EP}.http.sanitizepath`, 'flag', 'paths are always cleaned; `false` is refused'],
  [
    encoded(ENCODED_CHARACTERS.filter((name) => !REFUSED_CHARACTERS.includes(name))),
    'flag',
    'it stays encoded, as data of its segment; `false` is refused',
  ],
  [encoded(REFUSED_CHARACTERS), 'flag', 'it is always refused with 400; `true` gets a notice'],
  [`${EP}.http.underscoreheadersstrategy`, 'text', '`delete` is what holds; `keep` and `reject` get a notice'],
  [`${EP}.http.maxheaderbytes`, 'text', 'as `--max-head`, and half of it as `--max-request-line`'],
  [`${EP}.forwardedheaders.insecure`, 'flag', 'as `--trusted-proxies` with every address; all entrypoints must say it'],
  [`${EP}.forwardedheaders.trustedips`, 'list', 'as `--trusted-proxies`, for all entrypoints together'],
  [`${EP}.proxyprotocol`, 'flag', 'says nothing by itself: name the networks'],
  [`${EP}.proxyprotocol.insecure`, 'flag', 'every connection must begin with a PROXY header'],
  [`${EP}.proxyprotocol.trustedips`, 'list', 'as `--proxy-protocol`, for this entrypoint: the header is mandatory'],
];

const TIMEOUTS: readonly MappedRow[] = [
  [
    `${TRANSPORT}.respondingtimeouts.readtimeout`,
    'text',
    'as `--head-timeout` (10s at most) and `--body-timeout`; a request as a whole has no time-out',
  ],
  [
    `${TRANSPORT}.respondingtimeouts.writetimeout`,
    'text',
    'as `--write-timeout`; a response as a whole has no time-out',
  ],
  [`${TRANSPORT}.respondingtimeouts.idletimeout`, 'text', 'as `--keepalive-timeout`'],
  [`${TRANSPORT}.keepalivemaxrequests`, 'text', 'as `--keepalive-requests`'],
  [`${TRANSPORT}.lifecycle.gracetimeout`, 'text', 'as `--grace`'],
];

const PROVIDERS: readonly MappedRow[] = [
  [DOCKER, 'flag', 'containers are looked at; without it they are not, unless `--docker` is given'],
  [`${DOCKER}.endpoint`, 'text', 'as `--docker`'],
  [`${DOCKER}.exposedbydefault`, 'flag', '`false`: only containers with a label `enable=true` count'],
  [`${DOCKER}.network`, 'text', 'network whose address is used where no label names one'],
  [`${DOCKER}.defaultrule`, 'text', 'template of the rule of a router that has none'],
  [`${DOCKER}.constraints`, 'text', 'expression over labels that says which containers count'],
  [`${DOCKER}.usebindportip`, 'flag', 'servers are reached at the address and port that the container publishes'],
  [`${DOCKER}.watch`, 'flag', 'changes are always followed; `false` gets a notice'],
  [
    `${DOCKER}.allowemptyservices`,
    'flag',
    'routers of starting and unhealthy containers always stay and answer 503; `false` gets a notice',
  ],
  [`${DOCKER}.username ${DOCKER}.password`, 'text', 'login at an engine behind basic auth; both or none'],
  [`${DOCKER}.tls`, 'flag', 'says nothing by itself: name the files'],
  [`${DOCKER}.tls.ca`, 'text', 'PEM file with the root of an engine over TLS'],
  [`${DOCKER}.tls.cert ${DOCKER}.tls.key`, 'text', 'PEM files shown to the engine; both or none'],
  [`${DOCKER}.tls.insecureskipverify`, 'flag', '`true` is refused: whoever controls the engine controls this machine'],
  ['providers.file', 'flag', 'files of dynamic configuration are read; name one, or a folder'],
  ['providers.file.filename', 'text', 'a YAML file; TOML is refused'],
  ['providers.file.directory', 'text', 'a folder of YAML files; it counts before `filename`'],
  ['providers.file.watch', 'flag', 'changes are followed unless `false`'],
];

const CERTIFICATES: readonly MappedRow[] = [
  [ACME, 'flag', 'routers may name the resolver; all resolvers share one account'],
  [`${ACME}.email`, 'text', 'as `--acme-email`'],
  [`${ACME}.storage`, 'text', 'the folder `sluice` beside this file is used as `--data`'],
  [`${ACME}.caserver`, 'text', 'as `--acme-ca`; of unlike ones the first holds for all resolvers'],
  [`${ACME}.httpchallenge`, 'flag', 'HTTP-01 is used, as it is without'],
  [`${ACME}.httpchallenge.entrypoint`, 'text', 'must name an entrypoint; challenges are answered on all of them'],
  [`${ACME}.tlschallenge`, 'flag', 'TLS-ALPN-01 is used, on every TLS entrypoint'],
  [`${ACME}.dnschallenge`, 'flag', 'DNS-01 is used for every name, by the provider'],
  [
    `${ACME}.dnschallenge.provider`,
    'text',
    '`exec`, `httpreq` or `rfc2136`, with the variables they have in Traefik; of another one a notice says what to use',
  ],
  [`${ACME}.keytype`, 'text', 'as `--acme-key-type`'],
  [`${ACME}.eab.kid`, 'text', 'as `--acme-eab-kid`'],
  [`${ACME}.eab.hmacencoded`, 'text', 'as `--acme-eab-key`'],
  [`${ACME}.profile`, 'text', 'as `--acme-profile`'],
  [`${ACME}.cacertificates`, 'text', 'as `--acme-ca-root`; the first file counts'],
];

const SERVERS = 'serverstransport';

const OTHERS: readonly MappedRow[] = [
  ['api', 'flag', 'routers may send to `api@internal`, which is the admin address'],
  ['api.dashboard', 'flag', '`false`: no router may send to `dashboard@internal`'],
  ['api.insecure', 'flag', 'the admin address is open in the place of the entrypoint `traefik`, usually `:8080`'],
  ['ping', 'flag', '`/ping` is answered on the entrypoint `traefik`'],
  ['ping.entrypoint', 'text', '`/ping` is answered on this entrypoint instead'],
  ['ping.manualrouting', 'flag', '`/ping` is answered only where a router sends to `ping@internal`'],
  ['log.level', 'text', 'as `--log-level`'],
  ['log.format', 'text', '`json` as `--log-format=json`, anything else as `pretty`'],
  ['accesslog', 'flag', 'as `--access-log=common`'],
  ['accesslog.format', 'text', '`json` as `--access-log=json`, anything else as `common`'],
  [`${SERVERS}.insecureskipverify`, 'flag', 'certificates of servers are not checked; a notice says so'],
  [`${SERVERS}.rootcas`, 'list', 'PEM files, or PEM text: the roots that are trusted instead of those of the system'],
  [`${SERVERS}.maxidleconnsperhost`, 'text', 'idle connections kept per server and worker; `-1`: none'],
  [`${SERVERS}.forwardingtimeouts.dialtimeout`, 'text', 'time to connect to a server, TLS handshake included'],
  [`${SERVERS}.forwardingtimeouts.responseheadertimeout`, 'text', 'time until a response begins'],
  [`${SERVERS}.forwardingtimeouts.idleconntimeout`, 'text', 'how long an idle connection to a server is kept'],
  ['core.defaultrulesyntax', 'text', 'syntax of rules whose router does not say: `v3` or `v2`'],
  ['configfile', 'text', 'YAML file with these options'],
  ['global.checknewversion global.sendanonymoususage', 'flag', 'nothing is ever asked for or sent'],
];

/** What acts, in the order of the reference. */
export const MAPPED_OPTIONS: readonly MappedRow[] = [
  ...ENTRYPOINTS,
  ...TIMEOUTS,
  ...PROVIDERS,
  ...CERTIFICATES,
  ...OTHERS,
];

function encoded(characters: readonly string[]): string {
  return characters.map((name) => `${EP}.http.encodedcharacters.allowencoded${name}`).join(' ');
}
