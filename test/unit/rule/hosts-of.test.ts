import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RuleNode } from '../../../src/rule/ast.ts';
import { compileRule } from '../../../src/rule/compile.ts';
import { hostsOf } from '../../../src/rule/hosts-of.ts';
import { isRuleError, parseRule } from '../../../src/rule/parse.ts';
import { ruleRequest } from '../../support/rule-request.ts';

function parse(rule: string): RuleNode {
  const node = parseRule(rule);
  if (isRuleError(node)) throw new Error(node.message);
  return node;
}

test.for([
  { rule: 'Host(`A.test.`)', exact: ['a.test'], wildcards: [], isComplete: true },
  { rule: 'Host(`*.A.test`)', exact: [], wildcards: ['*.a.test'], isComplete: true },
  { rule: 'Host(`*`)', exact: [], wildcards: [], isComplete: false },
  { rule: 'Host(`b`) || Host(`a`) || Host(`b`)', exact: ['b', 'a'], wildcards: [], isComplete: true },
  { rule: 'Host(`a`) && Host(`b`)', exact: ['a', 'b'], wildcards: [], isComplete: true },
  { rule: 'Host(`a`) && Path(`/x`)', exact: ['a'], wildcards: [], isComplete: true },
  { rule: 'Host(`a`) || Path(`/x`)', exact: ['a'], wildcards: [], isComplete: false },
  { rule: 'Host(`a`) || HostRegexp(`^b`)', exact: ['a'], wildcards: [], isComplete: false },
  { rule: 'HostRegexp(`^b`)', exact: [], wildcards: [], isComplete: false },
  { rule: 'PathPrefix(`/`)', exact: [], wildcards: [], isComplete: false },
  { rule: '!Host(`a`)', exact: [], wildcards: [], isComplete: false },
  { rule: '!!Host(`a`)', exact: ['a'], wildcards: [], isComplete: true },
  { rule: 'Host(`*.a`) && !Host(`b.a`)', exact: [], wildcards: ['*.a'], isComplete: true },
  { rule: '!(!Host(`a`) || Path(`/x`))', exact: ['a'], wildcards: [], isComplete: true },
  { rule: '!(!Host(`a`) && Path(`/x`))', exact: ['a'], wildcards: [], isComplete: false },
  { rule: '(Host(`a`) || Path(`/x`)) && Host(`b`)', exact: ['a', 'b'], wildcards: [], isComplete: true },
])('$rule', ({ rule, ...expected }) => {
  expect(hostsOf(parse(rule))).toEqual(expected);
});

test('a complete rule matches no host that it does not name', () => {
  const text = fc
    .array(fc.constantFrom('Host(`a.t`)', 'Host(`*.t`)', 'Host(`b`)', 'Path(`/x`)', '!', '&&', '||', '(', ')'), {
      maxLength: 9,
    })
    .map((parts) => parts.join(' '));
  fc.assert(
    fc.property(text, (rule) => {
      const node = parseRule(rule);
      if (isRuleError(node) || !hostsOf(node).isComplete) return true;
      return !compileRule(node)(ruleRequest({ url: '/x', headers: { host: 'elsewhere.example' } }));
    }),
    { numRuns: 2000 },
  );
});
