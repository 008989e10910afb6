import { describe, expect, test } from 'vitest';
import { parseStaticOptions } from '../../../src/config/parse-static-options.ts';
import { REMOVED_STATIC_OPTIONS } from '../../../src/config/removed-static-options.ts';
import { TRAEFIK_STATIC_OPTIONS } from '../../../src/config/traefik-static-options.ts';

const PEM = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
const BASE = ['--providers.docker', '--entrypoints.web.address=:80', '--entrypoints.websecure.address=:443'];

/** With the usual options beside it, so that it is judged alone. */
function judge(argv: readonly string[], hasBase = true) {
  const result = parseStaticOptions([...(hasBase ? BASE : []), ...argv], {}, () => PEM);
  return {
    problems: 'problems' in result ? result.problems : [],
    notices: result.notices,
    config: 'config' in result ? result.config : undefined,
  };
}

type Verdict = 'mapped' | 'notice' | 'refused';

const WEB = 'entrypoints.web';
const SECURE = 'entrypoints.websecure';
const LE = 'certificatesresolvers.le.acme';
const EAB = [`--${LE}.eab.kid=k`, `--${LE}.eab.hmacencoded=h`];

/** Every option of traefik-static.md sections 3 to 11: value, verdict, and what it needs beside it. */
const ROWS: readonly (readonly [option: string, value: string, verdict: Verdict, beside?: readonly string[]])[] = [
  // 3: entry points
  [`${WEB}.asdefault`, 'true', 'mapped'],
  [`${WEB}.allowacmebypass`, 'true', 'notice'],
  [`${WEB}.reuseport`, 'true', 'notice'],
  [`${WEB}.http.redirections.entrypoint.to`, 'websecure', 'mapped'],
  [`${WEB}.http.redirections.entrypoint.scheme`, 'https', 'mapped'],
  [`${WEB}.http.redirections.entrypoint.permanent`, 'false', 'mapped'],
  [`${WEB}.http.redirections.entrypoint.priority`, '10', 'mapped'],
  [`${WEB}.http.tls`, 'true', 'mapped'],
  [`${WEB}.http.tls.certresolver`, 'le', 'mapped'],
  [`${WEB}.http.tls.domains[0].main`, 'a.test', 'mapped'],
  [`${WEB}.http.tls.domains[0].sans`, 'b.test,c.test', 'mapped'],
  [`${WEB}.http.tls.options`, 'default', 'mapped'],
  [`${WEB}.http.tls.options`, 'modern@file', 'mapped'],
  [`${WEB}.http.middlewares`, 'auth@file', 'mapped'],
  [`${WEB}.http.encodequerysemicolons`, 'true', 'notice'],
  [`${WEB}.http.sanitizepath`, 'true', 'mapped'],
  [`${WEB}.http.sanitizepath`, 'false', 'refused'],
  ...['slash', 'semicolon', 'percent', 'questionmark', 'hash'].flatMap((name) => [
    [`${WEB}.http.encodedcharacters.allowencoded${name}`, 'true', 'mapped'] as const,
    [`${WEB}.http.encodedcharacters.allowencoded${name}`, 'false', 'refused'] as const,
  ]),
  ...['backslash', 'nullcharacter'].flatMap((name) => [
    [`${WEB}.http.encodedcharacters.allowencoded${name}`, 'true', 'notice'] as const,
    [`${WEB}.http.encodedcharacters.allowencoded${name}`, 'false', 'mapped'] as const,
  ]),
  [`${WEB}.http.maxheaderbytes`, '65536', 'mapped'],
  [`${WEB}.http.underscoreheadersstrategy`, 'delete', 'mapped'],
  [`${WEB}.http.underscoreheadersstrategy`, 'keep', 'notice'],
  [`${WEB}.http.underscoreheadersstrategy`, 'reject', 'notice'],
  [`${WEB}.http2.maxconcurrentstreams`, '250', 'notice'],
  [`${WEB}.http2.maxdecoderheadertablesize`, '4096', 'notice'],
  [`${WEB}.http2.maxencoderheadertablesize`, '4096', 'notice'],
  [`${WEB}.http3`, '', 'notice'],
  [`${WEB}.http3.advertisedport`, '443', 'notice'],
  [`${WEB}.forwardedheaders.insecure`, 'true', 'refused'],
  [`${WEB}.forwardedheaders.insecure`, 'true', 'mapped', [`--${SECURE}.forwardedheaders.insecure`]],
  [`${WEB}.forwardedheaders.trustedips`, '10.0.0.0/8', 'notice'],
  [
    `${WEB}.forwardedheaders.trustedips`,
    '10.0.0.0/8',
    'mapped',
    [`--${SECURE}.forwardedheaders.trustedips=10.0.0.0/8`],
  ],
  [`${WEB}.forwardedheaders.connection`, 'X-A', 'refused'],
  [`${WEB}.forwardedheaders.notappendxforwardedfor`, 'true', 'notice'],
  [`${WEB}.proxyprotocol.trustedips`, '10.0.0.1', 'notice'],
  [`${WEB}.proxyprotocol.insecure`, 'true', 'notice'],
  [`${WEB}.transport.respondingtimeouts.readtimeout`, '60s', 'notice'],
  [`${WEB}.transport.respondingtimeouts.writetimeout`, '60s', 'notice'],
  [`${WEB}.transport.respondingtimeouts.idletimeout`, '180s', 'mapped'],
  [`${WEB}.transport.lifecycle.requestacceptgracetimeout`, '5s', 'notice'],
  [`${WEB}.transport.lifecycle.gracetimeout`, '20s', 'mapped'],
  [`${WEB}.transport.keepalivemaxtime`, '1h', 'notice'],
  [`${WEB}.transport.keepalivemaxrequests`, '100', 'mapped'],
  [`${WEB}.udp.timeout`, '3s', 'notice'],
  ...['accesslogs', 'metrics', 'tracing', 'traceverbosity'].map(
    (name) => [`${WEB}.observability.${name}`, 'false', 'notice'] as const,
  ),
  // 5: Docker and Swarm
  ['providers.docker.exposedbydefault', 'false', 'mapped'],
  ['providers.docker.endpoint', 'tcp://socket-proxy:2375', 'mapped'],
  ['providers.docker.endpoint', 'ssh://host', 'refused'],
  ['providers.docker.network', 'edge', 'mapped'],
  ['providers.docker.watch', 'true', 'mapped'],
  ['providers.docker.watch', 'false', 'notice'],
  ['providers.docker.defaultrule', 'Host(`{{ .Name }}.test`)', 'mapped'],
  ['providers.docker.constraints', 'Label(`a`,`b`)', 'mapped'],
  ['providers.docker.usebindportip', 'true', 'mapped'],
  ['providers.docker.allowemptyservices', 'true', 'mapped'],
  ['providers.docker.allowemptyservices', 'false', 'notice'],
  ['providers.docker.httpclienttimeout', '10s', 'notice'],
  ['providers.docker.username', 'u', 'mapped', ['--providers.docker.password=p']],
  ['providers.docker.password', 'p', 'mapped', ['--providers.docker.username=u']],
  ['providers.docker.tls.ca', '/ca.pem', 'mapped'],
  ['providers.docker.tls.cert', '/cert.pem', 'mapped', ['--providers.docker.tls.key=/key.pem']],
  ['providers.docker.tls.key', '/key.pem', 'mapped', ['--providers.docker.tls.cert=/cert.pem']],
  ['providers.docker.tls.insecureskipverify', 'true', 'refused'],
  ['providers.docker.tls.insecureskipverify', 'false', 'mapped'],
  ['providers.swarm', 'true', 'refused'],
  ['providers.swarm.refreshseconds', '15', 'refused'],
  ['providers.providersthrottleduration', '2s', 'notice'],
  ['providers.precedence', 'docker,file', 'notice'],
  // 6: other providers
  ['providers.file.filename', '/etc/traefik/dynamic.yml', 'mapped'],
  ['providers.file.filename', '/etc/traefik/dynamic.toml', 'refused'],
  ['providers.file.directory', '/etc/traefik/dynamic', 'mapped'],
  ['providers.file.watch', 'true', 'mapped', ['--providers.file.directory=/d']],
  ['providers.http.endpoint', 'http://x', 'refused'],
  ['providers.redis.endpoints', 'x:1', 'refused'],
  ['providers.consul', 'true', 'refused'],
  ['providers.consulcatalog', 'true', 'refused'],
  ['providers.rest.insecure', 'true', 'refused'],
  ['providers.kubernetesingress', 'true', 'refused'],
  // 7: ACME
  [`${LE}.email`, 'a@a.test', 'mapped'],
  [`${LE}.storage`, '/letsencrypt/acme.json', 'mapped'],
  [`${LE}.caserver`, 'https://ca.test/dir', 'mapped'],
  [`${LE}.httpchallenge`, 'true', 'mapped'],
  [`${LE}.httpchallenge.entrypoint`, 'web', 'mapped'],
  [`${LE}.httpchallenge.delay`, '1s', 'notice'],
  [`${LE}.tlschallenge`, 'true', 'mapped', [`--${LE}.httpchallenge`]],
  [`${LE}.tlschallenge.delay`, '1s', 'notice'],
  [`${LE}.dnschallenge`, 'true', 'mapped'],
  [`${LE}.dnschallenge.provider`, 'cloudflare', 'notice'],
  [`${LE}.dnschallenge.resolvers`, '1.1.1.1:53', 'notice'],
  [`${LE}.dnschallenge.propagation.delaybeforechecks`, '1s', 'notice'],
  [`${LE}.dnschallenge.delaybeforecheck`, '1', 'notice'],
  [`${LE}.keytype`, 'EC256', 'mapped'],
  [`${LE}.eab.kid`, 'k', 'mapped', EAB],
  [`${LE}.eab.hmacencoded`, 'h', 'mapped', EAB],
  ...['preferredchain', 'certificatesduration', 'disablecommonname', 'emailaddresses', 'casystemcertpool'].map(
    (name) => [`${LE}.${name}`, '1', 'notice'] as const,
  ),
  [`${LE}.profile`, 'shortlived', 'mapped'],
  [`${LE}.cacertificates`, '/ca.pem', 'mapped'],
  ...['caservername', 'clienttimeout', 'clientresponseheadertimeout', 'certificatetimeout'].map(
    (name) => [`${LE}.${name}`, '1', 'notice'] as const,
  ),
  ['certificatesresolvers.ts.tailscale', 'true', 'refused'],
  // 8: API, dashboard, ping
  ['api', 'true', 'mapped'],
  ['api.dashboard', 'true', 'mapped'],
  ['api.insecure', 'true', 'mapped'],
  ['api.basepath', '/x', 'notice'],
  ['api.debug', 'true', 'notice'],
  ['api.disabledashboardad', 'true', 'notice'],
  ['api.dashboardname', 'x', 'notice'],
  ['ping', 'true', 'mapped'],
  ['ping.entrypoint', 'web', 'mapped'],
  ['ping.entrypoint', 'nowhere', 'refused'],
  ['ping.manualrouting', 'true', 'mapped'],
  ['ping.terminatingstatuscode', '204', 'notice'],
  // 9: logs
  ['log.level', 'WARN', 'mapped'],
  ['log.format', 'json', 'mapped'],
  ...['filepath', 'maxsize', 'maxage', 'maxbackups', 'compress', 'nocolor', 'otlp.http'].map(
    (name) => [`log.${name}`, '1', 'notice'] as const,
  ),
  ['accesslog', 'true', 'mapped'],
  ['accesslog.format', 'json', 'mapped'],
  ['accesslog.format', 'genericCLF', 'mapped'],
  ...[
    'filepath',
    'bufferingsize',
    'filters.statuscodes',
    'filters.retryattempts',
    'filters.minduration',
    'fields.defaultmode',
    'fields.names.ClientHost',
    'fields.headers.defaultmode',
    'fields.headers.names.User-Agent',
    'fields.queryparameters.defaultmode',
    'addinternals',
    'otlp.http.endpoint',
  ].map((name) => [`accesslog.${name}`, '1', 'notice'] as const),
  // 10: metrics, tracing
  ...[
    'metrics.prometheus',
    'metrics.prometheus.entrypoint',
    'metrics.prometheus.buckets',
    'metrics.prometheus.addentrypointslabels',
    'metrics.prometheus.manualrouting',
    'metrics.prometheus.headerlabels.host',
    'metrics.addinternals',
    'metrics.otlp.http.endpoint',
    'metrics.datadog.address',
    'metrics.statsd.address',
    'metrics.influxdb2.address',
    'tracing',
    'tracing.servicename',
    'tracing.samplerate',
    'tracing.otlp.http.endpoint',
    'tracing.otlp.grpc.insecure',
    'tracing.capturedrequestheaders',
    'tracing.resourceattributes.a',
  ].map((name) => [name, '1', 'notice'] as const),
  // 11: transports, TLS, the rest
  ['serverstransport.insecureskipverify', 'true', 'notice'],
  ['serverstransport.rootcas', '/ca.pem', 'mapped'],
  ['serverstransport.maxidleconnsperhost', '7', 'mapped'],
  ['serverstransport.forwardingtimeouts.dialtimeout', '5s', 'mapped'],
  ['serverstransport.forwardingtimeouts.responseheadertimeout', '5s', 'mapped'],
  ['serverstransport.forwardingtimeouts.idleconntimeout', '5s', 'mapped'],
  ['serverstransport.spiffe.ids', 'a', 'refused'],
  ['tcpserverstransport.dialtimeout', '5s', 'notice'],
  ['tcpserverstransport.tls.insecureskipverify', 'true', 'notice'],
  ['global.checknewversion', 'false', 'mapped'],
  ['global.sendanonymoususage', 'false', 'mapped'],
  ['core.defaultrulesyntax', 'v3', 'mapped'],
  ['core.defaultrulesyntax', 'v2', 'mapped'],
  ['core.defaultrulesyntax', 'v1', 'refused'],
  ['hostresolver.cnameflattening', 'true', 'refused'],
  ['hostresolver.resolvconfig', '/etc/resolv.conf', 'refused'],
  ['experimental.plugins.x.modulename', 'github.com/a/b', 'notice'],
  ['experimental.plugins.x.settings.a', 'b', 'notice'],
  ['experimental.localplugins.x.modulename', 'github.com/a/b', 'notice'],
  ['experimental.fastproxy', 'true', 'notice'],
  ['experimental.kubernetesgateway', 'true', 'notice'],
  ['experimental.otlplogs', 'true', 'notice'],
  ['ocsp', 'true', 'notice'],
  ['spiffe.workloadapiaddr', 'x', 'refused'],
];

describe('every option of the reference is mapped, accepted with a notice, or refused with a reason', () => {
  test.for(ROWS)('%s=%s: %s', ([option, value, verdict, beside = []]) => {
    const flag = value === '' ? `--${option}` : `--${option}=${value}`;
    const { problems, notices } = judge([...beside, flag]);
    const about = (list: readonly string[]) =>
      list.filter((text) => text.startsWith(`--${option}:`) || text.includes(value));
    expect(problems.join()).not.toContain('no such option');
    expect(problems.length > 0).toBe(verdict === 'refused');
    if (verdict === 'refused') expect(about(problems)).not.toEqual([]);
    else expect(about(notices).length > 0).toBe(verdict === 'notice');
  });

  test('whatever the table has is judged by one of the rows, or by its kind', () => {
    const tops = new Set(ROWS.map(([option]) => option.split('.')[0]));
    const unseen = TRAEFIK_STATIC_OPTIONS.map(({ path }) => path.split('.')[0]!).filter((top) => !tops.has(top));
    expect([...new Set(unseen)]).toEqual(['configfile']);
  });

  test('each says what becomes of it, or why', () => {
    expect(TRAEFIK_STATIC_OPTIONS.filter(({ reason }) => reason === '')).toEqual([]);
  });

  test('each stands there once', () => {
    const paths = TRAEFIK_STATIC_OPTIONS.map(({ path }) => path);
    expect(new Set(paths).size).toBe(paths.length);
  });
});

describe('options of older versions come with a translation', () => {
  test.for([
    ['--entryPoints=Name:http Address::80', 'write --entrypoints.http.address=:80 instead'],
    ['--entrypoints=Name:https Address::443 TLS', 'write --entrypoints.https.address=:443 instead'],
    ['--docker', 'is --providers.docker today'],
    ['--docker.domain=a.test', '--providers.docker.defaultrule'],
    ['--docker.exposedbydefault=false', 'write --providers.docker.exposedbydefault instead'],
    ['--acme.email=a@a.test', 'write --certificatesresolvers.NAME.acme.email instead'],
    ['--acme.domains=a.test', 'write --entrypoints.NAME.http.tls.domains[0].main instead'],
    ['--web', 'Traefik v1; write --api and --ping instead'],
    ['--logLevel=DEBUG', 'write --log.level instead'],
    ['--api.entrypoint=traefik', '--api.insecure'],
    ['--insecureSkipVerify', 'write --serverstransport.insecureskipverify instead'],
    ['--pilot.token=x', 'Traefik v2; it is gone'],
    ['--experimental.http3', 'Traefik v2; write --entrypoints.NAME.http3 instead'],
    ['--providers.docker.swarmmode', 'Traefik v2; Swarm is not supported'],
    ['--providers.docker.tls.caoptional', 'Traefik v2'],
    ['--providers.marathon', 'Traefik v2'],
    ['--providers.rancher.watch', 'Traefik v2'],
    ['--providers.consul.namespace=a', 'write --providers.consul.namespaces instead'],
    ['--tracing.jaeger.samplingparam=1', 'Traefik v2; write --tracing.otlp instead'],
    ['--tracing.spannamelimit=1', 'Traefik v2'],
    ['--metrics.influxdb.address=x', 'Traefik v2'],
  ] as const)('%s', ([flag, fix]) => {
    expect(judge([flag], false).problems).toContainEqual(expect.stringContaining(fix));
  });

  test('each of them is an error', () => {
    for (const { path } of REMOVED_STATIC_OPTIONS) {
      const flag = `--${path.replace('**', 'x')}`;
      expect([flag, judge([flag], false).problems.join()]).toEqual([flag, expect.stringMatching(/of Traefik v[12]/)]);
    }
  });

  test('in a variable and in a file, too', () => {
    const { problems } = {
      problems: [],
      ...parseStaticOptions([], { TRAEFIK_PROVIDERS_DOCKER_SWARMMODE: 'true' }, () => ''),
    };
    expect(problems).toEqual([
      expect.stringContaining('TRAEFIK_PROVIDERS_DOCKER_SWARMMODE: this is an option of Traefik v2'),
    ]);
    const file = parseStaticOptions(['--configfile=/t.yml'], {}, (path) =>
      path === '/t.yml' ? 'pilot: {token: x}' : '',
    );
    expect(file).toMatchObject({ problems: [expect.stringContaining('pilot.token in /t.yml: this is an option of')] });
  });
});
