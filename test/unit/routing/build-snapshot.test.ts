import { describe, expect, test } from 'vitest';
import type { EntrypointConfig, EntrypointDefaults } from '../../../src/config/static-config.ts';
import { compile, traefikConfig, workload } from '../../support/workloads.ts';

const NONE: EntrypointDefaults = { tls: undefined, middlewares: [], isDefault: false };

function entrypoint(name: string, port: number, defaults?: Partial<EntrypointDefaults>): EntrypointConfig {
  const base = { name, addresses: [{ host: undefined, port }], transport: 'auto', redirect: undefined } as const;
  return defaults === undefined ? base : { ...base, defaults: { ...NONE, ...defaults } };
}

const LABELS = { 'traefik.http.routers.web.rule': 'Host(`a.com`)' };

/** `name entrypoints tls` of each router. */
function routes(entrypoints: readonly EntrypointConfig[], labels: Record<string, string> = LABELS) {
  const { snapshot } = compile([workload({ labels })], traefikConfig({ entrypoints }));
  return snapshot.routers.map(({ name, entrypoints: on, tls }) => `${name} ${on.join()} ${tls ? 'tls' : 'plain'}`);
}

describe('entrypoints of a router that names none, in the mode of Traefik', () => {
  test.for<{ title: string; entrypoints: EntrypointConfig[]; expected: string[] }>([
    {
      title: 'all, but the one of the dashboard',
      entrypoints: [entrypoint('web', 80), entrypoint('traefik', 8080), entrypoint('other', 81)],
      expected: ['web@docker web,other plain'],
    },
    {
      title: 'only the default ones, when there are any',
      entrypoints: [entrypoint('web', 80), entrypoint('main', 81, { isDefault: true })],
      expected: ['web@docker main plain'],
    },
    {
      title: 'one router each, when their defaults differ',
      entrypoints: [entrypoint('web', 80), entrypoint('sec', 443, { tls: { resolver: 'le', domains: [] } })],
      expected: ['sec-web@docker sec tls', 'web-web@docker web plain'],
    },
    {
      title: 'one router, when their defaults agree',
      entrypoints: [
        entrypoint('one', 80, { tls: { resolver: 'le', domains: [] } }),
        entrypoint('two', 443, { tls: { resolver: 'le', domains: [] } }),
      ],
      expected: ['web@docker one,two tls'],
    },
  ])('$title', ({ entrypoints, expected }) => {
    expect(routes(entrypoints)).toEqual(expected);
  });

  test('TLS of the entrypoint does not replace that of the router', () => {
    const sec = entrypoint('sec', 443, { tls: { resolver: 'le', domains: [] } });
    const { wanted } = compile(
      [workload({ labels: { ...LABELS, 'traefik.http.routers.web.tls': 'true' } })],
      traefikConfig({ entrypoints: [sec] }),
    );
    expect(wanted).toEqual([{ names: ['a.com'], issuer: 'internal', routers: ['web@docker'] }]);
  });
});

describe('middlewares of an entrypoint', () => {
  const before = [entrypoint('web', 80, { middlewares: ['first@docker', 'second'] })];
  const middlewares = {
    'traefik.http.middlewares.first.addprefix.prefix': '/1',
    'traefik.http.middlewares.second.addprefix.prefix': '/2',
    'traefik.http.middlewares.third.addprefix.prefix': '/3',
    'traefik.http.routers.web.middlewares': 'third',
  };

  test('come before those of the router', () => {
    const { snapshot } = compile(
      [workload({ labels: { ...LABELS, ...middlewares } })],
      traefikConfig({ entrypoints: before }),
    );
    expect(snapshot.routers[0]?.middlewares.map(({ name }) => name)).toEqual([
      'first@docker',
      'second@docker',
      'third@docker',
    ]);
  });

  test('disable the router when they are not there', () => {
    const { snapshot } = compile([workload({ labels: LABELS })], traefikConfig({ entrypoints: before }));
    expect(snapshot.routers[0]?.disabled).toBe('there is no middleware first@docker');
  });
});

describe('order', () => {
  test('priority, then ours last, then the name', () => {
    const rules = { b: 'Host(`b.com`)', a: 'Host(`a.com`)', low: 'Host(`c.com`)', high: 'Host(`d.com`)' };
    const labels = Object.fromEntries(
      Object.entries(rules).map(([name, rule]) => [`sluice.http.routers.${name}.rule`, rule]),
    );
    const { snapshot } = compile([
      workload({
        labels: { ...labels, 'sluice.http.routers.low.priority': '-1', 'sluice.http.routers.high.priority': '99' },
      }),
    ]);
    expect(snapshot.routers.map(({ name }) => name)).toEqual([
      'high@docker',
      'high-redirect@internal',
      'a@docker',
      'b@docker',
      'a-redirect@internal',
      'b-redirect@internal',
      'low@docker',
      'low-redirect@internal',
    ]);
  });

  test('no priority of a person stands above the redirect of an entrypoint', () => {
    const labels = { ...LABELS, 'traefik.http.routers.web.priority': String(Number.MAX_SAFE_INTEGER - 1000) };
    const web: EntrypointConfig = {
      ...entrypoint('web', 80),
      redirect: { scheme: 'https', port: 8443, permanent: false },
    };
    const { snapshot } = compile([workload({ labels })], traefikConfig({ entrypoints: [web] }));
    expect(snapshot.routers.map(({ name }) => name)).toEqual(['web-to-https@internal', 'web@docker']);
    expect(snapshot.routers[0]?.middlewares[0]?.options).toMatchObject({
      type: 'redirectScheme',
      scheme: 'https',
      port: '8443',
      permanent: false,
    });
  });
});

test('a snapshot is plain JSON', () => {
  const { snapshot, wanted } = compile([workload({ labels: { 'sluice.host': 'a.com/x', 'sluice.strip': 'true' } })]);
  expect(structuredClone({ snapshot, wanted })).toEqual({ snapshot, wanted });
  expect(JSON.parse(JSON.stringify(wanted))).toEqual(wanted);
});

test('a service that no router uses is left out', () => {
  const { snapshot } = compile([
    workload({ labels: { 'sluice.host': 'a.com', 'sluice.http.services.idle.loadbalancer.server.port': '1' } }),
  ]);
  expect(snapshot.services.map(({ name }) => name)).toEqual(['web@docker']);
});

describe('a middleware that is not there', () => {
  const containers = (count: number) =>
    Array.from({ length: count }, (_, index) => {
      const labels = { [`sluice.http.middlewares.strip-${index}.stripprefix.prefixes`]: '/' };
      return workload({ name: `lib-${index}`, labels });
    });
  const user = workload({ labels: { 'sluice.host': 'a.com', 'sluice.middlewares': 'stirp-7' } });

  test.for([
    { count: 20, hint: 'did you mean strip-7@docker?' },
    { count: 400, hint: 'define it, or remove its name' },
  ])('of $count others the nearest is suggested: $hint', ({ count, hint }) => {
    expect(compile([user, ...containers(count)]).problems).toMatchObject([{ code: 'middleware_missing', hint }]);
  });
});
