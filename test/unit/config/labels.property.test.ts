import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { optionPath } from '../../../src/config/label-option.ts';
import { LABEL_OPTIONS } from '../../../src/config/label-table.ts';
import type { Workload } from '../../../src/config/workload.ts';
import { compile, staticConfig, traefikConfig, workload } from '../../support/workloads.ts';

const NAMES = ['web', 'api', 'x', 'WEB', 'a-b', 'long'.repeat(30)];

/** A name of the table, with names of a person in it. */
const known = fc
  .tuple(fc.constantFrom('sluice.', 'traefik.'), fc.constantFrom(...LABEL_OPTIONS), fc.constantFrom(...NAMES))
  .map(([prefix, option, name]) => prefix + optionPath(option).replaceAll(/<\w+>/g, name).replace('[n]', '[3]'));

/** One letter of a known name is lost, doubled, swapped or another one. */
const nearMiss = fc
  .tuple(known, fc.nat(), fc.constantFrom('drop', 'double', 'swap', 'dot', 'bracket'))
  .map(([name, at, kind]) => {
    const index = at % name.length;
    const [before, letter, after] = [name.slice(0, index), name[index]!, name.slice(index + 1)];
    if (kind === 'drop') return before + after;
    if (kind === 'double') return before + letter + letter + after;
    if (kind === 'swap') return before + (after[0] ?? '') + letter + after.slice(1);
    return before + (kind === 'dot' ? '.' : '[9]') + letter + after;
  });

const key = fc.oneof(
  { weight: 4, arbitrary: known },
  { weight: 3, arbitrary: nearMiss },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }).map((text) => `sluice.${text}`) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }) },
);

const ODD = `|true|false|yes|null|NaN|0|-1|1e9|9007199254740993|0x10|10s|1h2m|-5s|,|,,,|a,,b|*|*.*|.|..|/|//|/../|\`|(|)
  |Host(|Host(\`a.test\`|Host(\`victim.test\`)|!Host(\`a.test\`)|HostRegexp(\`(((\`)|PathRegexp(\`(a+)+$\`)|&&|web@docker|victim@docker
  |web@file|@|@docker|noop@internal|http://1.2.3.4|http://[::1]:80|::1|10.0.0.0/8|10.0.0.0/99|fay:$apr1$x$y|fay:{SHA}x
  |victim.test|victim.test/|https://victim.test|xn--a.test|__proto__|constructor|{{ .Name }}|\${1}|$1|%00|%`.split(
  /\s*\|/,
);

const value = fc.oneof(
  fc.constantFrom(...ODD),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.tuple(fc.constantFrom(...ODD), fc.integer({ min: 1, max: 200 })).map(([text, times]) => text.repeat(times)),
);

const labels = fc.dictionary(key, value, { maxKeys: 15 });

const victim = workload({
  name: 'victim-1',
  createdAt: 1,
  labels: {
    'sluice.host': 'victim.test',
    'traefik.http.routers.own.rule': 'Host(`own.test`) && PathPrefix(`/api`)',
    'traefik.http.routers.own.middlewares': 'own-strip',
    'traefik.http.middlewares.own-strip.stripprefix.prefixes': '/api',
  },
});

const modes = { sluice: staticConfig({ domain: 'example.com' }), traefik: traefikConfig() };

describe.each(['sluice', 'traefik'] as const)('in the mode %s', (mode) => {
  const config = modes[mode];
  const build = (workloads: readonly Workload[]) => compile(workloads, config).snapshot;
  const alone = build([victim]);
  const ownNames = new Set(alone.routers.map(({ name }) => name));

  test('whatever one container says never throws and changes no route of another', () => {
    expect(ownNames.size).toBeGreaterThanOrEqual(2);
    fc.assert(
      fc.property(labels, fc.constantFrom(...NAMES), (written, name) => {
        const intruder = workload({ name: `${name}-9`, createdAt: 2, labels: written });
        const { routers, services } = build([victim, intruder]);
        expect(routers.filter((router) => ownNames.has(router.name))).toEqual(alone.routers);
        const used = new Set(alone.routers.map(({ service }) => service));
        expect(services.filter((service) => used.has(service.name))).toEqual(alone.services);
      }),
      { numRuns: 1500 },
    );
  });

  test('every problem names the container, says what is wrong and how to mend it', () => {
    fc.assert(
      fc.property(labels, (written) => {
        for (const problem of compile([workload({ labels: written })], config).problems) {
          expect(problem).toMatchObject({ container: 'web-1', message: /\S/, hint: /\S/ });
          expect(problem.column ?? 1).toBeGreaterThan(0);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('the time it takes grows no faster than what is said', () => {
  const nested = (open: string, close: string, count: number): string =>
    open.repeat(count) + 'Host(`a.test`)' + close.repeat(count);

  /** Values of about 64 KiB that would cost a careless reader its square, or more. */
  const LARGE: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ['parentheses', { 'traefik.http.routers.a.rule': nested('(', ')', 30_000) }],
    ['negations', { 'traefik.http.routers.a.rule': nested('!', '', 60_000) }],
    [
      'hosts in a rule',
      { 'traefik.http.routers.a.rule': Array.from({ length: 3000 }, (_, n) => `Host(\`h${n}.test\`)`).join('||') },
    ],
    ['open backticks', { 'traefik.http.routers.a.rule': '`'.repeat(60_001) }],
    ['a regular expression', { 'traefik.http.routers.a.rule': `PathRegexp(\`${'(a*)*'.repeat(5000)}$\`)` }],
    ['hosts', { 'sluice.host': Array.from({ length: 4000 }, (_, n) => `h${n}.test`).join(',') }],
    ['blanks for commas', { 'sluice.host': 'a.test '.repeat(9000) }],
    ['commas', { 'sluice.middlewares': ','.repeat(60_000), 'sluice.host': 'a.test' }],
    ['networks', { 'sluice.allow': '10.0.0.0/8,'.repeat(5000), 'sluice.host': 'a.test' }],
    ['users', { 'sluice.auth': 'fay:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=,'.repeat(1500), 'sluice.host': 'a.test' }],
    ['a long word', { [`sluice.${'host'.repeat(200)}`]: 'a.test' }],
    ['many dots', { [`traefik.http.routers.${'a.'.repeat(400)}rule`]: 'x' }],
    [
      'many prefixes that are nearly ours',
      Object.fromEntries(Array.from({ length: 2000 }, (_, n) => [`treafik.http.routers.r${n}.rule`, 'x'])),
    ],
    [
      'many unknown labels',
      Object.fromEntries(Array.from({ length: 2000 }, (_, n) => [`sluice.http.routrs.r${n}.rul`, 'x'])),
    ],
    [
      'domains',
      Object.fromEntries(
        Array.from({ length: 2000 }, (_, n) => [`traefik.http.routers.a.tls.domains[${n}].main`, `h${n}.test`]),
      ),
    ],
  ];

  test.for(LARGE)('%s', ([, written]) => {
    const start = performance.now();
    compile([victim, workload({ labels: written })]);
    // A square of 64 KiB takes minutes; a busy machine must not fail the test.
    expect(performance.now() - start).toBeLessThan(4000);
  });
});
