import { describe, expect, test } from 'vitest';
import { parseStaticOptions } from '../../../src/config/parse-static-options.ts';

interface Given {
  readonly argv?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
}

function parse({ argv = [], env = {}, files = {} }: Given) {
  return parseStaticOptions(argv, env, (path) => {
    const content = files[path];
    if (content === undefined)
      throw Object.assign(new Error(`ENOENT: no such file, open '${path}'`), { code: 'ENOENT' });
    if (/^E[A-Z]+$/.test(content)) throw Object.assign(new Error(`${content}: refused`), { code: content });
    return content;
  });
}

const FILE = `
# Docker
log: {level: WARN}
providers:
  docker:
    exposedByDefault: false
entryPoints:
  web:
    address: ":8080"
    http:
      redirections:
        entryPoint: {to: websecure}
  websecure:
    address: ":8443"
    http:
      tls:
        domains:
          - main: a.test
            sans: [b.test, c.test]
certificatesResolvers:
  le:
    acme:
      email: a@a.test
      tlsChallenge: {}
      httpChallenge: {entryPoint: web}
`;

const OF_FILE = {
  mode: 'traefik',
  logLevel: 'warn',
  docker: { exposedByDefault: false },
  entrypoints: [
    { name: 'web', redirect: { port: 8443 } },
    { name: 'websecure', defaults: { tls: { domains: [['a.test', 'b.test', 'c.test']] } } },
  ],
  acme: { email: 'a@a.test', challenges: ['http-01', 'tls-alpn-01'] },
};

describe("Traefik's static file", () => {
  test.for<Given & { path: string }>([
    { path: '/x/t.yml', argv: ['--configFile=/x/t.yml'] },
    { path: '/x/t.yml', argv: ['-configfile', '/x/t.yml'] },
    { path: '/x/t.yml', env: { TRAEFIK_CONFIGFILE: '/x/t.yml' } },
    { path: '/etc/traefik/traefik.yml' },
    { path: '/etc/traefik/traefik.yaml' },
    { path: '/cfg/traefik.yml', env: { XDG_CONFIG_HOME: '/cfg', HOME: '/home/fay' } },
    { path: '/home/fay/.config/traefik.yaml', env: { HOME: '/home/fay' } },
    { path: './traefik.yml' },
  ])('$path $argv $env', ({ path, argv = [], env = {} }) => {
    expect(parse({ argv, env, files: { [path]: FILE } })).toMatchObject({ config: OF_FILE });
  });

  test('the first place counts, and it is named', () => {
    const files = { '/etc/traefik/traefik.yml': 'log: {level: ERROR}', './traefik.yml': FILE };
    expect(parse({ files })).toMatchObject({
      config: { logLevel: 'error' },
      notices: expect.arrayContaining(["Traefik's options are those of /etc/traefik/traefik.yml"]),
    });
    expect(parse({ argv: ['--configfile=./traefik.yml'], files })).toMatchObject({ config: { logLevel: 'warn' } });
  });

  test.for([
    ['a compose file', 'services:\n  traefik:\n    image: traefik\n    command:\n      - --log.level=INFO\n'],
    ['dynamic configuration', 'http:\n  routers: {}\ntls: {}\n'],
    ['nothing', ''],
    ['other text', '- log: x\nnonsense {'],
    ['words that begin alike', 'apiary: true\nlogs: x\n'],
  ] as const)('at a usual place, %s is none of ours', ([, content]) => {
    for (const path of ['./traefik.yml', './traefik.toml', '/etc/traefik/traefik.yaml']) {
      expect(parse({ files: { [path]: content } })).toMatchObject({ config: { mode: 'sluice' }, notices: [] });
    }
  });

  test.for(['EACCES', 'EISDIR'])('one that cannot be read is passed over and named: %s', (code) => {
    expect(parse({ files: { '/etc/traefik/traefik.yml': code } })).toMatchObject({
      config: { mode: 'sluice' },
      notices: [expect.stringContaining(`/etc/traefik/traefik.yml cannot be read and is passed over: ${code}`)],
    });
  });

  test.for<Given & { problem: string }>([
    {
      files: { './traefik.toml': '[entryPoints.web]\naddress = ":80"\n' },
      problem: './traefik.toml: TOML is not read',
    },
    { files: { './traefik.toml': '[log]\nlevel = "INFO"\n' }, problem: 'in YAML, in ./traefik.yml' },
    { argv: ['--configFile=/x.toml'], problem: '--configFile: /x.toml: TOML is not read' },
    { argv: ['--configfile=/x.yml'], problem: '--configfile: /x.yml cannot be read: ENOENT' },
    { files: { './traefik.yml': 'log: {level: [\n' }, problem: './traefik.yml:2:1: ' },
    {
      files: { './traefik.yml': 'log: {levl: INFO}' },
      problem: 'log.levl in ./traefik.yml: there is no such option; did you mean --log.level?',
    },
    {
      files: { './traefik.yml': 'log: {level: INFO}\nhttp:\n  routers:\n    a: {rule: x, service: y}\n' },
      problem: 'http in ./traefik.yml: routers, services and certificates are dynamic configuration',
    },
    { argv: ['--http=:80'], files: { './traefik.yml': FILE }, problem: "beside Traefik's options in ./traefik.yml" },
  ])('$argv $files: $problem', ({ problem, ...given }) => {
    expect(parse(given)).toMatchObject({ problems: expect.arrayContaining([expect.stringContaining(problem)]) });
  });
});

describe("Traefik's options count from one source", () => {
  test.for<Given & { part: object; ignored: readonly string[] }>([
    { argv: ['--log.level=WARN'], part: { logLevel: 'warn' }, ignored: [] },
    { env: { TRAEFIK_LOG_LEVEL: 'WARN' }, part: { logLevel: 'warn' }, ignored: [] },
    {
      argv: ['--providers.docker'],
      env: { TRAEFIK_LOG_LEVEL: 'WARN', TRAEFIK_ACCESSLOG: 'true' },
      part: { logLevel: 'info', accessLog: 'off' },
      ignored: ['here flags', 'TRAEFIK_LOG_LEVEL', 'TRAEFIK_ACCESSLOG'],
    },
    {
      argv: ['--log.level=DEBUG'],
      env: { TRAEFIK_ACCESSLOG: 'true' },
      files: { '/etc/traefik/traefik.yml': FILE },
      part: OF_FILE,
      ignored: ['the file /etc/traefik/traefik.yml', '--log.level', 'TRAEFIK_ACCESSLOG'],
    },
    {
      argv: ['--configfile=/t.yml', '--log.level=DEBUG'],
      files: { '/t.yml': FILE, './traefik.yml': 'log: {level: ERROR}' },
      part: OF_FILE,
      ignored: ['the file /t.yml', '--log.level'],
    },
    // Wrong variables that have no effect are no reason not to start.
    {
      argv: ['--log.level=WARN'],
      env: { TRAEFIK_ENTRYPOINTS_WEB_ADRESS: ':80' },
      part: { logLevel: 'warn' },
      ignored: [],
    },
    // Ours are merged, whichever source Traefik's come from.
    {
      argv: ['--workers=3'],
      env: { SLUICE_GRACE: '3s', SLUICE_WORKERS: '5', TRAEFIK_LOG_LEVEL: 'WARN' },
      part: { logLevel: 'warn', workers: 3, graceMs: 3000, mode: 'traefik' },
      ignored: [],
    },
    {
      argv: ['--config=/s.yaml', '--workers=3'],
      files: { '/s.yaml': 'workers: 7\ngrace: 2s\n', './traefik.yml': FILE },
      part: { ...OF_FILE, workers: 3, graceMs: 2000 },
      ignored: [],
    },
    {
      argv: ['--config=/s.yaml'],
      files: { '/s.yaml': 'workers: 7\nlog: {level: ERROR}\n', './traefik.yml': FILE },
      part: { logLevel: 'error', workers: 7 },
      ignored: [],
    },
    // Credentials of DNS services and variables of others say nothing.
    {
      env: { CF_DNS_API_TOKEN: 'x', TRAEFIK_VERSION: '3', TRAEFIK_DASHBOARD_AUTH: 'a:b' },
      part: { mode: 'sluice' },
      ignored: [],
    },
  ])('$argv $env', ({ part, ignored, ...given }) => {
    const result = parse(given);
    expect(result).toMatchObject({ config: part });
    const told = result.notices.filter((notice) => notice.includes('come from one source'));
    expect(told).toHaveLength(ignored.length === 0 ? 0 : 1);
    for (const name of ignored) expect(told[0]).toContain(name);
  });

  test('flags in every form', () => {
    const argv = ['-LOG.level', 'WARN', '--Providers.Docker', '--providers.docker.exposedByDefault=false', '-api'];
    expect(parse({ argv })).toMatchObject({
      config: { logLevel: 'warn', docker: { exposedByDefault: false }, internalServices: { api: true } },
    });
  });
});
