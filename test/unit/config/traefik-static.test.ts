import { describe, expect, test } from 'vitest';
import { parseStaticOptions } from '../../../src/config/parse-static-options.ts';

function parse(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const facts = { cores: 1, isTerminal: false, dataDir: '/data' };
  return parseStaticOptions(argv, env, () => '', facts);
}

const WEB = '--entrypoints.web.address=:80';
const SECURE = '--entrypoints.websecure.address=:443';
const REDIRECT = '--entrypoints.web.http.redirections.entrypoint';
const LE = '--certificatesresolvers.le.acme';

describe('mapped options', () => {
  test.for<{ argv: string[]; part: object }>([
    {
      argv: ['--providers.docker'],
      part: {
        mode: 'traefik',
        entrypoints: [{ name: 'http', addresses: [{ host: undefined, port: 80 }], transport: 'auto' }],
        docker: { endpoint: 'unix:///var/run/docker.sock', exposedByDefault: true },
        resolvers: [],
      },
    },
    {
      argv: ['--PROVIDERS.Docker=true', '--providers.docker.exposedByDefault=false'],
      part: { docker: { exposedByDefault: false } },
    },
    { argv: ['--providers.docker.exposedbydefault=false'], part: { docker: { exposedByDefault: false } } },
    { argv: ['--providers.docker=false'], part: { docker: undefined } },
    { argv: ['--log.level=DEBUG'], part: { docker: undefined, logLevel: 'debug' } },
    { argv: ['--log.level=PANIC', '--log.format=common'], part: { logLevel: 'fatal', logFormat: 'pretty' } },
    { argv: ['--providers.docker.endpoint=tcp://p:2375'], part: { docker: { endpoint: 'tcp://p:2375' } } },
    {
      argv: ['--providers.docker.network=edge', '--providers.docker.watch=true'],
      part: { docker: { network: 'edge' } },
    },
    {
      argv: ['--entrypoints.web.address', ':8080'],
      part: { entrypoints: [{ name: 'web', addresses: [{ port: 8080 }] }] },
    },
    {
      argv: ['--entrypoints.Web.address=127.0.0.1:80/tcp'],
      part: { entrypoints: [{ name: 'Web', addresses: [{ host: '127.0.0.1' }] }] },
    },
    {
      argv: [WEB, SECURE, `${REDIRECT}.to=websecure`],
      part: {
        entrypoints: [{ redirect: { scheme: 'https', port: undefined, permanent: true } }, { redirect: undefined }],
      },
    },
    {
      argv: [WEB, '--entrypoints.websecure.address=:8443', `${REDIRECT}.to=websecure`, `${REDIRECT}.permanent=false`],
      part: { entrypoints: [{ redirect: { scheme: 'https', port: 8443, permanent: false } }, {}] },
    },
    {
      argv: [WEB, `${REDIRECT}.to=:443`, `${REDIRECT}.scheme=https`],
      part: { entrypoints: [{ redirect: { port: undefined } }] },
    },
    {
      argv: [WEB, '--entrypoints.web.forwardedheaders.trustedips=10.0.0.0/8,::1'],
      part: { trustedProxies: ['10.0.0.0/8', '::1'] },
    },
    { argv: [WEB, '--entrypoints.web.forwardedheaders.insecure'], part: { trustedProxies: ['0.0.0.0/0', '::/0'] } },
    {
      argv: [WEB, SECURE, '--entrypoints.web.proxyprotocol.trustedips=10.0.0.0/8, ::1'],
      part: { entrypoints: [{ proxyProtocol: ['10.0.0.0/8', '::1'] }, { name: 'websecure' }], trustedProxies: [] },
    },
    {
      argv: [WEB, '--entrypoints.web.proxyprotocol.insecure', '--entrypoints.web.proxyprotocol.trustedips=10.0.0.1'],
      part: { entrypoints: [{ proxyProtocol: ['0.0.0.0/0', '::/0'] }] },
    },
    {
      argv: [WEB, SECURE, '--entrypoints.web.proxyprotocol.trustedips=10.0.0.1', '--proxy-protocol=10.0.0.2'],
      part: { entrypoints: [{ proxyProtocol: ['10.0.0.2'] }, { proxyProtocol: ['10.0.0.2'] }] },
    },
    {
      argv: [SECURE, '--entrypoints.websecure.http.tls.certresolver=le', '--entrypoints.websecure.asdefault'],
      part: { entrypoints: [{ defaults: { tls: { resolver: 'le', domains: [] }, middlewares: [], isDefault: true } }] },
    },
    {
      argv: [SECURE, '--entrypoints.websecure.http.tls', '--entrypoints.websecure.http.middlewares=a@docker,b@docker'],
      part: { entrypoints: [{ defaults: { tls: { resolver: undefined }, middlewares: ['a@docker', 'b@docker'] } }] },
    },
    {
      argv: [`${LE}.email=a@example.com`, `${LE}.storage=/letsencrypt/acme.json`, `${LE}.tlschallenge`],
      part: {
        resolvers: ['le'],
        dataDir: '/letsencrypt/sluice',
        acme: { email: 'a@example.com', challenges: ['tls-alpn-01'] },
      },
    },
    { argv: [`${LE}.storage=acme.json`], part: { dataDir: './sluice' } },
    { argv: [`${LE}.storage=/a/acme.json`, '--data=/b'], part: { dataDir: '/b' } },
    {
      argv: [WEB, `${LE}.httpchallenge.entrypoint=web`, `${LE}.tlschallenge=true`],
      part: { acme: { challenges: ['http-01', 'tls-alpn-01'] } },
    },
    { argv: [`${LE}.dnschallenge.provider=cloudflare`], part: { acme: { challenges: ['http-01', 'tls-alpn-01'] } } },
    {
      argv: [`${LE}.caserver=https://pebble:14000/dir`, '--acme-ca-root=/pebble.pem'],
      part: { acme: { directories: ['https://pebble:14000/dir'], customDirectory: true, caRootFile: '/pebble.pem' } },
    },
    { argv: [`${LE}.keytype=EC384`], part: { acme: { keyType: 'ec384' } } },
    { argv: [`${LE}.keytype=RSA4096`], part: { acme: { keyType: 'rsa4096' } } },
    {
      argv: [`${LE}.eab.kid=k`, `${LE}.eab.hmacencoded=h`, `${LE}.profile=p`],
      part: { acme: { eab: { kid: 'k' }, profile: 'p' } },
    },
    { argv: ['--api.insecure=true'], part: { admin: { host: undefined, port: 8080 } } },
    {
      argv: ['--api.insecure', '--entrypoints.traefik.address=:9000', WEB],
      part: { admin: { port: 9000 }, entrypoints: [{ name: 'web' }] },
    },
    {
      argv: ['--api', '--api.dashboard=true'],
      part: {
        admin: { host: '127.0.0.1', port: 8090 },
        entrypoints: [{ name: 'http' }],
        internalServices: { api: true, dashboard: true, ping: false, pingEntrypoint: undefined },
      },
    },
    { argv: ['--api.dashboard=false', '--api'], part: { internalServices: { api: true, dashboard: false } } },
    {
      argv: [WEB, '--ping'],
      part: {
        admin: { host: '127.0.0.1', port: 8090 },
        entrypoints: [{ name: 'web' }, { name: 'traefik', addresses: [{ host: undefined, port: 8080 }] }],
        internalServices: { api: false, dashboard: false, ping: true, pingEntrypoint: 'traefik' },
      },
    },
    {
      argv: [WEB, '--ping.entrypoint=web'],
      part: { entrypoints: [{ name: 'web' }], internalServices: { pingEntrypoint: 'web' } },
    },
    {
      argv: [WEB, '--ping', '--entrypoints.traefik.address=:9000'],
      part: { entrypoints: [{ name: 'web' }, { name: 'traefik', addresses: [{ port: 9000 }] }] },
    },
    {
      argv: [WEB, '--ping', '--ping.manualrouting'],
      part: { entrypoints: [{ name: 'web' }], internalServices: { ping: true, pingEntrypoint: undefined } },
    },
    {
      argv: [WEB, '--ping', '--api.insecure'],
      part: {
        admin: { host: undefined, port: 8080 },
        entrypoints: [{ name: 'web' }],
        internalServices: { api: true, ping: true, pingEntrypoint: undefined },
      },
    },
    {
      argv: [WEB, '--ping.entrypoint=web', '--api.insecure'],
      part: { admin: { port: 8080 }, internalServices: { pingEntrypoint: 'web' } },
    },
    {
      argv: ['--providers.docker.constraints=!Label(`a`,`b`)', '--providers.docker.useBindPortIP=true'],
      part: { docker: { constraint: { kind: 'not' }, useBindPortIp: true } },
    },
    {
      argv: ['--providers.docker.defaultRule=Host(`{{ .Name }}.{{ env "DOMAIN" }}`)'],
      part: { docker: { defaultRule: { env: { DOMAIN: '' } } } },
    },
    {
      argv: ['--providers.docker.tls.ca=/ca', '--providers.docker.username=u', '--providers.docker.password=p'],
      part: { docker: { tls: { ca: '/ca', cert: undefined }, login: { username: 'u', password: 'p' } } },
    },
    { argv: ['--providers.file.directory=/d'], part: { traefikFiles: { path: '/d', watch: true }, docker: undefined } },
    {
      argv: ['--providers.file.filename=/d/a.yml', '--providers.file.watch=false'],
      part: { traefikFiles: { path: '/d/a.yml', watch: false } },
    },
    { argv: ['--core.defaultRuleSyntax=V2'], part: { ruleSyntax: 'v2' } },
    {
      argv: [WEB, SECURE, `${REDIRECT}.to=websecure`, `${REDIRECT}.priority=10`],
      part: { entrypoints: [{ redirect: { scheme: 'https', priority: 10 } }, {}] },
    },
    { argv: ['--accesslog'], part: { accessLog: 'common' } },
    { argv: ['--accesslog=true', '--accesslog.format=json'], part: { accessLog: 'json' } },
    { argv: ['--accesslog=false'], part: { accessLog: 'off' } },
    { argv: ['--global.checknewversion=false', '--global.sendanonymoususage=false'], part: { mode: 'traefik' } },
  ])('$argv', ({ argv, part }) => {
    expect(parse(argv)).toMatchObject({ config: part });
  });
});

describe('limits of connections', () => {
  const T = '--entrypoints.web.transport';
  const SECURE_T = '--entrypoints.websecure.transport';

  test.for<{ argv: string[]; part: object; notice?: string }>([
    {
      argv: [`${T}.respondingtimeouts.readtimeout=5s`],
      part: { limits: { headMs: 5000, bodyIdleMs: 5000 } },
      notice: 'not the whole request',
    },
    { argv: [`${T}.respondingtimeouts.readtimeout=600`], part: { limits: { headMs: 10_000, bodyIdleMs: 600_000 } } },
    {
      argv: [`${T}.respondingtimeouts.readtimeout=0`],
      part: { limits: { headMs: 10_000, bodyIdleMs: 60_000 } },
      notice: 'a head still has 10s, a pause of a body 1m',
    },
    {
      argv: [`${T}.respondingtimeouts.readtimeout=5s`, `${SECURE_T}.respondingtimeouts.readtimeout=0s`],
      part: { limits: { bodyIdleMs: 60_000 } },
      notice: '0s holds for all',
    },
    {
      argv: [`${T}.respondingtimeouts.writetimeout=100ms`],
      part: { limits: { stallMs: 1000 } },
      notice: 'for 1s is ended',
    },
    { argv: [`${T}.respondingtimeouts.writetimeout=0`], part: { limits: { stallMs: 60_000 } }, notice: 'for 1m' },
    { argv: [`${T}.respondingtimeouts.idletimeout=3m`], part: { limits: { keepAliveMs: 180_000 } } },
    {
      argv: [`${T}.respondingtimeouts.idletimeout=0`],
      part: { limits: { keepAliveMs: 86_400_000 } },
      notice: 'a day at most',
    },
    { argv: [`${T}.keepalivemaxrequests=100`], part: { limits: { requests: 100 } } },
    { argv: [`${T}.keepalivemaxrequests=0`], part: { limits: { requests: 1_000_000 } } },
    {
      argv: ['--entrypoints.web.http.maxheaderbytes=65536'],
      part: { limits: { headBytes: 65_536, requestLineBytes: 32_768 } },
    },
    {
      argv: ['--entrypoints.web.http.maxheaderbytes=9999999'],
      part: { limits: { headBytes: 1_048_576 } },
      notice: '1048576 bytes here',
    },
    {
      argv: [`${T}.lifecycle.gracetimeout=20s`, `${SECURE_T}.lifecycle.gracetimeout=0`],
      part: { graceMs: 20_000 },
      notice: '20s holds for all',
    },
    {
      argv: [`${T}.lifecycle.gracetimeout=20s`, '--grace=3s', '--max-head=2048', '--keepalive-timeout=9s'],
      part: { graceMs: 3000, limits: { headBytes: 2048, keepAliveMs: 9000 } },
    },
  ])('$argv', ({ argv, part, notice }) => {
    const result = parse([WEB, SECURE, '--providers.docker', ...argv]);
    expect(result).toMatchObject({ config: part });
    if (notice !== undefined) expect(result.notices).toContainEqual(expect.stringContaining(notice));
  });
});

describe('variables', () => {
  test.for<{ argv?: string[]; env: Record<string, string>; part: object }>([
    { env: { TRAEFIK_PROVIDERS_DOCKER: 'true' }, part: { mode: 'traefik', docker: {} } },
    { env: { TRAEFIK_ENTRYPOINTS_WEB_ADDRESS: ':8080' }, part: { entrypoints: [{ name: 'web' }] } },
    {
      env: { TRAEFIK_ENTRYPOINTS_S_ADDRESS: ':443', TRAEFIK_ENTRYPOINTS_S_HTTP_TLS_DOMAINS_0_MAIN: 'a.test' },
      part: { entrypoints: [{ defaults: { tls: { domains: [['a.test']] } } }] },
    },
    { argv: ['--log.level=warn'], env: { TRAEFIK_LOG_LEVEL: 'debug' }, part: { logLevel: 'warn' } },
    { argv: ['--log.level=warn'], env: { SLUICE_LOG_LEVEL: 'debug' }, part: { logLevel: 'debug' } },
    { argv: [`${LE}.storage=/a/acme.json`], env: { SLUICE_DATA: '/image' }, part: { dataDir: '/a/sluice' } },
    { argv: [`${LE}.storage=/a/acme.json`, '--data=/b'], env: { SLUICE_DATA: '/image' }, part: { dataDir: '/b' } },
    { argv: [`${LE}.storage=/acme.json`], env: { SLUICE_DATA: '/image' }, part: { dataDir: '/image' } },
    { argv: [`${LE}.storage=acme.json`], env: { SLUICE_DATA: '/image' }, part: { dataDir: '/image' } },
    { env: { TRAEFIK_VERSION: '3.7' }, part: { mode: 'sluice' } },
  ])('$argv $env', ({ argv = [], env, part }) => {
    expect(parse(argv, env)).toMatchObject({ config: part });
  });
});

test.for([[WEB], [WEB, '--entrypoints.web.proxyprotocol'], [WEB, '--entrypoints.web.proxyprotocol.insecure=false']])(
  'no PROXY header is expected: %j',
  (argv) => {
    const result = parse(argv);
    expect('config' in result && 'proxyProtocol' in result.config.entrypoints[0]!).toBe(false);
    expect(result.notices.filter((notice) => notice.includes('PROXY'))).toEqual([]);
  },
);

describe('the default transport', () => {
  const PEM = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
  const files: Readonly<Record<string, string>> = { '/a.pem': `key\n${PEM}`, '/b.pem': PEM, '/empty.pem': 'key' };
  const withFiles = (argv: readonly string[]) =>
    parseStaticOptions(argv, {}, (path) => {
      const content = files[path];
      if (content === undefined) throw new Error(`ENOENT: no such file, open '${path}'`);
      return content;
    });

  test.for<{ argv: string[]; transport: object | undefined }>([
    { argv: [WEB], transport: undefined },
    { argv: ['--serverstransport.insecureskipverify'], transport: { tls: { insecureSkipVerify: true }, maxIdle: 200 } },
    { argv: ['--serversTransport.rootCAs=/a.pem,/b.pem'], transport: { tls: { rootCAs: PEM + PEM } } },
    {
      argv: ['--serverstransport.rootcas=/a.pem', '--serverstransport.rootcas', '/b.pem'],
      transport: { tls: { rootCAs: PEM + PEM, insecureSkipVerify: false } },
    },
    { argv: [`--serverstransport.rootcas=${PEM}`], transport: { tls: { rootCAs: PEM } } },
    { argv: ['--serverstransport.maxidleconnsperhost=7'], transport: { maxIdle: 7 } },
    { argv: ['--serverstransport.maxidleconnsperhost=0'], transport: { maxIdle: 200 } },
    { argv: ['--serverstransport.maxidleconnsperhost=-1'], transport: { maxIdle: 0 } },
    {
      argv: [
        '--serverstransport.forwardingtimeouts.dialtimeout=1m',
        '--serverstransport.forwardingtimeouts.responseheadertimeout=0',
        '--serverstransport.forwardingtimeouts.idleconntimeout=90',
      ],
      transport: {
        timeouts: { connectMs: 60_000, responseHeadMs: 86_400_000, responseIdleMs: 300_000, idleMs: 90_000 },
      },
    },
  ])('$argv', ({ argv, transport }) => {
    const result = withFiles(argv);
    if (transport === undefined) expect('config' in result && 'transport' in result.config).toBe(false);
    else expect(result).toMatchObject({ config: { mode: 'traefik', transport } });
  });

  test.for([
    {
      argv: ['--serverstransport.rootcas=/c.pem'],
      problem: '--serverstransport.rootcas: /c.pem cannot be read: ENOENT',
    },
    { argv: ['--serverstransport.rootcas=/empty.pem'], problem: '/empty.pem has no certificate' },
    { argv: ['--serverstransport.insecureskipverify=no'], problem: '"no" is not a boolean' },
    { argv: ['--serverstransport.maxidleconnsperhost=-2'], problem: 'write a number from -1 to 10000' },
    { argv: ['--serverstransport.maxidleconnsperhost=many'], problem: '"many" is not a whole number' },
    { argv: ['--serverstransport.forwardingtimeouts.dialtimeout=-1s'], problem: '"-1s" is not a duration' },
    { argv: ['--serverstransport.forwardingtimeouts.idleconntimeout=25h'], problem: 'longer than a day; write 24h' },
    { argv: ['--serverstransport.spiffe.ids=a'], problem: 'SPIFFE' },
  ])('$argv: $problem', ({ argv, problem }) => {
    expect(withFiles(argv)).toMatchObject({ problems: [expect.stringContaining(problem)] });
  });
});

describe('accepted with a notice', () => {
  test.for([
    { argv: [WEB, '--entrypoints.web.http3'], notice: 'HTTP/3' },
    { argv: ['--providers.docker', '--metrics.prometheus.entrypoint', 'metrics'], notice: 'nothing is reported' },
    { argv: ['--providers.docker', `${LE}.keytype=RSA8192`], notice: 'ECDSA' },
    { argv: ['--providers.docker', `${LE}.dnschallenge.provider=cloudflare`], notice: 'wildcards' },
    {
      argv: ['--providers.docker', `${LE}.email=a@a.test`, '--certificatesresolvers.b.acme.email=b@b.test'],
      notice: 'unlike email',
    },
    {
      argv: [WEB, '--entrypoints.web.proxyprotocol.trustedips=10.0.0.0/8'],
      notice: 'trustedips: connections from these networks must begin with a PROXY header',
    },
    {
      argv: [WEB, '--entrypoints.web.proxyprotocol.insecure'],
      notice: 'insecure: connections of everybody must begin',
    },
    { argv: ['--providers.docker', '--serverstransport.insecureskipverify=true'], notice: 'not checked' },
    { argv: ['--log.level=debug'], notice: 'no provider is on' },
    { argv: ['--ping', '--admin=off'], notice: '--admin is off' },
  ])('$argv', ({ argv, notice }) => {
    const result = parse(argv);
    expect(result).toMatchObject({ config: { mode: 'traefik' } });
    expect(result.notices).toContainEqual(expect.stringContaining(notice));
  });

  test.for([{ argv: ['--core.defaultrulesyntax=v3'] }, { argv: [WEB, '--entrypoints.web.http.sanitizepath=true'] }])(
    '$argv is the default anyway',
    ({ argv }) => {
      expect(parse(argv)).toMatchObject({ config: { mode: 'traefik' } });
    },
  );
});

describe('refused, because it would change who gets what', () => {
  test.for([
    { argv: [`${LE}.eab.kid=k`], problem: 'eab.kid: an external account needs both' },
    { argv: [`${LE}.eab.hmacencoded=k`], problem: 'eab.hmacencoded: an external account needs both' },
    { argv: ['--providers.swarm'], problem: 'Swarm' },
    { argv: ['--providers.kubernetescrd'], problem: 'only Docker and files' },
    {
      argv: ['--providers.dokcer'],
      problem: '--providers.dokcer: there is no such option; did you mean --providers.docker?',
    },
    {
      argv: [WEB, '--entrypoints.web.proxyprotocol.trustedips=10.0.0.0/8,10.0.0.0/40'],
      problem: '--entrypoints.web.proxyprotocol.trustedips: "10.0.0.0/40" is not a network',
    },
    { argv: [WEB, '--entrypoints.web.proxyprotocol.insecure=maybe'], problem: '"maybe" is not a boolean' },
    { argv: [WEB, '--entrypoints.web.http.sanitizepath=false'], problem: 'cleaned' },
    { argv: ['--entrypoints.web.adress=:80'], problem: 'did you mean --entrypoints.web.address?' },
    { argv: ['--entrypoints.web.asdefault'], problem: '--entrypoints.web: the address is missing' },
    { argv: ['--entrypoints.dns.address=:53/udp'], problem: 'UDP entrypoints are not supported' },
    { argv: ['--entrypoints.web.address=web'], problem: '"web" is not an address' },
    { argv: [WEB, `${REDIRECT}.to=websecure`], problem: 'there is no entrypoint websecure; the entrypoints are web' },
    { argv: [WEB, `${REDIRECT}.to=:443`, `${REDIRECT}.scheme=wss`], problem: '"wss" is not a scheme' },
    { argv: [`${LE}.httpchallenge.entrypoint=web`], problem: 'there is no entrypoint web' },
    { argv: [`${LE}.caserver=letsencript`], problem: 'did you mean letsencrypt?' },
    { argv: ['--providers.docker.defaultrule=Host(`{{ .Nam`)'], problem: 'defaultrule: column 14: the text that' },
    { argv: ['--providers.docker.constraints', 'Label(`a`)'], problem: 'constraints: column 10: ) is not expected' },
    { argv: ['--providers.docker.tls.cert=/c'], problem: 'tls.cert: a certificate and its key belong together' },
    { argv: ['--providers.docker.username=u'], problem: 'username: a user name and a password belong together' },
    { argv: ['--providers.file'], problem: '--providers.file: it names no file' },
    { argv: ['--providers.file.filename=/a.yml', '--file=/b'], problem: '--file: cannot be used beside' },
    { argv: [WEB, '--ping.entrypoint=wep'], problem: 'there is no entrypoint wep; the entrypoints are web' },
    {
      argv: [WEB, `${REDIRECT}.to=:443`, `${REDIRECT}.priority=x`],
      problem: '"x" is not a whole number; write a whole number such as 10',
    },
    {
      argv: [WEB, '--entrypoints.web.transport.keepalivemaxrequests=-1'],
      problem: '"-1" is out of range; write a number of 0 or more',
    },
    { argv: [WEB, '--entrypoints.web.transport.lifecycle.gracetimeout=25h'], problem: 'longer than a day' },
    { argv: [WEB, '--entrypoints.web.http.underscoreheadersstrategy=drop'], problem: 'write keep, delete, reject' },
    { argv: ['--providers.docker=maybe'], problem: '"maybe" is not a boolean' },
    { argv: ['--log.level=loud'], problem: '--log.level: "loud" is not one of its values' },
    {
      argv: [WEB, SECURE, '--entrypoints.web.forwardedheaders.insecure'],
      problem: 'so websecure would believe everybody too',
    },
    { argv: [WEB, '--entrypoints.web.forwardedheaders.trustedips=x'], problem: '"x" is not a network' },
    { argv: ['--providers.docker', '--http=:80'], problem: "--http: cannot be used beside Traefik's options" },
    { argv: [WEB, '--entrypoints.other.address=:80'], problem: 'both listen on :80' },
  ])('$argv', ({ argv, problem }) => {
    expect(parse(argv)).toMatchObject({ problems: [expect.stringContaining(problem)] });
  });

  test.for([
    ['TRAEFIK_ENTRYPOINTS_WEB_ADRESS', 'TRAEFIK_ENTRYPOINTS_WEB_ADDRESS'],
    ['TRAEFIK_ENTRYPOINTS_S_HTTP_TLS_DOMAINS_2_MIAN', 'TRAEFIK_ENTRYPOINTS_S_HTTP_TLS_DOMAINS_2_MAIN'],
  ] as const)('an unknown variable below a known name: %s', ([variable, meant]) => {
    expect(parse([], { [variable]: 'a.test' })).toMatchObject({
      problems: [expect.stringContaining(`did you mean ${meant}?`)],
    });
  });
});

test.for([[`${LE}.tlschallenge`], ['--acme-challenge', 'tls-alpn-01']])(
  'TLS-ALPN-01 alone needs no word: %s',
  (argv) => {
    expect(parse(argv).notices.join(' ')).not.toContain('01');
  },
);

describe('trust of one entrypoint holds for all', () => {
  const HEADERS = 'forwardedheaders';
  const NOTICE =
    /^forwarded headers are believed on every entrypoint from (.*), although not all of that is said of (.*): write /;

  test.for<{ title: string; argv: string[]; told: string[] }>([
    {
      title: 'one of two names proxies',
      argv: [WEB, SECURE, `--entrypoints.web.${HEADERS}.trustedips=10.0.0.0/8`],
      told: ['10.0.0.0/8', 'websecure'],
    },
    {
      title: 'each names others',
      argv: [
        WEB,
        SECURE,
        `--entrypoints.web.${HEADERS}.trustedips=10.0.0.1`,
        `--entrypoints.websecure.${HEADERS}.trustedips=10.0.0.2`,
      ],
      told: ['10.0.0.1, 10.0.0.2', 'web, websecure'],
    },
  ])('a notice when $title', ({ argv, told }) => {
    const matches = parse(argv).notices.flatMap((notice) => NOTICE.exec(notice)?.slice(1) ?? []);
    expect(matches).toEqual(told);
    expect(parse([...argv, '--trusted-proxies=10.0.0.0/8']).notices.filter((one) => NOTICE.test(one))).toEqual([]);
  });

  test('none when they agree', () => {
    const argv = ['web', 'websecure'].map((name) => `--entrypoints.${name}.${HEADERS}.trustedips=10.0.0.1,10.0.0.2`);
    expect(parse([WEB, SECURE, ...argv]).notices.filter((one) => NOTICE.test(one))).toEqual([]);
  });

  test.for<{ title: string; argv: string[]; trusted: string[] }>([
    {
      title: 'all believe everybody',
      argv: [WEB, SECURE, `--entrypoints.web.${HEADERS}.insecure`, `--entrypoints.websecure.${HEADERS}.insecure=true`],
      trusted: ['0.0.0.0/0', '::/0'],
    },
    {
      title: 'the other one is the admin address',
      argv: [WEB, '--entrypoints.traefik.address=:9000', '--api.insecure', `--entrypoints.web.${HEADERS}.insecure`],
      trusted: ['0.0.0.0/0', '::/0'],
    },
    {
      title: 'the other one is made for the ping',
      argv: [WEB, '--ping', `--entrypoints.web.${HEADERS}.insecure`],
      trusted: ['0.0.0.0/0', '::/0'],
    },
    {
      title: 'ours says who is believed',
      argv: [WEB, SECURE, `--entrypoints.web.${HEADERS}.insecure`, '--trusted-proxies=10.0.0.1'],
      trusted: ['10.0.0.1'],
    },
  ])('nothing is refused when $title', ({ argv, trusted }) => {
    expect(parse(argv)).toMatchObject({ config: { trustedProxies: trusted } });
  });
});
