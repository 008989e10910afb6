import { buildOptionTree, type OptionTree } from './option-tree.ts';
import { MAPPED_OPTIONS } from './traefik-mapped-options.ts';

/**
 * A static option of Traefik. `acts`: we map it. `harmless`: accepted with a notice, nothing a visitor could tell changes
 * for the worse. `refused`: leaving it out would change who gets what, so the start fails.
 */
export interface TraefikStaticOption {
  readonly path: string;
  /** `any`: a value may follow or not. */
  readonly type: 'text' | 'list' | 'flag' | 'any';
  readonly acts: 'yes' | 'harmless' | 'refused';
  /** What it becomes here, what holds instead, or why it is refused. */
  readonly reason: string;
}

const EP = 'entrypoints.<entrypoint>';
const ACME = 'certificatesresolvers.<resolver>.acme';

const LOG_FILES = `log.filepath log.maxsize log.maxage log.maxbackups log.compress log.nocolor log.otlp log.otlp.**`;

const ACCESS_LOG = `accesslog.bufferingsize accesslog.filters.** accesslog.fields.** accesslog.addinternals accesslog.otlp
  accesslog.otlp.** accesslog.dualoutput`;

const OTHER_PROVIDERS = `http redis consul consulcatalog etcd zookeeper nomad ecs rest knative kubernetesingress
  kubernetescrd kubernetesgateway kubernetesingressnginx plugin`;

/** Accepted with a notice: what holds instead, then paths. */
const HARMLESS: readonly (readonly [reason: string, paths: string])[] = [
  ['listeners close at once when a stop begins', `${EP}.transport.lifecycle.requestacceptgracetimeout`],
  ['connections end by idle time and number of requests', `${EP}.transport.keepalivemaxtime`],
  ['HTTP/2 has no settings here', `${EP}.http2.**`],
  ['HTTP/3 is not offered', `${EP}.http3 ${EP}.http3.**`],
  ['there are no UDP entrypoints', `${EP}.udp.timeout`],
  ['a query is passed on as it came', `${EP}.http.encodequerysemicolons`],
  ['changes are applied at once, and a burst of them as one', 'providers.providersthrottleduration'],
  ['of two routers that claim the same, the older one has precedence', 'providers.precedence'],
  ['the engine is called with time-outs of ours', 'providers.docker.httpclienttimeout'],
  ['TCP services have no settings yet', 'tcpserverstransport tcpserverstransport.**'],
  ['it is always so here', `${EP}.reuseport ${EP}.allowacmebypass`],
  [
    'nothing is reported there',
    `${EP}.observability.** metrics metrics.** tracing tracing.** ocsp ocsp.** experimental.otlplogs`,
  ],
  ['forwarding fields are always appended', `${EP}.forwardedheaders.notappendxforwardedfor`],
  [
    'the API has one place and one form here',
    'api.basepath api.debug api.disabledashboardad api.dashboardname ping.terminatingstatuscode',
  ],
  ['the log goes to standard output; the engine of the container keeps it and rotates it', LOG_FILES],
  ['the access log goes to standard output', 'accesslog.filepath'],
  ['the access log has every request, with the same fields', ACCESS_LOG],
  ['our own look at the authoritative servers holds', `${ACME}.dnschallenge.**`],
  [
    'our own schedule and chains hold',
    `${ACME}.preferredchain ${ACME}.certificatesduration ${ACME}.disablecommonname ${ACME}.emailaddresses
    ${ACME}.casystemcertpool ${ACME}.caservername ${ACME}.clienttimeout ${ACME}.clientresponseheadertimeout
    ${ACME}.certificatetimeout ${ACME}.httpchallenge.delay ${ACME}.tlschallenge.delay`,
  ],
  ['routers that use a plugin do not serve', 'experimental.plugins.** experimental.localplugins.**'],
  ['there is one data path', 'experimental.fastproxy experimental.fastproxy.**'],
  ['it has no effect', 'log global core experimental experimental.** serverstransport'],
];

/** They end the start: fix, then paths. */
const REFUSED: readonly (readonly [reason: string, paths: string])[] = [
  ['Swarm is not supported', 'providers.swarm providers.swarm.**'],
  [
    'only Docker and files are supported; write the services in a file for --providers.file.filename',
    words(OTHER_PROVIDERS)
      .map((name) => `providers.${name} providers.${name}.**`)
      .join(' '),
  ],
  ['the Connection field is always removed', `${EP}.forwardedheaders.connection`],
  ['CNAMEs are not followed', 'hostresolver hostresolver.**'],
  ['use --acme-ca', 'certificatesresolvers.<resolver>.tailscale certificatesresolvers.<resolver>.tailscale.**'],
  ['SPIFFE is not supported', 'spiffe spiffe.** serverstransport.spiffe serverstransport.spiffe.**'],
];

/** Every static option of Traefik v3 that we know (traefik-static.md). */
export const TRAEFIK_STATIC_OPTIONS: readonly TraefikStaticOption[] = [
  ...MAPPED_OPTIONS.flatMap(([paths, type, meaning]) => rows(paths, type, 'yes', meaning)),
  ...HARMLESS.flatMap(([reason, paths]) => rows(paths, 'any', 'harmless', reason)),
  ...REFUSED.flatMap(([reason, paths]) => rows(paths, 'any', 'refused', reason)),
];

/** The same, indexed by path. */
export const TRAEFIK_STATIC_TREE: OptionTree<TraefikStaticOption> = buildOptionTree(
  TRAEFIK_STATIC_OPTIONS,
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
