import { describe, expect, test } from 'vitest';
import { compile, workload } from '../../support/workloads.ts';

/** About 1800 instructions; the letters behind it make another of it. */
const DEAR = '(?:.?){900}';

function build(labels: Readonly<Record<string, string>>) {
  const { snapshot, problems } = compile([workload({ name: 'web', labels })]);
  return { names: snapshot.routers.map(({ name }) => name), routers: snapshot.routers, problems };
}

describe('the regular expressions of one container have a bound together', () => {
  test('routers beyond it are disabled and their labels named, those without an expression serve', () => {
    const labels: Record<string, string> = {};
    for (let index = 0; index < 8; index++) {
      const rule = `Host(\`h${index}.test\`) && PathRegexp(\`${DEAR}a${index}\`) && PathRegexp(\`${DEAR}b${index}\`)`;
      labels[`sluice.http.routers.r${index}.rule`] = rule;
      labels[`sluice.http.routers.r${index}.entrypoints`] = 'http';
    }
    labels['sluice.http.routers.z.rule'] = 'Host(`z.test`)';
    labels['sluice.http.routers.z.entrypoints'] = 'http';
    const { names, problems } = build(labels);
    const served = ['r0', 'r1', 'r2', 'r3', 'r4'].map((name) => `${name}@docker`);
    expect(names.toSorted()).toEqual([...served, 'z@docker']);
    expect(problems.map(({ label, object }) => `${label} ${object}`)).toEqual(
      [5, 6, 7].map((index) => `sluice.http.routers.r${index}.rule r${index}@docker`),
    );
    expect(problems[0]).toMatchObject({ severity: 'error', code: 'rule_syntax', column: expect.any(Number) });
    expect(problems[0]!.message).toContain('of the container are too large together');
  });

  const kinds = [
    ['stripprefixregex.regex', {}],
    ['replacepathregex.regex', { 'replacepathregex.replacement': '/' }],
    ['redirectregex.regex', { 'redirectregex.replacement': 'https://a.test/' }],
    ['headers.accesscontrolalloworiginlistregex', {}],
  ] as const;
  test.for(kinds)('middlewares count: %s', ([key, more]) => {
    const labels: Record<string, string> = {};
    // Labels are read in the order of their names.
    for (let index = 10; index < 24; index++) {
      const of = (option: string) => `sluice.http.middlewares.m${index}.${option}`;
      labels[of(key)] = `/${DEAR}${index}`;
      for (const [option, value] of Object.entries(more)) labels[of(option)] = value;
      labels[`sluice.http.routers.r${index}.rule`] = `Host(\`h${index}.test\`)`;
      labels[`sluice.http.routers.r${index}.entrypoints`] = 'http';
      labels[`sluice.http.routers.r${index}.middlewares`] = `m${index}`;
    }
    const { routers, problems } = build(labels);
    const disabled = routers.filter((router) => router.disabled !== undefined).map(({ name }) => name);
    expect(disabled.toSorted()).toEqual(['r21@docker', 'r22@docker', 'r23@docker']);
    const named = problems.filter(({ code }) => code === 'label_value').map(({ label = '' }) => label);
    expect(named.toSorted()).toEqual([21, 22, 23].map((index) => `sluice.http.middlewares.m${index}.${key}`));
  });

  test('middlewares and rules together, too', () => {
    const labels: Record<string, string> = { 'sluice.http.routers.r.rule': 'Host(`a.test`)' };
    labels['sluice.http.routers.r.middlewares'] = 'm19';
    labels['sluice.http.routers.r.entrypoints'] = 'http';
    for (let index = 10; index < 20; index++) {
      labels[`sluice.http.middlewares.m${index}.stripprefixregex.regex`] = `/${DEAR}${index}`;
    }
    const rule = `Host(\`b.test\`) && PathRegexp(\`${DEAR}a\`) && PathRegexp(\`${DEAR}b\`)`;
    expect(build(labels).routers[0]?.disabled).toBeUndefined();
    labels['sluice.http.routers.s.rule'] = rule;
    labels['sluice.http.routers.s.entrypoints'] = 'http';
    const { routers, problems } = build(labels);
    expect(routers.find(({ name }) => name === 'r@docker')?.disabled).toBeDefined();
    expect(problems).toContainEqual(expect.objectContaining({ code: 'label_value', object: 'm19@docker' }));
  });

  test('so have those of one label', () => {
    const label = 'sluice.http.middlewares.m.stripprefixregex.regex';
    const { problems } = build({
      [label]: [1, 2, 3].map((index) => `/${DEAR}${index}`).join(','),
      'sluice.host': 'a.test',
    });
    expect(problems).toMatchObject([{ label, message: 'the regular expressions are too large together' }]);
  });
});
