import { describe, expect, test } from 'vitest';
import { decodeLabels } from '../../../src/config/decode-labels.ts';
import { compile, workload } from '../../support/workloads.ts';

const DEFAULTS = { mode: 'sluice', exposedByDefault: true, defaultHost: undefined } as const;
const FULL = { 'traefik.http.routers.web.rule': 'Host(`a.com`)' };
const CHECK = 'traefik.http.services.web.loadbalancer.healthcheck.';
const SITE = { 'sluice.host': 'a.com' };
const SITE_CHECK = { ...SITE, 'sluice.health': '/up' };
const FULL_CHECK = { ...FULL, [`${CHECK}path`]: '/up' };

type Labels = Readonly<Record<string, string>>;

function decode(labels: Labels) {
  const { services, problems, routers } = decodeLabels(workload({ labels }), DEFAULTS);
  return { check: services[0]!.check, problems, routers };
}

/** What a check is when labels say nothing but that there is one. */
const OURS = {
  mode: 'http',
  path: '/up',
  method: 'GET',
  status: [[200, 399]],
  headers: [],
  followRedirects: false,
  intervalMs: 10_000,
  unhealthyIntervalMs: 10_000,
  timeoutMs: 5_000,
  fall: 3,
  rise: 2,
};
const TRAEFIKS = {
  ...OURS,
  followRedirects: true,
  intervalMs: 30_000,
  unhealthyIntervalMs: 30_000,
  fall: 1,
  rise: 1,
};
/** What has no meaning where there is no request. */
const NO_REQUEST = { path: '', method: '', status: [], followRedirects: false };
const TCP = { ...OURS, mode: 'tcp', path: '', method: '', status: [] };

describe('the shorthand', () => {
  test.for<[Labels, object | undefined]>([
    [{}, undefined],
    [{ health: '/up' }, OURS],
    [{ 'health.path': '/up' }, OURS],
    [{ health: ' /up?a=b&c ' }, { ...OURS, path: '/up?a=b&c' }],
    [{ health: 'tcp' }, TCP],
    [{ 'health.mode': 'TCP' }, TCP],
    [
      { 'health.mode': 'tcp', 'health.port': '9000', 'health.fall': '1' },
      { ...TCP, port: 9000, fall: 1 },
    ],
    // HAProxy's `inter 5s fall 3 rise 2`.
    [
      { health: '/up', 'health.interval': '5s', 'health.fall': '3', 'health.rise': '2' },
      { ...OURS, intervalMs: 5000, unhealthyIntervalMs: 5000, fall: 3, rise: 2 },
    ],
    [
      { health: '/up', 'health.interval': '100ms', 'health.timeout': '20s' },
      { ...OURS, intervalMs: 100, unhealthyIntervalMs: 100, timeoutMs: 20_000 },
    ],
    [
      { health: '/up', 'health.unhealthyinterval': '1s' },
      { ...OURS, unhealthyIntervalMs: 1000 },
    ],
    [
      { health: '/up', 'health.status': '200, 204,300-399' },
      {
        ...OURS,
        status: [
          [200, 200],
          [204, 204],
          [300, 399],
        ],
      },
    ],
    [
      { health: '/up', 'health.method': 'head' },
      { ...OURS, method: 'HEAD' },
    ],
    [
      { health: '/up', 'health.host': 'App.Example.com' },
      { ...OURS, host: 'app.example.com' },
    ],
    [
      { health: '/up', 'health.host': 'example.com:8080' },
      { ...OURS, host: 'example.com:8080' },
    ],
    [
      { health: '/up', 'health.host': '[2001:db8::1]:8080' },
      { ...OURS, host: '[2001:db8::1]:8080' },
    ],
    [
      { health: '/up', 'health.port': '9000', 'health.scheme': 'https' },
      { ...OURS, scheme: 'https', port: 9000 },
    ],
    [
      { health: '/up', 'health.scheme': 'h2c', 'health.followredirects': 'true' },
      { ...OURS, scheme: 'h2c', followRedirects: true },
    ],
    [
      { health: '/up', 'health.headers.X-Probe': ' yes ', 'health.headers.X-Empty': '' },
      { ...OURS, headers: [['X-Probe', 'yes']] },
    ],
    [{ health: 'grpc' }, { ...OURS, ...NO_REQUEST, mode: 'grpc' }],
    [
      { health: '/up', 'health.mode': 'grpc', 'health.port': '9000', 'health.fall': '1' },
      { ...OURS, ...NO_REQUEST, mode: 'grpc', port: 9000, fall: 1 },
    ],
  ])('%j', ([labels, check]) => {
    const named = Object.fromEntries(Object.entries(labels).map(([key, value]) => [`sluice.${key}`, value]));
    const decoded = decode({ ...SITE, ...named });
    expect(decoded.check).toEqual(check);
    expect(decoded.problems).toEqual([]);
  });
});

describe("Traefik's form has its defaults: one failure, one pass", () => {
  test.for<[Labels, object | undefined]>([
    [{}, undefined],
    [{ path: '/up' }, TRAEFIKS],
    [
      { path: '/up', interval: '10', unhealthyinterval: '2s', timeout: '3s', mode: 'http' },
      { ...TRAEFIKS, intervalMs: 10_000, unhealthyIntervalMs: 2000, timeoutMs: 3000 },
    ],
    [
      { path: '/up', hostname: 'a.com', port: '81', scheme: 'https', method: 'HEAD', status: '204' },
      { ...TRAEFIKS, method: 'HEAD', scheme: 'https', host: 'a.com', port: 81, status: [[204, 204]] },
    ],
    [
      { path: '/up', followredirects: 'false', 'headers.X-Probe': '1' },
      { ...TRAEFIKS, followRedirects: false, headers: [['X-Probe', '1']] },
    ],
  ])('%j', ([labels, check]) => {
    const named = Object.fromEntries(Object.entries(labels).map(([key, value]) => [CHECK + key, value]));
    const decoded = decode({ ...FULL, ...named });
    expect(decoded.check).toEqual(check);
    expect(decoded.problems).toEqual([]);
  });

  test.for([FULL, FULL_CHECK])('the health protocol of gRPC needs no path', (labels) => {
    const { check, problems } = decode({
      ...labels,
      [`${CHECK}mode`]: 'gRPC',
      [`${CHECK}interval`]: '5s',
      [`${CHECK}port`]: '81',
      [`${CHECK}scheme`]: 'https',
      [`${CHECK}hostname`]: 'a.com',
    });
    expect(check).toEqual({
      ...TRAEFIKS,
      ...NO_REQUEST,
      mode: 'grpc',
      intervalMs: 5000,
      unhealthyIntervalMs: 5000,
      scheme: 'https',
      host: 'a.com',
      port: 81,
    });
    expect(problems).toEqual([]);
  });
});

describe('a wrong option leaves its default, and never costs the site', () => {
  test.for([
    [SITE_CHECK, 'sluice.health.interval', 'abc', '10s'],
    [SITE_CHECK, 'sluice.health.interval', '99ms', '100ms or more'],
    [SITE_CHECK, 'sluice.health.interval', '25h', '24h or less'],
    [SITE_CHECK, 'sluice.health.unhealthyinterval', '1ms', '100ms or more'],
    [SITE_CHECK, 'sluice.health.timeout', '-1s', '10s'],
    [SITE_CHECK, 'sluice.health.timeout', '0', '1ms or more'],
    [SITE_CHECK, 'sluice.health.status', '99', '500-599'],
    [SITE_CHECK, 'sluice.health.status', '399-200', '500-599'],
    [SITE_CHECK, 'sluice.health.fall', '0', 'from 1 to 100'],
    [SITE_CHECK, 'sluice.health.rise', 'two', 'from 1 to 100'],
    [SITE_CHECK, 'sluice.health.mode', 'udp', 'http, tcp or grpc'],
    [SITE_CHECK, 'sluice.health.method', 'GET /', 'GET, HEAD'],
    [SITE_CHECK, 'sluice.health.method', 'connect', 'GET, HEAD'],
    [SITE_CHECK, 'sluice.health.host', 'http://a.com', 'without scheme'],
    [SITE_CHECK, 'sluice.health.host', 'a.com:0', 'without scheme'],
    [SITE_CHECK, 'sluice.health.host', '*.a.com', 'without scheme'],
    [SITE_CHECK, 'sluice.health.port', '70000', 'from 1 to 65535'],
    [SITE_CHECK, 'sluice.health.scheme', 'ftp', 'http, https or h2c'],
    [SITE_CHECK, 'sluice.health.followredirects', 'yes', 'write true'],
  ] as const)('%j %s=%s', ([labels, label, value, hint]) => {
    const { check, problems, routers } = decode({ ...labels, [label]: value });
    expect(check).toEqual(OURS);
    expect(problems).toMatchObject([{ severity: 'error', code: 'label_value', label }]);
    expect(problems[0]?.message).toContain(`"${value}"`);
    expect(problems[0]?.hint).toContain(hint);
    expect(routers).toMatchObject([{ fault: undefined }]);
  });

  test.for([
    [`${CHECK}interval`, '', '10s'],
    [`${CHECK}port`, '70000', 'from 1 to 65535'],
    [`${CHECK}mode`, 'tcp', 'http or grpc'],
    [`${CHECK}followredirects`, '2', 'true or false'],
  ] as const)('%s=%s', ([label, value, hint]) => {
    const { check, problems, routers } = decode({ ...FULL_CHECK, [label]: value });
    expect(check).toEqual(TRAEFIKS);
    expect(problems).toMatchObject([{ severity: 'error', code: 'label_value', label }]);
    expect(problems[0]?.hint).toContain(hint);
    expect(routers).toMatchObject([{ fault: undefined }]);
  });

  test.for([
    ['sluice.health.headers.Host', 'b.com', 'sluice.health.host=b.com'],
    [`sluice.health.headers.Transfer-Encoding`, 'chunked', 'remove it'],
    ['sluice.health.headers.a b', '1', 'letters'],
    ['sluice.health.headers.X-Two', 'a\nb', 'one line'],
  ] as const)('%s=%j', ([label, value, hint]) => {
    const { check, problems, routers } = decode({ ...SITE_CHECK, [label]: value });
    expect(check).toEqual(OURS);
    expect(problems).toMatchObject([{ severity: 'error', code: 'label_value', label }]);
    expect(problems[0]?.hint).toContain(hint);
    expect(routers).toMatchObject([{ fault: undefined }]);
  });

  test('the value of a header is never shown', () => {
    const { problems } = decode({ ...SITE_CHECK, 'sluice.health.headers.Authorization': 's3cret\u0007' });
    expect(problems).toHaveLength(1);
    expect(JSON.stringify(problems)).not.toContain('s3cret');
  });
});

describe('without a path nothing is checked, and the site is served', () => {
  test.for([
    ['sluice.health', 'http://localhost/up', '/health'],
    ['sluice.health', '//localhost/up', '/health'],
    ['sluice.health', 'up', '/health, or tcp'],
    ['sluice.health', '/up me', '/health'],
    ['sluice.health', '/up#top', '/health'],
    ['sluice.health', '', 'remove the label'],
    ['sluice.health', 'off', 'remove the label'],
    ['sluice.health.path', 'up', '/health, or tcp'],
  ] as const)('%s=%s', ([label, value, hint]) => {
    const { check, problems, routers } = decode({ ...SITE, [label]: value });
    expect(check).toBeUndefined();
    expect(problems).toMatchObject([{ severity: 'error', code: 'label_value', label }]);
    expect(problems[0]?.message).toContain('nothing is checked');
    expect(problems[0]?.hint).toContain(hint);
    expect(routers).toMatchObject([{ fault: undefined }]);
  });

  test.for([
    [SITE, 'sluice.health.interval', 'sluice.health=/path'],
    [FULL, `${CHECK}interval`, 'loadbalancer.healthcheck.path=/path'],
  ] as const)('options alone are no check: %j %s', ([labels, label, hint]) => {
    const { check, problems, routers } = decode({ ...labels, [label]: '5s' });
    expect(check).toBeUndefined();
    expect(problems).toMatchObject([{ severity: 'error', code: 'label_conflict', label }]);
    expect(problems[0]?.hint).toContain(hint);
    expect(routers).toMatchObject([{ fault: undefined }]);
  });

  test('of two paths the short one counts, with a warning', () => {
    const { check, problems } = decode({ ...SITE_CHECK, 'sluice.health.path': '/other' });
    expect(check).toEqual(OURS);
    expect(problems).toMatchObject([{ severity: 'warning', code: 'label_conflict', label: 'sluice.health.path' }]);
  });
});

describe('servers', () => {
  const replica = (name: string, address: string, labels: Labels) =>
    workload({ name, baseName: 'web', networks: [{ network: 'edge', address }], labels: { ...SITE, ...labels } });
  const ids = (workloads: Parameters<typeof compile>[0]) =>
    compile(workloads).snapshot.services.flatMap(({ servers }) => servers.map(({ id }) => id));

  test('have the check, and an identity of their own', () => {
    const { snapshot, config } = compile([replica('web-1', '172.18.0.2', { 'sluice.health': '/up' })]);
    expect(snapshot.services[0]?.servers).toMatchObject([
      { id: expect.stringMatching(/^id-web-1\/172\.18\.0\.2:80 [0-9a-f]{8}$/), check: OURS },
    ]);
    expect(config.services[0]?.check).toEqual(OURS);
    expect(ids([replica('web-1', '172.18.0.2', {})])).toEqual(['id-web-1/172.18.0.2:80']);
  });

  test('of two checks of one address are two', () => {
    const labels = {
      'sluice.one.host': 'one.com',
      'sluice.one.health': '/one',
      'sluice.two.host': 'two.com',
      'sluice.two.health': '/two',
    };
    const [one, two] = ids([workload({ labels })]);
    expect(one).not.toBe(two);
    expect(ids([workload({ labels })])).toEqual([one, two]);
  });

  test('of replicas that are checked alike are united; one that is checked otherwise is left out', () => {
    const alike = [
      replica('web-1', '172.18.0.2', { 'sluice.health': '/up' }),
      replica('web-2', '172.18.0.3', { 'sluice.health.path': '/up' }),
    ];
    expect(compile(alike).problems).toEqual([]);
    expect(ids(alike)).toHaveLength(2);
    const unlike = [...alike, replica('web-3', '172.18.0.4', { 'sluice.health': '/other' })];
    expect(compile(unlike).problems).toMatchObject([{ code: 'service_conflict', container: 'web-3' }]);
    expect(ids(unlike)).toHaveLength(2);
  });

  test('keep no more headers than a person writes', () => {
    const many = Array.from({ length: 20_000 }, (_, at) => [`sluice.health.headers.x-${at}`, 'y'] as const);
    const { check } = decode({ ...SITE_CHECK, ...Object.fromEntries(many) });
    expect(check?.headers.length).toBe(50);
  });
});
