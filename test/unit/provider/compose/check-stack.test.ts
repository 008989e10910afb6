import { describe, expect, test } from 'vitest';
import { checkStack } from '../../../../src/provider/compose/check-stack.ts';
import { checkFiles, composeWorld, line } from '../../../support/compose-world.ts';

type Options = NonNullable<Parameters<typeof checkFiles>[1]>;

/** Findings of one compose file; it begins in line 1. */
function check(text: string, options?: Options, others: Readonly<Record<string, string>> = {}): readonly string[] {
  return checkFiles({ 'compose.yaml': text, ...others }, options).findings.map(line);
}

function web(labels: string): string {
  return `services:\n  web:\n    expose: [80]\n    labels:\n${labels.replace(/^/gm, '      ')}`;
}

const HOST = 'sluice.host: a.example.com\n';
const HASH = '$apr1$AbCdEfGh$0123456789012345678901';

test('a right stack has nothing to tell', () => {
  expect(check(web(HOST))).toEqual([]);
  expect(check('services: {db: {image: postgres}}')).toEqual([]);
});

describe('labels, as they are written', () => {
  test.for([
    ['sluice.hots: a.example.com', 'error label_unknown compose.yaml:5 web sluice.hots', 'did you mean sluice.host?'],
    [
      '- sluice.host: a.example.com',
      'error label_form compose.yaml:5 web sluice.host: this item is a map',
      'write - sluice.host=a.example.com, or leave out the -',
    ],
    ['- sluice.host:a.example.com', 'error label_form compose.yaml:5', 'write sluice.host=a.example.com'],
    ['- sluice.host = a.example.com', 'error label_form compose.yaml:5', 'write sluice.host=a.example.com, without'],
    ['- sluice.host=a.example.com\n- traefik.enable', 'error label_form compose.yaml:6', 'write traefik.enable=true'],
    ['- sluice.host="a.example.com"', 'error label_form compose.yaml:5', 'write sluice.host=a.example.com; quotes'],
    ['sluice.host: [a.example.com]', 'error label_form compose.yaml:5', 'write sluice.host: "VALUE"'],
    ['sluice.host:', 'error label_value compose.yaml:5 web sluice.host: "" names no host', 'write a host name'],
    ['slucie.host: a.example.com', 'warning label_unknown compose.yaml:5', 'did you mean sluice.host?'],
    ['http.routers.a.rule: Host(`a.test`)', 'warning label_unknown', 'did you mean traefik.http.routers.a.rule?'],
  ] as const)('%j', ([labels, start, hint]) => {
    const found = check(web(labels));
    expect(found).toEqual([expect.stringContaining(start)]);
    expect(found[0]).toContain(`→ ${hint}`);
  });

  test('booleans and numbers of YAML are fine', () => {
    expect(check(web(`${HOST}sluice.port: 8080\ntraefik.enable: true`))).toEqual([]);
  });

  test('labels of other programs are not looked at', () => {
    expect(check(web(`${HOST}com.example.a: $NONE\nother.b: [list]\ntraffic.zone: a`))).toEqual([]);
  });

  test('the value shows where the rule is wrong', () => {
    const rule = 'Host(`a.test`) && PathPrefx(`/x`)';
    const { findings } = checkFiles({ 'compose.yaml': web(`traefik.http.routers.a.rule: ${rule}`) });
    expect(findings).toMatchObject([{ place: { line: 5 }, column: 19, excerpt: rule }]);
  });
});

describe('variables', () => {
  test('of one of our labels that is not set', () => {
    expect(check(web('sluice.host: app.${DOMAIN}'))).toEqual([
      expect.stringMatching(/^error variable_unset compose.yaml:5 web sluice.host column 5: the variable DOMAIN/),
    ]);
    expect(check(web('- sluice.host=app.${DOMAIN}'))).toEqual([expect.stringContaining('column 5: the variable')]);
    expect(check(web('sluice.host: app.${DOMAIN}'), { env: { DOMAIN: 'example.com' } })).toEqual([]);
    expect(check(web('sluice.host: app.$DOMAIN'), {}, { '.env': 'DOMAIN=example.com' })).toEqual([]);
  });

  test('a hash whose $ compose takes for variables: one finding, without the hash', () => {
    for (const label of ['sluice.auth', 'traefik.http.middlewares.m.basicauth.users']) {
      const found = check(web(`${HOST}${label}: fay:${HASH}`));
      expect(found).toEqual([
        `error dollar_not_doubled compose.yaml:6 web ${label} column 5: compose takes what is behind each $ of this hash ` +
          'for a variable and cuts it out → write $$ for each $ of the hash',
      ]);
    }
    expect(check(web(`${HOST}sluice.auth: fay:${HASH.replaceAll('$', '$$$$')}`))).toEqual([]);
  });

  test('a $ that compose refuses', () => {
    const found = check(web(`${HOST}traefik.http.middlewares.m.redirectregex.replacement: https://$1`));
    expect(found[0]).toContain('error dollar_not_doubled compose.yaml:6');
    expect(found[0]).toContain('column 9: compose refuses the file: $1 is no variable');
  });

  test('a required one', () => {
    expect(check(web('sluice.host: ${DOMAIN:?}'))).toEqual([
      expect.stringContaining('compose refuses to start without'),
    ]);
  });

  test('of a file of labels, where single quotes keep them', () => {
    const text = 'services: {web: {expose: [80], label_file: web.labels}}';
    const labels = `sluice.host=a.example.com\nsluice.auth=fay:${HASH}\n`;
    expect(check(text, {}, { 'web.labels': labels })).toEqual([
      expect.stringContaining('error dollar_not_doubled web.labels:2 web sluice.auth'),
    ]);
    expect(check(text, {}, { 'web.labels': labels.replace(/fay.*/, "'$&'") })).toEqual([]);
    expect(check(text)).toEqual([expect.stringContaining('error file_unreadable compose.yaml:1 web: the label file')]);
  });
});

describe('labels at the wrong place', () => {
  const deploy = 'services:\n  web:\n    deploy:\n      labels: {sluice.host: a.example.com}\n';

  test('below deploy', () => {
    expect(check(deploy)).toEqual([expect.stringContaining('warning label_misplaced compose.yaml:4 web sluice.host')]);
    expect(check(`${deploy}    expose: [80]\n    labels: {sluice.host: b.example.com}\n`)).toEqual([]);
  });

  test('beside image', () => {
    expect(check('services:\n  web:\n    image: a\n    traefik.enable: true\n')).toEqual([
      expect.stringContaining('error label_misplaced compose.yaml:4 web traefik.enable'),
    ]);
  });

  test.for(['label: [sluice.host=a.test]', 'lables: {sluice.host: a.test}'])('%s', (text) => {
    expect(check(`services:\n  web:\n    ${text}\n`)).toEqual([
      expect.stringMatching(/^error label_misplaced compose.yaml:3 web: there is no key .* → did you mean labels:\?$/),
    ]);
  });
});

describe('ports', () => {
  test('without one, a note and no error', () => {
    expect(check('services:\n  web:\n    labels: {sluice.host: a.test}\n')).toEqual([
      expect.stringContaining('note port_of_image compose.yaml:2 web'),
    ]);
    expect(check('services:\n  web:\n    labels: {sluice.host: a.test, sluice.port: 80}\n')).toEqual([]);
  });

  test('several', () => {
    expect(check('services: {web: {ports: ["80:80", 3000:3000], labels: {sluice.host: a.test}}}')).toEqual([
      expect.stringContaining('warning port_ambiguous'),
    ]);
  });
});

describe('networks', () => {
  const router = '  router: {image: "ghcr.io/someone/sluice:1", networks: [edge]}\n';
  const networks = 'networks:\n  edge:\n  back:\n';
  const app = (rest: string) => `services:\n  web:\n    expose: [80]\n    ${rest}\n`;

  test('the alias of a network where its real name belongs', () => {
    const text = `${app('networks: [edge]\n    labels: {sluice.host: a.test, sluice.network: edge}')}${networks}`;
    expect(check(text)).toEqual([
      expect.stringMatching(
        /^warning network_missing compose.yaml:5 web sluice.network: .* → did you mean shop_edge\?$/,
      ),
    ]);
    expect(check(text.replace('network: edge}', 'network: shop_edge}'))).toEqual([]);
  });

  test('none shared with the router, when it is among the files', () => {
    const text = app('networks: [back]\n    labels: {sluice.host: a.test}');
    expect(check(text + networks)).toEqual([]);
    expect(check(text + router + networks)).toEqual([expect.stringContaining('error network_unreachable')]);
    expect(check(text.replace('[back]', '[back, edge]') + router + networks)).toEqual([]);
    expect(check(text + router.replace('networks: [edge]', 'network_mode: host') + networks)).toEqual([]);
  });

  test('one that the file does not define', () => {
    expect(check(app('networks: [nope]\n    labels: {sluice.host: a.test}'))).toEqual([
      expect.stringContaining('error network_undefined compose.yaml:4 web: no network nope is defined'),
    ]);
  });

  test('the host, which a router in a network of its own cannot reach', () => {
    const text = app('network_mode: host\n    labels: {sluice.host: a.test, sluice.port: 80}');
    expect(check(text)).toEqual([]);
    expect(check(text + router + networks)).toEqual([expect.stringContaining('error network_unreachable')]);
  });

  test('that of another service', () => {
    const vpn = '  vpn: {image: vpn, container_name: tunnel, networks: [edge]}\n';
    const text = `${vpn}${router}${networks}`;
    const labels = '\n    labels: {sluice.host: a.test}';
    expect(check(app(`network_mode: service:vpn${labels}`) + text)).toEqual([]);
    expect(check(app(`network_mode: container:tunnel${labels}`) + text)).toEqual([]);
    expect(check(app(`network_mode: container:elsewhere${labels}`) + text)).toEqual([]);
    expect(check(app(`network_mode: none${labels}`) + text)).toEqual([
      expect.stringContaining('error address_missing'),
    ]);
    expect(check(app(`network_mode: service:web${labels}`) + text)).toEqual([]);
  });
});

describe('the options of the router', () => {
  const traefik = (rest: string) => `services:\n  traefik:\n    image: traefik:v3\n${rest.replace(/^/gm, '    ')}\n`;

  test.for([
    ['command:\n  - --providers.docker\n  - --entripoints.web.address=:80', 6],
    ['command: --providers.docker --entripoints.web.address=:80', 4],
    ['command: [traefik, "--entripoints.web.address=:80"]', 4],
  ] as const)('a mistake in %j has its line', ([text, at]) => {
    expect(check(traefik(text))).toEqual([
      expect.stringMatching(
        new RegExp(`^error static_option compose.yaml:${at} traefik: --entripoints.web.address: there`),
      ),
    ]);
  });

  test('a mistake in a variable', () => {
    expect(check(traefik('environment:\n  - SLUICE_GRACE=soon'))).toEqual([
      'error static_option compose.yaml:5 traefik: SLUICE_GRACE: "soon" is not a duration → write 10s or 1m30s',
    ]);
  });

  const app =
    '  web:\n    expose: [80]\n    labels:\n      traefik.http.routers.a.rule: Host(`a.test`)\n      traefik.http.routers.a.entrypoints: ';
  const entrypoints = 'command: [--providers.docker, "--entrypoints.web.address=:80"]';

  test('labels are judged by them, also when one of them is wrong', () => {
    expect(check(`${traefik(entrypoints)}${app}web`)).toEqual([]);
    expect(check(`${traefik(entrypoints)}${app}websecure`)).toEqual([
      expect.stringContaining('error entrypoint_unknown compose.yaml:9 web traefik.http.routers.a.entrypoints'),
    ]);
    expect(check(`${traefik(entrypoints.replace(']', ', "--workers=many"]'))}${app}websecure`)).toEqual([
      expect.stringContaining('error static_option compose.yaml:4'),
      expect.stringContaining('error entrypoint_unknown compose.yaml:9'),
    ]);
  });

  test('flags of the command line win', () => {
    const flags = ['--entrypoints.websecure.address=:443'];
    expect(check(`${traefik(entrypoints)}${app}websecure`, { flags })).toEqual([]);
    expect(check(web('sluice.port: 80'), { flags: ['--domain', 'example.com'] })).toEqual([]);
    expect(check(web('sluice.port: 80'))).toEqual([expect.stringContaining('warning rule_missing')]);
  });

  test('a file of options is read from where it is mounted', () => {
    const mounted = traefik('volumes: ["./conf/traefik.yml:/etc/traefik/traefik.yml:ro"]');
    const options = 'providers: {docker: {}}\nentryPoints: {web: {address: ":80"}}\n';
    const found = (entrypoint: string) =>
      check(`${mounted}${app}${entrypoint}`, {}, { 'conf/traefik.yml': options }).filter(
        (one) => !one.startsWith('note'),
      );
    expect(found('web')).toEqual([]);
    expect(found('none')).toEqual([expect.stringContaining('error entrypoint_unknown')]);
  });

  test('a file that is not here is a warning', () => {
    expect(check(traefik('command: --config=/etc/sluice.yaml'))).toEqual([
      expect.stringContaining('warning file_not_here compose.yaml:4 traefik: the file /etc/sluice.yaml is not here'),
    ]);
  });

  test('it is known by what it is told when it is built here', () => {
    const built = 'services:\n  edge:\n    build: .\n    command: [--entrypoints.web.address=nonsense]\n';
    expect(check(built)).toEqual([expect.stringContaining('error static_option compose.yaml:4 edge')]);
    expect(check(built.replace('--entrypoints.web.address', '--config'))).toEqual([]);
  });
});

describe('files that labels name', () => {
  const users =
    'services:\n  router:\n    image: sluice\n    volumes: [./users:/etc/users]\n  web:\n    expose: [80]\n    labels:\n      sluice.host: a.test\n      sluice.middlewares: m\n      sluice.http.middlewares.m.basicauth.usersfile: /etc/users\n';

  test('are judged where the router has them from', () => {
    expect(check(users, {}, { users: '' })).toEqual([expect.stringContaining('error middleware_missing')]);
  });

  test('are a warning where they are not', () => {
    expect(check(users)).toEqual([expect.stringContaining('warning file_not_here compose.yaml:2 router')]);
  });

  test('what a file of the router may define is a warning unless there is none', () => {
    const text = web(`${HOST}sluice.middlewares: auth@file`);
    expect(check(text)).toEqual([
      expect.stringContaining('warning middleware_missing compose.yaml:6 web sluice.middlewares: auth@file'),
    ]);
    expect(check(`${text}\n  router: {image: sluice}\n`)).toEqual([
      expect.stringContaining('error middleware_missing'),
    ]);
  });
});

test('two services that claim one host: the later one is told', () => {
  const text = `services:\n  a: {expose: [80], labels: {sluice.host: a.test}}\n  b: {expose: [80], labels: {sluice.host: a.test}}`;
  expect(check(text)).toEqual([expect.stringContaining('error host_conflict compose.yaml:3 b')]);
});

test('services with a profile, and without a container, are judged too', () => {
  expect(check('services: {a: {profiles: [x], labels: {sluice.hots: a}}}')).toHaveLength(1);
  expect(check('services: {a: {deploy: {replicas: 0}, labels: {sluice.hots: a}}}')).toHaveLength(1);
  expect(check('services: {a: {deploy: {replicas: 9}, labels: {sluice.hots: a}}}')).toHaveLength(1);
});

test('what is no compose file is a fault', () => {
  for (const text of ['a: 1', 'services: [', 'just text']) {
    expect(checkStack(['compose.yaml'], [], composeWorld({ 'compose.yaml': text }))).toHaveProperty('faults');
  }
  expect(checkStack(['none.yaml'], [], composeWorld({}))).toMatchObject({
    faults: [{ message: expect.stringContaining('cannot be read') }],
  });
});
