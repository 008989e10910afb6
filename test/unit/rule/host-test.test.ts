import { expect, test } from 'vitest';
import { compileHostTest } from '../../../src/rule/host-test.ts';
import { parseRule } from '../../../src/rule/parse.ts';

function matches(rule: string, host: string): boolean {
  const parsed = parseRule(rule);
  if (!('kind' in parsed)) throw new Error(`bad rule in the test: ${rule}`);
  return compileHostTest(parsed)(host);
}

test.for<[rule: string, host: string, isPossible: boolean]>([
  ['Host(`a.test`)', 'a.test', true],
  ['Host(`a.test`)', 'b.test', false],
  ['Host(`*.a.test`)', 'x.a.test', true],
  ['Host(`*.a.test`)', 'y.x.a.test', false],
  ['HostRegexp(`^[a-z]+\\.a\\.test$`)', 'abc.a.test', true],
  ['HostRegexp(`^[a-z]+\\.a\\.test$`)', 'a1.a.test', false],
  ['Host(`a.test`) && PathPrefix(`/x`)', 'a.test', true],
  ['Host(`a.test`) && PathPrefix(`/x`)', 'b.test', false],
  ['Host(`a.test`) || PathPrefix(`/x`)', 'b.test', true],
  ['PathPrefix(`/x`)', 'b.test', true],
  ['!Host(`a.test`)', 'a.test', false],
  ['!Host(`a.test`)', 'b.test', true],
  ['!PathPrefix(`/x`)', 'b.test', true],
  ['!(Host(`a.test`) && PathPrefix(`/x`))', 'a.test', true],
  ['!(Host(`a.test`) || PathPrefix(`/x`))', 'a.test', false],
  ['Host(`*.a.test`) && !Host(`no.a.test`) && Header(`x`, `y`)', 'no.a.test', false],
  ['Host(`*.a.test`) && !Host(`no.a.test`) && Header(`x`, `y`)', 'yes.a.test', true],
])('%s may match a request for %s: %s', ([rule, host, isPossible]) => expect(matches(rule, host)).toBe(isPossible));
