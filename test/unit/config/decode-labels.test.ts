import { describe, expect, test } from 'vitest';
import { decodeLabels, type LabelDefaults } from '../../../src/config/decode-labels.ts';
import { workload } from '../../support/workloads.ts';

const OWN: LabelDefaults = { mode: 'sluice', exposedByDefault: true, defaultHost: undefined };
const TRAEFIK: LabelDefaults = { mode: 'traefik', exposedByDefault: true, defaultHost: 'web' };

type Labels = Readonly<Record<string, string>>;

function decode(labels: Labels, defaults = OWN) {
  return decodeLabels(workload({ labels }), defaults);
}

/** `code label` of each problem. */
function faults(labels: Labels, defaults = OWN): readonly string[] {
  return decode(labels, defaults).problems.map(({ code, label }) => (label === undefined ? code : `${code} ${label}`));
}

const ROUTER = 'traefik.http.routers.web.';
const SERVICE = 'traefik.http.services.web.loadbalancer.';
const MIDDLEWARE = 'traefik.http.middlewares.m.';
const RULE = { [`${ROUTER}rule`]: 'Host(`a.com`)' };

describe('full-form routers', () => {
  test.for<{ labels: Labels; router: object }>([
    {
      labels: {},
      router: { name: 'web', rule: 'Host(`a.com`)', priority: undefined, entryPoints: undefined, middlewares: [] },
    },
    { labels: { priority: '12' }, router: { priority: 12 } },
    { labels: { priority: '-3' }, router: { priority: -3 } },
    { labels: { priority: '0' }, router: { priority: undefined } },
    { labels: { entrypoints: 'web, websecure,' }, router: { entryPoints: ['web', 'websecure'] } },
    {
      labels: { EntryPoints: 'web' },
      router: { entryPoints: ['web'], labels: { entryPoints: `${ROUTER}EntryPoints` } },
    },
    { labels: { middlewares: 'a,b@file' }, router: { middlewares: ['a', 'b@file'] } },
    { labels: { service: 'other@file' }, router: { service: 'other@file' } },
    { labels: { service: 'noop@internal' }, router: { service: 'noop@internal', fault: undefined } },
    { labels: { service: 'api@internal' }, router: { service: 'api@internal', fault: undefined } },
    { labels: { service: '' }, router: { service: 'web' } },
    { labels: {}, router: { ruleSyntax: 'v3' } },
    { labels: { rulesyntax: 'v3' }, router: { ruleSyntax: 'v3', fault: undefined } },
    { labels: { rulesyntax: ' V2 ' }, router: { ruleSyntax: 'v2', fault: undefined } },
    { labels: {}, router: { tls: { mode: 'unsaid' } } },
    { labels: { tls: 'true' }, router: { tls: { mode: 'auto', resolver: undefined, domains: [] } } },
    { labels: { tls: '' }, router: { tls: { mode: 'auto' } } },
    { labels: { tls: 'false', 'tls.certresolver': 'le' }, router: { tls: { mode: 'off' } } },
    { labels: { 'tls.certresolver': 'le' }, router: { tls: { mode: 'auto', resolver: 'le' } } },
    {
      labels: { 'tls.options': 'default' },
      router: { tls: { mode: 'auto' }, tlsOptions: 'default', fault: undefined },
    },
    {
      labels: { 'tls.options': 'mtls@file' },
      router: { tls: { mode: 'auto' }, tlsOptions: 'mtls@file', fault: undefined },
    },
    {
      labels: { 'tls.domains[5].main': 'b.com', 'tls.domains[0].sans': 'x.com, y.com', 'tls.domains[0].main': 'a.com' },
      router: { tls: { domains: [['a.com', 'x.com', 'y.com'], ['b.com']] } },
    },
    { labels: { 'tls.domains[0].main': '' }, router: { tls: { domains: [] } } },
  ])('$labels', ({ labels, router }) => {
    const written = Object.fromEntries(Object.entries(labels).map(([key, value]) => [ROUTER + key, value]));
    const { routers, problems } = decode({ ...RULE, ...written });
    expect(routers).toHaveLength(1);
    expect(routers[0]).toMatchObject(router);
    expect(problems).toEqual([]);
  });

  test.for<{ labels: Labels; problem: string }>([
    { labels: { priority: 'high' }, problem: 'label_value' },
    { labels: { priority: '' }, problem: 'label_value' },
    { labels: { priority: String(Number.MAX_SAFE_INTEGER) }, problem: 'label_value' },
    { labels: { tls: 'yes' }, problem: 'label_value' },
    { labels: { rul: 'x' }, problem: 'label_unknown' },
    { labels: { 'tls.passthrough': 'true' }, problem: 'label_unknown' },
    { labels: { 'tls.domains.main': 'a.com' }, problem: 'label_unknown' },
  ])('$labels disables the router', ({ labels, problem }) => {
    const [[key, value] = ['', '']] = Object.entries(labels);
    const { routers, problems } = decode({ ...RULE, [ROUTER + key]: value });
    expect(routers[0]?.fault).toContain(ROUTER + key);
    expect(problems).toMatchObject([
      {
        severity: 'error',
        code: problem,
        label: ROUTER + key,
        object: 'web@docker',
        container: 'web-1',
        provider: 'docker',
      },
    ]);
  });

  test('one with a fault leaves its neighbour alone', () => {
    const { routers } = decode({ ...RULE, [`${ROUTER}tls`]: 'maybe', 'sluice.http.routers.b.rule': 'Host(`b.com`)' });
    expect(routers.map(({ name, fault }) => [name, fault === undefined])).toEqual([
      ['b', true],
      ['web', false],
    ]);
  });

  test('names differ without regard to case; the byte-wise first spelling stays', () => {
    const { routers } = decode({ 'traefik.http.routers.WEB.rule': 'Host(`a.com`)', [`${ROUTER}priority`]: '3' });
    expect(routers).toMatchObject([{ name: 'WEB', priority: 3 }]);
  });
});

describe('full-form services', () => {
  test.for<{ labels: Labels; service: object }>([
    {
      labels: { 'server.port': '3000' },
      service: { port: 3000, scheme: 'http', passHostHeader: true, url: undefined },
    },
    { labels: { 'server.scheme': 'H2C' }, service: { port: undefined, scheme: 'h2c' } },
    { labels: { 'server.url': ' http://172.18.0.2:80 ' }, service: { url: 'http://172.18.0.2:80' } },
    { labels: { passhostheader: 'false' }, service: { passHostHeader: false } },
    { labels: { PassHostHeader: 'F' }, service: { passHostHeader: false } },
  ])('$labels', ({ labels, service }) => {
    const written = Object.fromEntries(Object.entries(labels).map(([key, value]) => [SERVICE + key, value]));
    const { services, problems } = decode({ ...RULE, ...written });
    expect(services).toMatchObject([{ name: 'web', fault: undefined, ...service }]);
    expect(problems).toEqual([]);
  });

  test.for<{ labels: Labels; problem: string }>([
    { labels: { 'server.port': '0' }, problem: 'label_value' },
    { labels: { 'server.port': '65536' }, problem: 'label_value' },
    { labels: { 'server.port': '80-90' }, problem: 'label_value' },
    { labels: { 'server.scheme': 'ftp' }, problem: 'label_value' },
    { labels: { passhostheader: 'off' }, problem: 'label_value' },
    { labels: { 'server.prot': '80' }, problem: 'label_unknown' },
  ])('$labels is a fault of the service', ({ labels, problem }) => {
    const [[key, value] = ['', '']] = Object.entries(labels);
    const { services, problems } = decode({ ...RULE, [SERVICE + key]: value });
    expect(services[0]?.fault).toContain(SERVICE + key);
    expect(problems).toMatchObject([{ severity: 'error', code: problem, label: SERVICE + key }]);
  });

  test.for(['port', 'scheme'])('a URL and a %s exclude each other', (key) => {
    const labels = {
      [`${SERVICE}server.url`]: 'http://172.18.0.2',
      [`${SERVICE}server.${key}`]: key === 'port' ? '80' : 'http',
    };
    expect(faults({ ...RULE, ...labels })).toEqual([`label_conflict ${SERVICE}server.${key}`]);
  });

  test('middlewares of a service are a protection that is not there', () => {
    const { services } = decode({ ...RULE, 'traefik.http.services.web.middlewares': 'auth' });
    expect(services[0]?.fault).toContain('cannot be given');
  });
});

describe('middlewares', () => {
  test.for<{ labels: Labels; options: object }>([
    { labels: { 'stripprefix.prefixes': '/a, /b' }, options: { type: 'stripPrefix', prefixes: ['/a', '/b'] } },
    {
      labels: { 'stripprefix.prefixes': '/a', 'stripprefix.forceslash': 'false' },
      options: { type: 'stripPrefix', prefixes: ['/a'] },
    },
    { labels: { 'addprefix.prefix': '/a' }, options: { type: 'addPrefix', prefix: '/a' } },
    { labels: { 'AddPrefix.Prefix': 'a' }, options: { type: 'addPrefix', prefix: '/a' } },
    {
      labels: { 'redirectscheme.scheme': 'https' },
      options: { type: 'redirectScheme', scheme: 'https', port: undefined, permanent: false },
    },
    {
      labels: { 'redirectscheme.scheme': 'HTTP', 'redirectscheme.port': '8080', 'redirectscheme.permanent': '1' },
      options: { type: 'redirectScheme', scheme: 'http', port: '8080', permanent: true },
    },
  ])('$labels', ({ labels, options }) => {
    const written = Object.fromEntries(Object.entries(labels).map(([key, value]) => [MIDDLEWARE + key, value]));
    const { middlewares, problems } = decode({ ...RULE, ...written });
    expect(middlewares).toMatchObject([{ name: 'm', options }]);
    expect(problems).toEqual([]);
  });

  test.for<{ labels: Labels; code: string; reason: string }>([
    { labels: { 'stripprefix.prefixes': '' }, code: 'label_value', reason: 'stripprefix.prefixes is missing' },
    { labels: { 'stripprefix.forceslash': 'true' }, code: 'label_value', reason: 'stripprefix.prefixes is missing' },
    { labels: { 'stripprefix.prefixes': '/a?b' }, code: 'label_value', reason: 'not the start of a path' },
    { labels: { 'addprefix.prefix': '' }, code: 'label_value', reason: 'addprefix.prefix is missing' },
    { labels: { 'redirectscheme.permanent': 'true' }, code: 'label_value', reason: 'redirectscheme.scheme is missing' },
    { labels: { 'redirectscheme.scheme': 'ftp' }, code: 'label_value', reason: 'not a value' },
    {
      labels: { 'redirectscheme.port': 'x', 'redirectscheme.scheme': 'https' },
      code: 'label_value',
      reason: 'not a port',
    },
    { labels: { 'addprefix.prefx': '/a' }, code: 'label_value', reason: 'no such label' },
    { labels: { headers: 'true' }, code: 'label_value', reason: 'no such label' },
    { labels: { compress: 'true' }, code: 'middleware_unsupported', reason: 'type compress' },
    { labels: { 'ratelimit.average': '5' }, code: 'middleware_unsupported', reason: 'type ratelimit' },
    { labels: { 'plugin.foo.bar.baz': 'a' }, code: 'middleware_unsupported', reason: 'type plugin' },
    { labels: { 'forwardauth.address': 'http://x' }, code: 'middleware_unsupported', reason: 'type forwardauth' },
  ])('$labels stays known and cannot be used', ({ labels, code, reason }) => {
    const written = Object.fromEntries(Object.entries(labels).map(([key, value]) => [MIDDLEWARE + key, value]));
    const { middlewares } = decode({ ...RULE, ...written });
    expect(middlewares).toMatchObject([
      { name: 'm', options: { type: 'unusable', code, reason: expect.stringContaining(reason) as string } },
    ]);
  });
});

describe('shorthand', () => {
  test.for<{ labels: Labels; rules: readonly string[] }>([
    { labels: { host: 'a.com' }, rules: ['Host(`a.com`)'] },
    { labels: { host: 'a.com,,A.com, b.com' }, rules: ['Host(`a.com`)', 'Host(`b.com`)'] },
    { labels: { host: 'a.com/' }, rules: ['Host(`a.com`)'] },
    { labels: { host: 'a.com/x//' }, rules: ['Host(`a.com`) && (Path(`/x`) || PathPrefix(`/x/`))'] },
    { labels: { host: '[fd00::1]/x' }, rules: ['Host(`fd00::1`) && (Path(`/x`) || PathPrefix(`/x/`))'] },
  ])('$labels', ({ labels, rules }) => {
    const written = Object.fromEntries(Object.entries(labels).map(([key, value]) => [`sluice.${key}`, value]));
    const { routers, problems } = decode(written);
    expect(routers.map(({ rule }) => rule)).toEqual(rules);
    expect(problems).toEqual([]);
  });

  test('a wildcard yields to an exact host of the same length', () => {
    const { routers } = decode({ 'sluice.host': '*.a.com' });
    expect(routers[0]?.priority).toBe('Host(`*.a.com`)'.length - 1);
  });

  test.for<{ labels: Labels; problem: string }>([
    { labels: { host: '' }, problem: 'label_value sluice.host' },
    { labels: { host: 'a.com', tls: 'on' }, problem: 'label_value sluice.tls' },
    { labels: { host: 'a.com', scheme: 'ftp' }, problem: 'label_value sluice.scheme' },
    { labels: { host: 'a.com', port: '0' }, problem: 'label_value sluice.port' },
    { labels: { host: 'a.com/a b' }, problem: 'label_value sluice.host' },
    { labels: { host: 'a.com/`x' }, problem: 'label_value sluice.host' },
    { labels: { host: '*' }, problem: 'label_value sluice.host' },
    { labels: { host: 'a.com', auth: '' }, problem: 'label_value sluice.auth' },
    { labels: { host: 'a.com', auth: 'forward:http://x' }, problem: 'not_acted_on sluice.auth' },
    { labels: { host: 'a.com', allow: ' , ' }, problem: 'label_value sluice.allow' },
    { labels: { host: 'a.com', redirect: 'http://b.com' }, problem: 'label_value sluice.redirect' },
    { labels: { host: 'a.com', redirect: 'b.com/x' }, problem: 'label_value sluice.redirect' },
    { labels: { host: 'a.com', redirect: 'a.com' }, problem: 'label_value sluice.redirect' },
    { labels: { host: '*.a.com', redirect: 'b.com' }, problem: 'label_value sluice.redirect' },
    { labels: { host: 'a.com', 'headers.X Y': 'a' }, problem: 'label_value sluice.headers.X Y' },
    { labels: { host: 'a.com', 'tls.certresolver': 'x' }, problem: 'label_unknown sluice.tls.certresolver' },
    { labels: { host: 'a.com', 'http.port': '1' }, problem: 'label_unknown sluice.http.port' },
  ])('$labels', ({ labels, problem }) => {
    const written = Object.fromEntries(Object.entries(labels).map(([key, value]) => [`sluice.${key}`, value]));
    expect(faults(written)).toContain(problem);
  });

  test.for(['http', 'tcp', 'udp', 'tls', 'health', 'headers', 'host', 'enable', 'docker'])(
    '%s is no name of a site',
    (name) => {
      const { routers } = decode({ [`sluice.${name}.host`]: 'a.com', 'sluice.ok.host': 'b.com' });
      expect(routers.map((router) => router.name)).toEqual(['web-ok']);
    },
  );

  test('the service of a site has its port, scheme and network', () => {
    const { services } = decode({
      'sluice.host': 'a.com',
      'sluice.port': '3000',
      'sluice.api.host': 'b.com',
      'sluice.api.scheme': 'h2c',
      'sluice.api.network': 'back',
    });
    expect(services).toMatchObject([
      { name: 'web', port: 3000, scheme: 'http', network: undefined },
      { name: 'web-api', port: undefined, scheme: 'h2c', network: 'back' },
    ]);
  });
});

describe('which containers take part', () => {
  test.for<{ title: string; labels: Labels; defaults?: LabelDefaults; routers: readonly string[] }>([
    { title: 'without labels: no', labels: {}, routers: [] },
    { title: 'with labels of others: no', labels: { 'com.example.host': 'a.com' }, routers: [] },
    { title: 'hidden by either prefix', labels: { ...RULE, 'sluice.enable': 'false' }, routers: [] },
    {
      title: 'sluice.enable wins',
      labels: { ...RULE, 'sluice.enable': 'true', 'traefik.enable': 'false' },
      routers: ['web'],
    },
    {
      title: 'enabled with a domain',
      labels: { 'traefik.enable': 'true' },
      defaults: { ...OWN, defaultHost: 'web.a.com' },
      routers: ['web'],
    },
    {
      title: 'without labels but with a domain: no',
      labels: {},
      defaults: { ...OWN, defaultHost: 'web.a.com' },
      routers: [],
    },
    {
      title: 'only a middleware, with a domain: no',
      labels: { [`${MIDDLEWARE}addprefix.prefix`]: '/a' },
      defaults: { ...OWN, defaultHost: 'web.a.com' },
      routers: [],
    },
    { title: 'Traefik: without labels', labels: {}, defaults: TRAEFIK, routers: ['web'] },
    {
      title: 'Traefik: two services and no router',
      labels: { [`${SERVICE}server.port`]: '1', 'traefik.http.services.b.loadbalancer.server.port': '2' },
      defaults: TRAEFIK,
      routers: [],
    },
    {
      title: 'Traefik: only TCP',
      labels: { 'traefik.tcp.routers.a.rule': 'HostSNI(`*`)' },
      defaults: TRAEFIK,
      routers: [],
    },
    {
      title: 'Traefik: TCP and a middleware',
      labels: { 'traefik.tcp.routers.a.rule': 'x', [`${MIDDLEWARE}addprefix.prefix`]: '/a' },
      defaults: TRAEFIK,
      routers: ['web'],
    },
    { title: 'Traefik: a site is a router', labels: { 'sluice.host': 'a.com' }, defaults: TRAEFIK, routers: ['web'] },
    {
      title: 'Traefik: not exposed by default',
      labels: RULE,
      defaults: { ...TRAEFIK, exposedByDefault: false },
      routers: [],
    },
    {
      title: 'Traefik: enabled',
      labels: { ...RULE, 'traefik.enable': '1' },
      defaults: { ...TRAEFIK, exposedByDefault: false },
      routers: ['web'],
    },
  ])('$title', ({ labels, defaults = OWN, routers }) => {
    expect(decode(labels, defaults).routers.map(({ name }) => name)).toEqual(routers);
  });

  test('a router without a rule takes the default host', () => {
    expect(decode({ [`${ROUTER}priority`]: '3' }, TRAEFIK).routers[0]).toMatchObject({
      rule: 'Host(`web`)',
      priority: 3,
    });
  });

  test('a hidden container has no problems', () => {
    expect(faults({ 'sluice.enable': 'false', 'sluice.hots': 'a.com', 'sluice.prot': 'x' })).toEqual([]);
  });
});

describe('the network of a container', () => {
  test.for<{ labels: Labels; network: object | undefined }>([
    { labels: {}, network: undefined },
    { labels: { 'traefik.docker.network': 'a' }, network: { name: 'a', label: 'traefik.docker.network' } },
    {
      labels: { 'sluice.network': 'b', 'traefik.docker.network': 'a' },
      network: { name: 'b', label: 'sluice.network' },
    },
    {
      labels: { 'sluice.docker.network': 'c', 'traefik.docker.network': 'a' },
      network: { name: 'c', label: 'sluice.docker.network' },
    },
    { labels: { 'traefik.docker.network': ' ' }, network: undefined },
  ])('$labels', ({ labels, network }) => {
    expect(decode({ ...RULE, ...labels }).network).toEqual(network);
  });
});

describe('labels too long to mean anything', () => {
  const LONG = 'x'.repeat(65_537);

  test.for<{ labels: Labels; faults: readonly string[] }>([
    { labels: { 'sluice.host': LONG }, faults: ['label_value sluice.host'] },
    { labels: { 'sluice.host': 'a.com', 'sluice.middlewares': LONG }, faults: ['label_value sluice.middlewares'] },
    { labels: { ...RULE, [`${ROUTER}middlewares`]: LONG }, faults: [`label_value ${ROUTER}middlewares`] },
  ])('a value disables what it belongs to: $faults', ({ labels, faults: expected }) => {
    expect(faults(labels)).toEqual(expected);
    expect(decode(labels).routers.filter(({ fault }) => fault === undefined)).toEqual([]);
  });

  test('a value of enable hides the container', () => {
    expect(decode({ ...RULE, 'traefik.enable': LONG }).routers).toEqual([]);
  });

  test('a name is told in short and not read', () => {
    const { routers, problems } = decode({ ...RULE, [`traefik.http.routers.${LONG}.rule`]: 'Host(`b.com`)' });
    expect(routers.map(({ name }) => name)).toEqual(['web']);
    expect(problems).toMatchObject([{ code: 'label_unknown', message: expect.stringContaining('65563 characters') }]);
    expect(problems[0]?.label?.length).toBeLessThan(100);
  });
});
