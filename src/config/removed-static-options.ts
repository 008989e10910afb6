import { parseListenAddress } from './listen-address.ts';
import { buildOptionTree, findOption } from './option-tree.ts';

export interface RemovedOption {
  readonly path: string;
  readonly version: 1 | 2;
  /** What to write instead. */
  readonly instead: string;
}

const LE = '--certificatesresolvers.NAME.acme';
const TIMEOUTS = '--entrypoints.NAME.transport.respondingtimeouts';

/** Options of Traefik v1 and v2 that v3 does not have: version, paths, what to write instead (traefik-static.md section 12). */
const ROWS: readonly (readonly [version: 1 | 2, paths: string, instead: string])[] = [
  [1, 'entrypoints', '--entrypoints.NAME.address=:80'],
  [1, 'defaultentrypoints', '--entrypoints.NAME.asdefault'],
  [1, 'docker.endpoint', '--providers.docker.endpoint'],
  [1, 'docker.exposedbydefault', '--providers.docker.exposedbydefault'],
  [1, 'docker.network', '--providers.docker.network'],
  [1, 'docker.watch', '--providers.docker'],
  [1, 'docker.usebindportip', '--providers.docker.usebindportip'],
  [1, 'docker.constraints constraints', '--providers.docker.constraints'],
  [1, 'docker.domain', '--providers.docker.defaultrule=Host(`{{ .Name }}.DOMAIN`)'],
  [1, 'docker.swarmmode', 'nothing: Swarm is not supported'],
  [1, 'docker.tls.**', '--providers.docker.tls.ca, .cert and .key'],
  [1, 'file.filename', '--providers.file.filename'],
  [1, 'file.directory', '--providers.file.directory'],
  [1, 'file.watch', '--providers.file.watch'],
  [1, 'acme', LE],
  [1, 'acme.email', `${LE}.email`],
  [1, 'acme.storage', `${LE}.storage`],
  [1, 'acme.caserver', `${LE}.caserver`],
  [1, 'acme.keytype', `${LE}.keytype`],
  [1, 'acme.entrypoint acme.httpchallenge acme.httpchallenge.entrypoint', `${LE}.httpchallenge.entrypoint`],
  [1, 'acme.tlschallenge', `${LE}.tlschallenge`],
  [1, 'acme.dnschallenge acme.dnschallenge.** acme.dnsprovider acme.delaydontcheckdns', `${LE}.dnschallenge.provider`],
  [1, 'acme.onhostrule acme.ondemand acme.acmelogging', `${LE}, and a resolver for each router (tls.certresolver)`],
  [1, 'acme.domains acme.domains.**', '--entrypoints.NAME.http.tls.domains[0].main'],
  [1, 'web web.**', '--api and --ping'],
  [1, 'api.entrypoint api.statistics api.statistics.**', '--api.insecure, or a router to api@internal'],
  [1, 'loglevel', '--log.level'],
  [1, 'debug', '--log.level=DEBUG'],
  [1, 'traefiklog traefiklog.filepath', '--log.filepath'],
  [1, 'traefiklog.format', '--log.format'],
  [1, 'accesslogsfile', '--accesslog.filepath'],
  [1, 'checknewversion', '--global.checknewversion'],
  [1, 'sendanonymoususage', '--global.sendanonymoususage'],
  [1, 'insecureskipverify', '--serverstransport.insecureskipverify'],
  [1, 'rootcas', '--serverstransport.rootcas'],
  [1, 'maxidleconnsperhost', '--serverstransport.maxidleconnsperhost'],
  [1, 'forwardingtimeouts.dialtimeout', '--serverstransport.forwardingtimeouts.dialtimeout'],
  [1, 'forwardingtimeouts.responseheadertimeout', '--serverstransport.forwardingtimeouts.responseheadertimeout'],
  [1, 'respondingtimeouts.readtimeout', `${TIMEOUTS}.readtimeout`],
  [1, 'respondingtimeouts.writetimeout', `${TIMEOUTS}.writetimeout`],
  [1, 'respondingtimeouts.idletimeout idletimeout', `${TIMEOUTS}.idletimeout`],
  [1, 'lifecycle.gracetimeout gracetimeout', '--entrypoints.NAME.transport.lifecycle.gracetimeout'],
  [1, 'lifecycle.requestacceptgracetimeout', '--entrypoints.NAME.transport.lifecycle.requestacceptgracetimeout'],
  [1, 'retry retry.**', 'a retry middleware'],
  [1, 'healthcheck.**', 'labels of each service (loadbalancer.healthcheck)'],
  [1, 'providersthrottleduration', '--providers.providersthrottleduration'],
  [1, 'keeptrailingslash cluster.** storeconfig.**', 'nothing: it is gone'],
  [2, 'pilot pilot.**', 'nothing: it is gone'],
  [2, 'experimental.http3', '--entrypoints.NAME.http3'],
  [2, 'providers.docker.swarmmode', 'nothing: Swarm is not supported'],
  [2, 'providers.docker.swarmmoderefreshseconds', 'nothing: Swarm is not supported'],
  [2, 'providers.docker.tls.caoptional', 'nothing: the CA is always checked'],
  [2, 'providers.marathon providers.marathon.**', 'nothing: it is gone'],
  [2, 'providers.rancher providers.rancher.**', 'nothing: it is gone'],
  [2, 'providers.consul.namespace', '--providers.consul.namespaces'],
  [2, 'providers.consulcatalog.namespace', '--providers.consulcatalog.namespaces'],
  [2, 'providers.nomad.namespace', '--providers.nomad.namespaces'],
  [2, 'tracing.spannamelimit', 'nothing: it is gone'],
  [
    2,
    `tracing.jaeger tracing.jaeger.** tracing.zipkin tracing.zipkin.** tracing.datadog tracing.datadog.** tracing.instana
    tracing.instana.** tracing.haystack tracing.haystack.** tracing.elastic tracing.elastic.**`,
    '--tracing.otlp',
  ],
  [2, 'metrics.influxdb metrics.influxdb.**', '--metrics.influxdb2 or --metrics.otlp'],
];

/** Every removed option. */
export const REMOVED_STATIC_OPTIONS: readonly RemovedOption[] = ROWS.flatMap(([version, paths, instead]) =>
  paths.split(/\s+/).map((path) => ({ path, version, instead })),
);

const TREE = buildOptionTree(REMOVED_STATIC_OPTIONS, ({ path }) => [path]);

/** What to write for an option that only older versions of Traefik have; undefined: they have none of this name. */
export function translateRemoved(path: string, text: string | undefined): string | undefined {
  const found = findOption(TREE, path.split('.'));
  if (found === undefined) return undefined;
  const { version, instead } = found.row;
  const entrypoint = found.row.path === 'entrypoints' ? entrypointOfV1(text ?? '') : undefined;
  const words = entrypoint ?? instead;
  const fix = words.startsWith('nothing: ') ? words.slice('nothing: '.length) : `write ${words} instead`;
  return `this is an option of Traefik v${version}; ${fix}`;
}

/** `Name:http Address::80` as the flag of today. */
function entrypointOfV1(text: string): string | undefined {
  const name = /\bname:(\S+)/i.exec(text)?.[1];
  const address = /\baddress:(\S+)/i.exec(text)?.[1];
  if (name === undefined || address === undefined || parseListenAddress(address) === undefined) return undefined;
  return `--entrypoints.${name}.address=${address}`;
}
