import { buildOptionTree, type OptionTree } from './option-tree.ts';

/**
 * A static option of Traefik. `acts`: we map it. `harmless`: accepted with a notice, nothing a visitor could tell changes
 * for the worse. `refused`: leaving it out would change who gets what, so the start fails.
 */
export interface TraefikStaticOption {
  readonly path: string;
  /** `any`: a value may follow or not. */
  readonly type: 'text' | 'list' | 'flag' | 'any';
  readonly acts: 'yes' | 'harmless' | 'refused';
  /** Why it is refused, or what holds instead. */
  readonly reason: string;
}

type Row = readonly [paths: string, type: TraefikStaticOption['type']];

const EP = 'entrypoints.<entrypoint>';
const ACME = 'certificatesresolvers.<resolver>.acme';

const ACTED: readonly Row[] = [
  [
    `providers.docker providers.docker.exposedbydefault providers.docker.watch api api.dashboard api.insecure ping
    serverstransport.insecureskipverify
    accesslog ${EP}.asdefault ${EP}.http.redirections.entrypoint.permanent ${EP}.http.tls ${EP}.forwardedheaders.insecure
    ${EP}.proxyprotocol ${EP}.proxyprotocol.insecure ${ACME}.httpchallenge ${ACME}.tlschallenge
    global.checknewversion global.sendanonymoususage`,
    'flag',
  ],
  [
    `providers.docker.endpoint providers.docker.network ${EP}.address ${EP}.http.redirections.entrypoint.to
    ${EP}.http.redirections.entrypoint.scheme ${EP}.http.tls.certresolver ${EP}.http.tls.domains[n].main
    ${ACME}.email ${ACME}.storage ${ACME}.caserver ${ACME}.httpchallenge.entrypoint ${ACME}.keytype ${ACME}.eab.kid
    ${ACME}.eab.hmacencoded ${ACME}.profile ${ACME}.cacertificates log.level log.format accesslog.format configfile
    serverstransport.maxidleconnsperhost serverstransport.forwardingtimeouts.dialtimeout
    serverstransport.forwardingtimeouts.responseheadertimeout serverstransport.forwardingtimeouts.idleconntimeout`,
    'text',
  ],
  [
    `serverstransport.rootcas ${EP}.forwardedheaders.trustedips ${EP}.proxyprotocol.trustedips ${EP}.http.middlewares
    ${EP}.http.tls.domains[n].sans`,
    'list',
  ],
];

const API = `api.basepath api.debug api.disabledashboardad api.dashboardname ping.entrypoint ping.manualrouting
  ping.terminatingstatuscode`;

const LOGS = `log.filepath log.maxsize log.maxage log.maxbackups log.compress log.nocolor log.otlp.** accesslog.filepath
  accesslog.bufferingsize accesslog.filters.** accesslog.fields.** accesslog.addinternals accesslog.otlp.**`;

const OTHER_PROVIDERS = `http redis consul consulcatalog etcd zookeeper nomad ecs rest knative kubernetesingress
  kubernetescrd kubernetesgateway kubernetesingressnginx marathon rancher plugin`;

/** Accepted with a notice: reason, then paths. */
const HARMLESS: readonly (readonly [reason: string, paths: string])[] = [
  [
    'our own limits and time-outs hold',
    `${EP}.transport.respondingtimeouts.readtimeout ${EP}.transport.respondingtimeouts.writetimeout
    ${EP}.transport.respondingtimeouts.idletimeout ${EP}.transport.lifecycle.requestacceptgracetimeout
    ${EP}.transport.lifecycle.gracetimeout ${EP}.transport.keepalivemaxtime ${EP}.transport.keepalivemaxrequests
    ${EP}.http.maxheaderbytes ${EP}.http2.maxconcurrentstreams ${EP}.http2.maxdecoderheadertablesize
    ${EP}.http2.maxencoderheadertablesize ${EP}.udp.timeout ${EP}.http.encodequerysemicolons
    providers.providersthrottleduration providers.precedence providers.docker.httpclienttimeout
    tcpserverstransport.**`,
  ],
  ['HTTP/3 is not offered', `${EP}.http3 ${EP}.http3.** experimental.http3`],
  ['it is always so here', `${EP}.reuseport ${EP}.allowacmebypass providers.docker.allowemptyservices`],
  ['nothing is reported there', `${EP}.observability.** metrics metrics.** tracing tracing.** ocsp ocsp.**`],
  ['fields with underscores are always deleted', `${EP}.http.underscoreheadersstrategy`],
  ['forwarding fields are always appended', `${EP}.forwardedheaders.notappendxforwardedfor`],
  ['the dashboard is at the address of --admin', API],
  ['logs go to standard output', LOGS],
  [
    'certificates are obtained by HTTP-01 or TLS-ALPN-01; wildcards stay with the local authority',
    `${ACME}.dnschallenge ${ACME}.dnschallenge.**`,
  ],
  [
    'our own schedule and chains hold',
    `${ACME}.preferredchain ${ACME}.certificatesduration ${ACME}.disablecommonname ${ACME}.emailaddresses
    ${ACME}.casystemcertpool ${ACME}.caservername ${ACME}.clienttimeout ${ACME}.clientresponseheadertimeout
    ${ACME}.certificatetimeout ${ACME}.httpchallenge.delay ${ACME}.tlschallenge.delay`,
  ],
  ['routers that use a plugin do not serve', 'experimental.plugins.** experimental.localplugins.**'],
  ['there is one data path', 'experimental.fastproxy experimental.fastproxy.**'],
  ['it has no effect', 'experimental.otlplogs'],
];

/** They end the start: fix, then paths. */
const REFUSED: readonly (readonly [reason: string, paths: string])[] = [
  ['name hosts by label, or use --domain', 'providers.docker.defaultrule'],
  ['hide containers with sluice.enable=false', 'providers.docker.constraints'],
  ['the router uses the addresses of containers', 'providers.docker.usebindportip'],
  [
    'use --docker and --docker-cert-path',
    'providers.docker.tls providers.docker.tls.** providers.docker.username providers.docker.password',
  ],
  ['Swarm is not supported', 'providers.swarm providers.swarm.** providers.docker.swarmmode'],
  ['write the services in a file for --file', 'providers.file providers.file.**'],
  [
    'only Docker and --file are supported',
    words(OTHER_PROVIDERS)
      .map((name) => `providers.${name} providers.${name}.**`)
      .join(' '),
  ],
  ['paths are always cleaned', `${EP}.http.sanitizepath`],
  ['our own rules for encoded characters hold', `${EP}.http.encodedcharacters.**`],
  ['TLS options are not supported', `${EP}.http.tls.options`],
  ['an entrypoint redirect always comes first', `${EP}.http.redirections.entrypoint.priority`],
  ['the Connection field is always removed', `${EP}.forwardedheaders.connection`],
  ['write rules in v3 syntax', 'core.defaultrulesyntax'],
  ['CNAMEs are not followed', 'hostresolver hostresolver.**'],
  ['use --acme-ca', 'certificatesresolvers.<resolver>.tailscale certificatesresolvers.<resolver>.tailscale.**'],
  ['SPIFFE is not supported', 'spiffe spiffe.** serverstransport.spiffe serverstransport.spiffe.**'],
  ['it was removed in Traefik v3', 'pilot pilot.**'],
];

/** Every static option of Traefik v3 that we know, indexed by path (traefik-static.md). */
export const TRAEFIK_STATIC_TREE: OptionTree<TraefikStaticOption> = buildOptionTree(
  [
    ...ACTED.flatMap(([paths, type]) => rows(paths, type, 'yes', '')),
    ...HARMLESS.flatMap(([reason, paths]) => rows(paths, 'any', 'harmless', reason)),
    ...REFUSED.flatMap(([reason, paths]) => rows(paths, 'any', 'refused', reason)),
  ],
  ({ path }) => [path],
);

function rows(
  paths: string,
  type: TraefikStaticOption['type'],
  acts: TraefikStaticOption['acts'],
  reason: string,
): readonly TraefikStaticOption[] {
  return words(paths).map((path) => ({ path, type, acts, reason }));
}

function words(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
