import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { optionPath } from '../../../src/config/label-option.ts';
import { LABEL_OPTIONS } from '../../../src/config/label-table.ts';
import type { Workload } from '../../../src/config/workload.ts';
import { compile, staticConfig, traefikConfig, workload } from '../../support/workloads.ts';

const name = fc.constantFrom('web', 'api', 'a', 'b', 'strip', 'x-y', 'WEB');

const path = fc.oneof(
  fc
    .tuple(fc.constantFrom(...LABEL_OPTIONS), name)
    .map(([option, chosen]) => optionPath(option).replaceAll(/<\w+>/g, chosen).replace('[n]', '[0]')),
  fc.tuple(name, fc.constantFrom('host', 'port', 'tls', 'auth')).map((parts) => parts.join('.')),
  fc.string({ maxLength: 12 }),
);

const TELLING = `true|false|80|0|-1||/api|web|web@docker|strip|noop@internal|http|https|a.test|*.test|a.test/x|edge
  |b.test,c.test|http://10.9.9.9|Host(\`a.test\`)|Host(\`b.test\`) &&|!|PathPrefix(\`/\`)|HostRegexp(\`.*\`)|internal
  |off|9007199254740991|__proto__|a.test,dead.example.com`.split(/\s*\|/);

const value = fc.oneof(fc.constantFrom(...TELLING), fc.string({ maxLength: 20 }));

const labels = fc.dictionary(
  fc.tuple(fc.constantFrom('sluice.', 'traefik.', 'Sluice.', ''), path).map((parts) => parts.join('')),
  value,
  { maxKeys: 12 },
);

const facts = fc.record({
  ports: fc.subarray([22, 80, 443, 3000, 8080]),
  running: fc.boolean(),
  hostNetwork: fc.boolean(),
  networks: fc.subarray([
    { network: 'edge', address: '172.18.0.9' },
    { network: 'back', address: '172.19.0.9' },
    { network: 'none', address: '' },
  ]),
});

const victim = workload({
  name: 'a-1',
  baseName: 'a',
  labels: {
    'sluice.host': 'a.test, *.a.test/x',
    'sluice.strip': 'true',
    'traefik.http.routers.web.rule': 'Host(`web.test`) && PathPrefix(`/api`)',
    'traefik.http.routers.web.middlewares': 'strip',
    'traefik.http.routers.web.tls': 'true',
    'traefik.http.middlewares.strip.stripprefix.prefixes': '/api',
  },
});

const modes = { sluice: staticConfig({ domain: 'example.com' }), traefik: traefikConfig() };

describe.each(['sluice', 'traefik'] as const)('in the mode %s', (mode) => {
  function routesOf(workloads: readonly Workload[]) {
    const { config, snapshot, wanted, problems } = compile(workloads, modes[mode]);
    const own = new Set(config.routers.filter(({ containers }) => containers.includes('a-1')).map((one) => one.name));
    const redirects = new Set([...own].map((full) => full.replace(/@.*/, '-redirect@internal')));
    return {
      routers: snapshot.routers.filter((router) => own.has(router.name) || redirects.has(router.name)),
      servers: snapshot.services.flatMap(({ servers }) => servers.filter(({ container }) => container === 'a-1')),
      certificates: wanted.filter(({ routers }) => routers.some((router) => own.has(router))).map(({ names }) => names),
      problems: problems.filter(({ container }) => container === 'a-1'),
    };
  }

  const alone = routesOf([victim]);

  test('the container alone is served without a problem', () => {
    expect(alone.problems).toEqual([]);
    expect(alone.routers.filter(({ disabled }) => disabled === undefined).length).toBeGreaterThanOrEqual(3);
  });

  test('no labels on a younger container change what an older one gets', () => {
    fc.assert(
      fc.property(labels, facts, (written, changes) => {
        const intruder = workload({ ...changes, name: 'z-1', baseName: 'z', createdAt: 2000, labels: written });
        const beside = routesOf([intruder, victim]);
        expect(beside.routers).toEqual(alone.routers);
        expect(beside.servers).toEqual(alone.servers);
        expect(beside.problems).toEqual(alone.problems);
        expect(beside.certificates).toEqual(alone.certificates);
      }),
      { numRuns: 1000 },
    );
  });

  test('equal input gives equal output, whatever its order', () => {
    fc.assert(
      fc.property(labels, labels, (first, second) => {
        const one = workload({ name: 'y-1', labels: first });
        const two = workload({ name: 'z-1', labels: second });
        expect(compile([one, two], modes[mode])).toEqual(compile([two, one], modes[mode]));
      }),
      { numRuns: 300 },
    );
  });
});
