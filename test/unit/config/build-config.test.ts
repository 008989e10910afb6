import { describe, expect, test } from 'vitest';
import { buildConfig } from '../../../src/config/build-config.ts';
import type { Workload } from '../../../src/config/workload.ts';
import { compile, PLACE, staticConfig, traefikConfig, workload } from '../../support/workloads.ts';

const HOST = { 'sluice.host': 'a.com' };

function build(workloads: readonly Workload[], config = staticConfig()) {
  return buildConfig(workloads, PLACE, config);
}

function replica(name: string, changes: Partial<Workload> = {}): Workload {
  const address = `172.18.0.${name.length + Number(name.at(-1))}`;
  return workload({ name, baseName: 'web', labels: HOST, networks: [{ network: 'edge', address }], ...changes });
}

describe('containers of one service', () => {
  test('are servers of one service, and one router', () => {
    const { config, problems } = build([replica('web-2', { createdAt: 5 }), replica('web-1', { createdAt: 9 })]);
    expect(problems).toEqual([]);
    expect(config.routers).toMatchObject([
      { name: 'web@docker', containers: ['web-1', 'web-2'], createdAt: 5, running: true },
    ]);
    expect(config.services).toMatchObject([
      { name: 'web@docker', containers: ['web-1', 'web-2'], servers: [{ container: 'web-1' }, { container: 'web-2' }] },
    ]);
  });

  test('keep the router while none of them runs', () => {
    const { config, problems } = build([replica('web-1', { running: false, networks: [], ports: [] })]);
    expect(problems).toEqual([]);
    expect(config.routers).toMatchObject([{ name: 'web@docker', running: false, disabled: undefined }]);
    expect(config.services).toMatchObject([{ servers: [] }]);
  });

  test('serve while one of them has no port', () => {
    const { config, problems } = build([replica('web-1', { ports: [] }), replica('web-2')]);
    expect(config.routers).toMatchObject([{ disabled: undefined }]);
    expect(config.services).toMatchObject([{ servers: [{ container: 'web-2' }] }]);
    expect(problems).toMatchObject([{ code: 'port_missing', container: 'web-1', object: 'web@docker' }]);
  });

  test('pass their health on', () => {
    const { config } = build([replica('web-1', { health: 'unhealthy' }), replica('web-2', { health: 'starting' })]);
    expect(config.services[0]?.servers.map(({ health }) => health)).toEqual(['unhealthy', 'starting']);
  });
});

describe('unequal definitions of one name', () => {
  const other = { 'sluice.host': 'b.com' };

  test('the older keeps it, whatever the order of the list', () => {
    const older = replica('web-1', { createdAt: 1 });
    const newer = replica('web-2', { createdAt: 2, labels: other });
    for (const list of [
      [older, newer],
      [newer, older],
    ]) {
      const { config, problems } = build(list);
      expect(config.routers).toMatchObject([{ rule: 'Host(`a.com`)', containers: ['web-1'] }]);
      expect(problems).toMatchObject([{ severity: 'error', code: 'router_conflict', container: 'web-2' }]);
    }
  });

  test('one that runs goes before one that does not', () => {
    const { config, problems } = build([
      replica('web-1', { createdAt: 1, running: false }),
      replica('web-2', { createdAt: 2, labels: other }),
    ]);
    expect(config.routers).toMatchObject([{ rule: 'Host(`b.com`)' }]);
    expect(problems).toMatchObject([{ severity: 'warning', code: 'router_conflict', container: 'web-1' }]);
  });

  test('of equal age the id decides', () => {
    const { config } = build([replica('web-2', { labels: other }), replica('web-1')]);
    expect(config.routers).toMatchObject([{ containers: ['web-1'] }]);
  });
});

describe('server identity', () => {
  test.for<{ title: string; changes: Partial<Workload>; ids: string[] }>([
    { title: 'container, address and port', changes: {}, ids: ['id-web-1/172.18.0.2:80'] },
    {
      title: 'IPv6 in brackets',
      changes: { networks: [{ network: 'edge', address: 'fd00::2' }] },
      ids: ['id-web-1/[fd00::2]:80'],
    },
    {
      title: 'the URL in a file',
      changes: { provider: 'file', urls: ['http://x:1', 'http://x:2'] },
      ids: ['http://x:1', 'http://x:2'],
    },
  ])('$title', ({ changes, ids }) => {
    const { config } = build([workload({ labels: HOST, ...changes })]);
    expect(config.services[0]?.servers.map(({ id }) => id)).toEqual(ids);
  });
});

describe('an entry of a file', () => {
  const entry = (changes: Partial<Workload>) =>
    workload({ provider: 'file', networks: [], ports: [], urls: [], ...changes });

  test('without servers says so', () => {
    const { config, problems } = build([entry({ labels: HOST })]);
    expect(problems).toMatchObject([{ code: 'address_missing', hint: 'add servers: [http://host:port]' }]);
    expect(config.routers).toMatchObject([{ disabled: 'the entry names no server' }]);
  });

  test('without a host says so', () => {
    const { problems } = build([entry({ urls: ['http://x'] })]);
    expect(problems).toMatchObject([{ code: 'rule_missing', hint: 'add the label sluice.host' }]);
  });

  test('with only a middleware needs neither', () => {
    const { config, problems } = build([entry({ labels: { 'sluice.http.middlewares.m.addprefix.prefix': '/a' } })]);
    expect(problems).toEqual([]);
    expect(config.middlewares).toMatchObject([{ name: 'm@file' }]);
  });

  test('is exposed even where containers are not by default', () => {
    const docker = { endpoint: 'x', certPath: undefined, exposedByDefault: false, network: undefined };
    const { config } = build([entry({ labels: HOST, urls: ['http://x'] })], traefikConfig({ docker }));
    expect(config.routers).toHaveLength(1);
  });

  test('may name servers anywhere', () => {
    const labels = { ...HOST, 'sluice.http.services.web.loadbalancer.server.url': 'http://elsewhere:1' };
    const { config, problems } = build([entry({ labels })]);
    expect(problems).toEqual([]);
    expect(config.services).toMatchObject([{ servers: [{ host: 'elsewhere', port: 1 }] }]);
  });
});

test('a label may name servers elsewhere when the operator allows it', () => {
  const labels = { ...HOST, 'sluice.http.services.web.loadbalancer.server.url': 'http://elsewhere:1' };
  expect(build([workload({ labels })]).problems).toMatchObject([{ code: 'server_foreign' }]);
  const { config, problems } = build([workload({ labels })], staticConfig({ allowForeignServers: true }));
  expect(problems).toEqual([]);
  expect(config.services[0]?.servers).toMatchObject([{ id: 'id-web-1/elsewhere:1', host: 'elsewhere' }]);
});

test('a container that asks for nothing and has no port is left alone', () => {
  const { config, problems } = build([workload({ ports: [] })], traefikConfig());
  expect(config).toEqual({ routers: [], broken: [], services: [], middlewares: [], transports: [] });
  expect(problems).toMatchObject([{ severity: 'warning', code: 'port_missing' }]);
});

test('a rule that does not parse leaves out its router alone', () => {
  const labels = { 'sluice.http.routers.bad.rule': 'Host(`a`', 'sluice.http.routers.good.rule': 'Host(`b`)' };
  const { config, problems } = build([workload({ labels })]);
  expect(config.routers.map(({ name }) => name)).toEqual(['good@docker']);
  expect(problems).toMatchObject([
    { code: 'rule_syntax', object: 'bad@docker', label: 'sluice.http.routers.bad.rule', column: 9 },
  ]);
});

test('no workloads are a valid configuration', () => {
  expect(build([])).toEqual({
    config: { routers: [], broken: [], services: [], middlewares: [], transports: [] },
    problems: [],
  });
});

describe('what was built before is used again', () => {
  const config = staticConfig();
  const one = workload({ name: 'a-1', labels: { 'sluice.host': 'a.com', 'sluice.nonsense': 'x' } });
  const two = workload({ name: 'b-1', labels: { 'sluice.host': 'b.com' }, ports: [] });

  test('with the same outcome, problems included', () => {
    const fresh = build([one, two], staticConfig());
    expect(fresh.problems.map(({ container }) => container)).toEqual(['a-1', 'b-1']);
    expect(build([one, two], config)).toEqual(fresh);
    expect(build([one, two], config)).toEqual(fresh);
  });

  test('but not for other facts', () => {
    expect(build([one, { ...two, ports: [80] }], config)).toEqual(
      build([one, { ...two, ports: [80] }], staticConfig()),
    );
  });

  test('nor for another place of the router', () => {
    const elsewhere = { networks: ['other'] };
    expect(buildConfig([one], elsewhere, config)).toEqual(buildConfig([one], elsewhere, staticConfig()));
    expect(buildConfig([one], elsewhere, config)).not.toEqual(buildConfig([one], PLACE, config));
  });
});

test('as many problems as a container likes', () => {
  const REWRITES = 'sluice.http.middlewares.m.errors.statusrewrites.x';
  const labels = Object.fromEntries(Array.from({ length: 150_000 }, (_, index) => [`${REWRITES}${index}`, '']));
  expect(build([workload({ labels })]).problems.length).toBeGreaterThanOrEqual(150_000);
});

describe('a definition does not say a provider, a reference may', () => {
  const services = { 'sluice.http.services.bank@file.loadbalancer.server.port': '80' };
  const router = { 'sluice.http.routers.r.rule': 'Host(`r.test`)' };
  const users = 'fay:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=';

  test.each([
    ['a middleware', { 'sluice.http.middlewares.auth@file.addprefix.prefix': '/x' }],
    ['a middleware of its own provider', { 'sluice.http.middlewares.auth@docker.basicauth.users': users }],
    ['a service', services],
    ['a service that a router gets by default', { ...services, ...router }],
    ['a service of the router itself', { 'sluice.http.services.api@internal.loadbalancer.server.port': '80' }],
    ['a router', { 'sluice.http.routers.x@internal.rule': 'Host(`x.test`)' }],
    ['a router by a mistyped key', { 'sluice.http.routers.x@internal.rul': 'Host(`x.test`)' }],
    ['a site', { 'sluice.x@file.host': 'x.test' }],
    ['a site with middlewares of its own', { 'sluice.x@file.host': 'x.test', 'sluice.x@file.auth': users }],
    ['a transport', { 'sluice.http.serversTransports.inner@file.insecureSkipVerify': 'true' }],
  ])('%s', (_, labels) => {
    const { config, problems } = build([workload({ labels })]);
    const { routers, services: built, middlewares, transports, broken } = config;
    const names = [...routers, ...built, ...middlewares, ...transports, ...broken].map(({ name }) => name);
    const named = routers.flatMap((one) => [one.service, ...one.middlewares]);
    expect(names.length).toBeGreaterThan(0);
    for (const name of [...names, ...named]) expect(name).toMatch(/^[^@]+@docker$/);
    for (const one of routers.filter(({ name }) => name !== 'r@docker')) expect(one.disabled).toBeDefined();
    expect(problems).toContainEqual(
      expect.objectContaining({
        severity: 'error',
        label: Object.keys(labels)
          .sort()
          .find((label) => label.includes('@')),
        hint: expect.stringMatching(/^leave out @\w+: write \w+$/),
      }),
    );
  });

  test('and what else the container defines stays as it is', () => {
    const { config } = build([
      workload({ labels: { ...router, 'sluice.http.routers.x@file.rule': 'Host(`x.test`)' } }),
    ]);
    expect(config.routers.find(({ name }) => name === 'r@docker')).toMatchObject({ disabled: undefined });
  });

  test('nobody takes a service from another provider', () => {
    const file = workload({
      provider: 'file',
      name: 'bank',
      urls: ['http://127.0.0.1:9'],
      labels: { 'sluice.http.routers.bank.rule': 'Host(`bank.test`)' },
    });
    const { snapshot } = compile([file, workload({ name: 'evil', labels: services })]);
    expect(snapshot.services).toMatchObject([{ name: 'bank@file', servers: [{ host: '127.0.0.1', port: 9 }] }]);
  });
});

test('a request header has the octets of its label', () => {
  const labels = { 'sluice.http.middlewares.h.headers.customrequestheaders.X-Script': 'ä' };
  const [middleware] = build([workload({ labels })]).config.middlewares;
  expect(middleware?.options).toMatchObject({ type: 'headers', request: [['X-Script', 'Ã¤']] });
});
