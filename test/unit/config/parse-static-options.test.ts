import { DEFAULT_CLIENT_LIMITS } from '../../../src/config/client-limits.ts';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseStaticOptions, type HostFacts } from '../../../src/config/parse-static-options.ts';
import { STATIC_OPTIONS } from '../../../src/config/static-options.ts';
import type { StaticConfig } from '../../../src/config/static-config.ts';

const FACTS: HostFacts = { cores: 4, isTerminal: false, dataDir: '/data' };
const LETSENCRYPT = 'https://acme-v02.api.letsencrypt.org/directory';

interface Given {
  readonly argv?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly file?: string;
  readonly facts?: HostFacts;
}

function parse({ argv = [], env = {}, file, facts = FACTS }: Given) {
  return parseStaticOptions(
    argv,
    env,
    (path) => {
      if (file === undefined) throw new Error(`ENOENT: ${path}`);
      return file;
    },
    facts,
  );
}

function config(given: Given): StaticConfig {
  const result = parse(given);
  if ('problems' in result) throw new Error(result.problems.join('\n'));
  return result.config;
}

function problems(given: Given): readonly string[] {
  const result = parse(given);
  return 'problems' in result ? result.problems : [];
}

test('nothing given: every default is right on a server', () => {
  expect(config({})).toEqual({
    mode: 'sluice',
    entrypoints: [
      { name: 'http', addresses: [{ host: undefined, port: 80 }], transport: 'plain', redirect: undefined },
      { name: 'https', addresses: [{ host: undefined, port: 443 }], transport: 'tls', redirect: undefined },
    ],
    docker: {
      endpoint: 'unix:///var/run/docker.sock',
      certPath: undefined,
      exposedByDefault: true,
      network: undefined,
    },
    file: undefined,
    dataDir: '/data',
    dnsResolvers: [],
    publicAddresses: [],
    domain: undefined,
    acme: {
      directories: [LETSENCRYPT],
      customDirectory: false,
      email: undefined,
      eab: undefined,
      profile: undefined,
      caRootFile: undefined,
      challenges: ['http-01', 'tls-alpn-01'],
      testDirectory: { of: LETSENCRYPT, url: 'https://acme-staging-v02.api.letsencrypt.org/directory' },
    },
    resolvers: [],
    limits: DEFAULT_CLIENT_LIMITS,
    trustedProxies: [],
    connections: { total: 20_000, perAddress: 512 },
    allowForeignServers: false,
    admin: { host: '127.0.0.1', port: 8090 },
    workers: 4,
    logLevel: 'info',
    logFormat: 'json',
    accessLog: 'off',
    graceMs: 10_000,
  });
});

describe('one option', () => {
  test.for<{ argv: string[]; part: object }>([
    { argv: ['--data', '/srv/x'], part: { dataDir: '/srv/x' } },
    { argv: ['--data=/srv/x'], part: { dataDir: '/srv/x' } },
    { argv: ['--data=/a', '--data=/b'], part: { dataDir: '/b' } },
    { argv: ['--file=/etc/sluice/services.yaml'], part: { file: '/etc/sluice/services.yaml' } },
    { argv: ['--domain=Example.COM'], part: { domain: 'example.com' } },
    { argv: ['--domain=.example.com'], part: { domain: 'example.com' } },
    { argv: ['--docker=off'], part: { docker: undefined } },
    { argv: ['--docker=tcp://10.0.0.1:2376'], part: { docker: { endpoint: 'tcp://10.0.0.1:2376' } } },
    { argv: ['--docker-cert-path=/certs'], part: { docker: { certPath: '/certs' } } },
    { argv: ['--public-address=192.0.2.1,2001:db8::1'], part: { publicAddresses: ['192.0.2.1', '2001:db8::1'] } },
    { argv: ['--acme-email=a@example.com'], part: { acme: { email: 'a@example.com' } } },
    {
      argv: ['--acme-ca=letsencrypt,zerossl'],
      part: { acme: { directories: [LETSENCRYPT, 'https://acme.zerossl.com/v2/DV90'] } },
    },
    { argv: ['--acme-ca=Internal'], part: { acme: { directories: [], customDirectory: false } } },
    { argv: ['--acme-ca=off'], part: { acme: { directories: [], customDirectory: false } } },
    {
      argv: ['--acme-ca=https://ca.test/dir'],
      part: { acme: { directories: ['https://ca.test/dir'], customDirectory: true } },
    },
    { argv: [`--acme-ca=${LETSENCRYPT}`], part: { acme: { customDirectory: false } } },
    { argv: ['--acme-ca-root=/ca.pem'], part: { acme: { caRootFile: '/ca.pem' } } },
    { argv: ['--acme-eab-kid=k', '--acme-eab-key=h'], part: { acme: { eab: { kid: 'k', hmacKey: 'h' } } } },
    { argv: ['--acme-challenge=tls-alpn-01, http-01'], part: { acme: { challenges: ['tls-alpn-01', 'http-01'] } } },
    { argv: ['--acme-challenge=http-01'], part: { acme: { challenges: ['http-01'] } } },
    { argv: ['--http=off'], part: { acme: { challenges: ['tls-alpn-01'] } } },
    { argv: ['--https=off'], part: { acme: { challenges: ['http-01'] } } },
    { argv: ['--http=off', '--acme-challenge=http-01'], part: { acme: { challenges: ['http-01'] } } },
    {
      argv: ['--head-timeout=5s', '--body-timeout=2m', '--write-timeout=30', '--tunnel-timeout=24h'],
      part: { limits: { headMs: 5000, bodyIdleMs: 120_000, stallMs: 30_000, tunnelIdleMs: 86_400_000 } },
    },
    {
      argv: ['--keepalive-timeout=15s', '--keepalive-requests=100', '--min-body-rate=0'],
      part: { limits: { keepAliveMs: 15_000, requests: 100, bodyBytesPerSecond: 0 } },
    },
    {
      argv: ['--max-head=65536', '--max-request-line=8192', '--max-fields=200'],
      part: { limits: { headBytes: 65_536, requestLineBytes: 8192, fields: 200, headMs: 10_000 } },
    },
    {
      argv: ['--dns-resolvers=1.1.1.1,[2606:4700::1111]:53,::1'],
      part: { dnsResolvers: ['1.1.1.1', '[2606:4700::1111]:53', '::1'] },
    },
    {
      argv: ['--trusted-proxies=10.0.0.0/8', '--trusted-proxies=::1'],
      part: { trustedProxies: ['10.0.0.0/8', '::1'] },
    },
    {
      argv: ['--proxy-protocol=10.0.0.0/8,::1'],
      part: { entrypoints: [{ proxyProtocol: ['10.0.0.0/8', '::1'] }, { proxyProtocol: ['10.0.0.0/8', '::1'] }] },
    },
    {
      argv: ['--max-connections=50', '--max-connections-per-address=0'],
      part: { connections: { total: 50, perAddress: 0 } },
    },
    { argv: ['--max-connections-per-address=7'], part: { connections: { total: 20_000, perAddress: 7 } } },
    { argv: ['--http2=false'], part: { http2: false } },
    { argv: ['--h2c'], part: { h2c: true } },
    { argv: ['--allow-foreign-servers'], part: { allowForeignServers: true } },
    { argv: ['--allow-foreign-servers=false'], part: { allowForeignServers: false } },
    { argv: ['--admin=off'], part: { admin: undefined } },
    { argv: ['--admin=:9000'], part: { admin: { host: undefined, port: 9000 } } },
    { argv: ['--workers=2'], part: { workers: 2 } },
    { argv: ['--log-level=WARNING'], part: { logLevel: 'warn' } },
    { argv: ['--log-format=pretty'], part: { logFormat: 'pretty' } },
    { argv: ['--access-log=common'], part: { accessLog: 'common' } },
    { argv: ['--grace=1m30s'], part: { graceMs: 90_000 } },
    { argv: ['--http=off'], part: { entrypoints: [{ name: 'https' }] } },
    {
      argv: ['--http=127.0.0.1:8080', '--http=[::1]:8080'],
      part: {
        entrypoints: [
          {
            addresses: [
              { host: '127.0.0.1', port: 8080 },
              { host: '::1', port: 8080 },
            ],
          },
          {},
        ],
      },
    },
  ])('$argv', ({ argv, part }) => {
    expect(config({ argv })).toMatchObject(part);
  });

  test('a terminal gets pretty logs', () => {
    expect(config({ facts: { ...FACTS, isTerminal: true } }).logFormat).toBe('pretty');
  });
});

describe('environment', () => {
  test.for<{ env: Record<string, string>; argv?: string[]; part: object }>([
    { env: { SLUICE_DATA: '/env' }, part: { dataDir: '/env' } },
    { env: { SLUICE_DATA: '/env' }, argv: ['--data=/flag'], part: { dataDir: '/flag' } },
    { env: { SLUICE_DATA: '' }, part: { dataDir: '/data' } },
    { env: { SLUICE_ACME_CA_ROOT: '/ca.pem' }, part: { acme: { caRootFile: '/ca.pem' } } },
    { env: { LEGO_CA_CERTIFICATES: '/lego.pem:/other.pem' }, part: { acme: { caRootFile: '/lego.pem' } } },
    {
      env: { DOCKER_HOST: 'tcp://proxy:2375', DOCKER_CERT_PATH: '/c' },
      part: { docker: { endpoint: 'tcp://proxy:2375', certPath: '/c' } },
    },
    {
      env: { DOCKER_HOST: 'tcp://proxy:2375' },
      argv: ['--docker=unix:///x.sock'],
      part: { docker: { endpoint: 'unix:///x.sock' } },
    },
    { env: { DOCKER_HOST: '' }, part: { docker: { endpoint: 'unix:///var/run/docker.sock' } } },
    { env: { SLUICE_ALLOW_FOREIGN_SERVERS: 'true' }, part: { allowForeignServers: true } },
    { env: { PATH: '/bin', HOME: '/root' }, part: { mode: 'sluice' } },
  ])('$env $argv', ({ env, argv = [], part }) => {
    expect(config({ env, argv })).toMatchObject(part);
  });

  test('a variable that an orchestrator sets for a service called sluice is only noticed', () => {
    const result = parse({ env: { SLUICE_SERVICE_HOST: '10.0.0.1' } });
    expect(result).toMatchObject({ config: {}, notices: [expect.stringContaining('SLUICE_SERVICE_HOST') as string] });
  });
});

describe('file', () => {
  test.for<{ file: string; argv?: string[]; part: object }>([
    { file: 'domain: example.com\nworkers: 2\n', part: { domain: 'example.com', workers: 2 } },
    {
      file: 'acmeEmail: a@example.com\nacme_profile: tlsserver\n',
      part: { acme: { email: 'a@example.com', profile: 'tlsserver' } },
    },
    { file: 'trusted-proxies: [10.0.0.0/8, "::1"]\n', part: { trustedProxies: ['10.0.0.0/8', '::1'] } },
    { file: 'allow-foreign-servers: true\n', part: { allowForeignServers: true } },
    { file: 'grace: 5\n', argv: ['--grace=7s'], part: { graceMs: 7000 } },
    { file: '', part: { mode: 'sluice' } },
    { file: '# nothing\n', part: { mode: 'sluice' } },
    {
      file: 'entryPoints:\n  web:\n    address: ":80"\n    asDefault: true\nproviders:\n  docker:\n    exposedByDefault: false\n',
      part: { mode: 'traefik', docker: { exposedByDefault: false }, entrypoints: [{ name: 'web' }] },
    },
    {
      file: 'entryPoints: {s: {address: ":443", http: {tls: {domains: [{main: a.test, sans: [b.test]}]}}}}\n',
      part: { entrypoints: [{ defaults: { tls: { domains: [['a.test', 'b.test']] } } }] },
    },
  ])('$file $argv', ({ file, argv = [], part }) => {
    expect(config({ argv: ['--config=/etc/sluice.yaml', ...argv], file })).toMatchObject(part);
  });

  test.for([
    { file: 'a: [', problem: '/etc/sluice.yaml:1:5:' },
    {
      file: 'domian: example.com',
      problem: 'domian in /etc/sluice.yaml: there is no such option; did you mean --domain?',
    },
    { file: '- a', problem: 'not a list of' },
    { file: 'a: &a\n  b: *a', problem: '/etc/sluice.yaml: its aliases (*name) cannot be resolved' },
    {
      file: `a0: &a0 [x, x]\n${Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`).join('\n')}`,
      problem: 'its aliases (*name) cannot be resolved',
    },
    { file: 'workers: many', problem: 'workers in /etc/sluice.yaml: "many" is not a whole number' },
  ])('$file', ({ file, problem }) => {
    expect(problems({ argv: ['--config=/etc/sluice.yaml'], file })).toEqual([expect.stringContaining(problem)]);
  });

  test('a file that cannot be read is a problem', () => {
    expect(problems({ argv: ['--config=/nowhere'] })).toEqual([
      expect.stringContaining('/nowhere cannot be read: ENOENT'),
    ]);
  });
});

describe('a fault names the option and the fix', () => {
  test.for([
    { argv: ['--htp=:80'], problem: '--htp: there is no such option; did you mean --http?' },
    { argv: ['--datta', '/x'], problem: '--datta: there is no such option; did you mean --data?' },
    { argv: ['--data'], problem: '--data: a value is missing; write --data=VALUE' },
    { argv: ['--data', '--domain=a.test'], problem: '--data: a value is missing; write --data=VALUE' },
    { argv: ['whatever'], problem: 'whatever: not an option; options begin with --' },
    { argv: ['--http=:80x'], problem: '--http: ":80x" is not an address; write :80, 127.0.0.1:8080, [::1]:80' },
    { argv: ['--docker=/run/docker.sock'], problem: 'write unix:///run/docker.sock' },
    { argv: ['--docker=ssh://host'], problem: '--docker: "ssh://host" is not a Docker endpoint' },
    { argv: ['--domain=a b'], problem: '--domain: "a b" is not a domain' },
    { argv: ['--acme-ca=letsencript'], problem: 'did you mean letsencrypt?' },
    { argv: ['--acme-ca=whatever'], problem: 'write a URL or letsencrypt, letsencrypt-staging' },
    { argv: ['--public-address=a.test'], problem: '--public-address: "a.test" is not an address; write 192.0.2.1' },
    { argv: ['--acme-challenge=dns-02'], problem: '--acme-challenge: "dns-02" is not a list of challenges' },
    { argv: ['--acme-eab-kid=k'], problem: '--acme-eab-kid: it needs --acme-eab-key too' },
    { argv: ['--acme-eab-key=k'], problem: '--acme-eab-key: it needs --acme-eab-kid too' },
    { argv: ['--dns-resolvers=1.1.1'], problem: '--dns-resolvers: "1.1.1" is not a DNS server' },
    { argv: ['--proxy-protocol=10.0.0.0/40'], problem: '--proxy-protocol: "10.0.0.0/40" is not a network' },
    { argv: ['--head-timeout=0'], problem: '--head-timeout: "0" is shorter than a second; write 1s or more' },
    { argv: ['--tunnel-timeout=25h'], problem: '--tunnel-timeout: "25h" is longer than a day' },
    { argv: ['--max-head=1MB'], problem: '--max-head: "1MB" is not a whole number; write a number from 1024' },
    { argv: ['--keepalive-requests=0'], problem: '--keepalive-requests: "0" is out of range' },
    { argv: ['--max-connections=lots'], problem: '--max-connections: "lots" is not a whole number' },
    {
      argv: ['--max-connections-per-address=-1'],
      problem: '--max-connections-per-address: "-1" is out of range',
    },
    { argv: ['--trusted-proxies=10.0.0.0/8,x'], problem: '--trusted-proxies: "x" is not a network' },
    { argv: ['--allow-foreign-servers=yes'], problem: '--allow-foreign-servers: "yes" is not a boolean' },
    { argv: ['--admin=:1,:2'], problem: '--admin: there can be one address only' },
    { argv: ['--admin=:80'], problem: '--admin and entrypoint http both listen on :80' },
    { argv: ['--https=:80'], problem: 'entrypoint https and entrypoint http both listen on :80' },
    { argv: ['--http=off', '--https=off'], problem: 'there is nothing to listen on' },
    { argv: ['--workers=0'], problem: '--workers: "0" is out of range; write a number from 1 to 256' },
    { argv: ['--log-level=inof'], problem: '--log-level: "inof" is not one of its values; did you mean info?' },
    { argv: ['--log-format=xml'], problem: 'write json or pretty' },
    { argv: ['--grace=25h'], problem: '--grace: "25h" is longer than a day; write 24h or less' },
    { argv: ['--acme-ca=constructor'], problem: '"constructor" is neither a name nor a URL of a CA' },
    { argv: ['--grace=soon'], problem: '--grace: "soon" is not a duration; write 10s or 1m30s' },
  ])('$argv', ({ argv, problem }) => {
    expect(problems({ argv })).toEqual([expect.stringContaining(problem)]);
  });

  test('in a variable it names the variable', () => {
    expect(problems({ env: { SLUICE_DOMIAN: 'x', SLUICE_GRACE: 'x' } })).toEqual([
      'SLUICE_DOMIAN: there is no such option; did you mean SLUICE_DOMAIN?',
      'SLUICE_GRACE: "x" is not a duration; write 10s or 1m30s',
    ]);
  });

  test('all of them come at once', () => {
    expect(problems({ argv: ['--htp=1', '--grace=x', '--workers=x'] })).toHaveLength(3);
  });
});

test('every option of the table has a flag and a variable that are read', () => {
  for (const { name } of STATIC_OPTIONS) {
    const variable = `SLUICE_${name.toUpperCase().replaceAll('-', '_')}`;
    for (const given of [{ argv: [`--${name}=x`] }, { env: { [variable]: 'x' } }]) {
      expect(problems({ ...given, file: '' }).join()).not.toContain('no such option');
    }
  }
});

test('nothing on the command line makes it throw', () => {
  const words = fc.constantFrom(
    '--http',
    '--entrypoints.web',
    '.address',
    '=',
    ':80',
    '--',
    '-',
    'off',
    '.http.tls',
    ' ',
  );
  fc.assert(
    fc.property(
      fc.array(
        fc.array(words).map((parts) => parts.join('')),
        { maxLength: 4 },
      ),
      (argv) => {
        const result = parse({ argv });
        return 'config' in result || result.problems.length > 0;
      },
    ),
  );
});

test('name servers to ask', () => {
  expect(parse({ argv: ['--dns-resolvers=1.1.1.1'] })).toMatchObject({
    config: { dnsResolvers: ['1.1.1.1'] },
    notices: [],
  });
});
