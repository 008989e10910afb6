import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileForIndex } from '../../../src/routing/candidate.ts';
import { HostIndex } from '../../../src/routing/host-index.ts';
import { compileRule } from '../../../src/rule/compile.ts';
import { isRuleError, parseRule } from '../../../src/rule/parse.ts';
import { pathsOf } from '../../../src/rule/paths-of.ts';
import { ruleRequest } from '../../support/rule-request.ts';

const HOSTS = ['a.test', 'b.a.test', 'c.a.test', 'other.test'];
const PATHS = ['/', '/a', '/a/', '/ab', '/a/b', '/a/b/c', '/b', '/%2Fa', '/a%20b'];

const matcher = fc.oneof(
  fc.constantFrom(...HOSTS, '*.a.test', '*').map((host) => `Host(\`${host}\`)`),
  fc.constantFrom(...PATHS).map((path) => `Path(\`${path}\`)`),
  fc.constantFrom(...PATHS).map((path) => `PathPrefix(\`${path}\`)`),
  fc.constantFrom('Method(`GET`)', 'Method(`POST`)', 'HostRegexp(`^b`)', 'PathRegexp(`b$`)'),
);
const rule = fc.letrec<{ node: string }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    matcher,
    fc.tuple(tie('node'), tie('node')).map(([left, right]) => `(${left} && ${right})`),
    fc.tuple(tie('node'), tie('node')).map(([left, right]) => `(${left} || ${right})`),
    tie('node').map((node) => `!${node}`),
  ),
})).node;
const request = fc.record({
  method: fc.constantFrom('GET', 'POST'),
  host: fc.constantFrom(...HOSTS, 'x.y.a.test', ''),
  url: fc.constantFrom(...PATHS, '/a/b/c/d', '/zzz'),
});

function parse(text: string) {
  const node = parseRule(text);
  if (isRuleError(node)) throw new Error(node.message);
  return node;
}

test('the index finds what trying every rule in order finds', () => {
  fc.assert(
    fc.property(
      fc.array(rule, { maxLength: 40 }),
      fc.array(request, { minLength: 1, maxLength: 8 }),
      (rules, asked) => {
        const index = new HostIndex<number>();
        const nodes = rules.map(parse);
        for (const [rank, node] of nodes.entries()) index.add(compileForIndex(node), rank);
        for (const { method, host, url } of asked) {
          const seen = ruleRequest({ method, url, headers: { host } });
          const first = nodes.findIndex((node) => compileRule(node)(seen));
          expect(index.match(seen)).toBe(first < 0 ? undefined : first);
        }
      },
    ),
    { numRuns: 500 },
  );
});

test.for([
  ['Path(`/a`)', { exact: ['/a'], prefixes: [] }],
  ['Host(`a`) && PathPrefix(`/a`)', { exact: [], prefixes: ['/a'] }],
  ['Path(`/a`) || PathPrefix(`/b`)', { exact: ['/a'], prefixes: ['/b'] }],
  ['Path(`/a`) || Host(`a`)', undefined],
  ['!Path(`/a`)', undefined],
  ['!!Path(`/a`)', { exact: ['/a'], prefixes: [] }],
  ['!(!Path(`/a`) || Method(`GET`))', { exact: ['/a'], prefixes: [] }],
  ['PathRegexp(`^/a`)', undefined],
] as const)('paths of %s', ([text, paths]) => {
  expect(pathsOf(parse(text))).toEqual(paths);
});
