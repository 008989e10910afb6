import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RuleNode } from '../../../src/rule/ast.ts';
import { compileRule } from '../../../src/rule/compile.ts';
import { isRuleError, parseRule } from '../../../src/rule/parse.ts';
import type { RuleRequest } from '../../../src/rule/rule-request.ts';
import { ruleRequest } from '../../support/rule-request.ts';

function compile(rule: string) {
  const node = parseRule(rule);
  if (isRuleError(node)) throw new Error(node.message);
  return compileRule(node);
}

/** A request that tells which of its lazy parts were asked for. */
function watched(host: string) {
  const asked: string[] = [];
  const request: RuleRequest = {
    method: 'GET',
    host,
    clientAddress: '203.0.113.7',
    hostWithTrailingDot: () => (asked.push('host'), host),
    routingPath: () => (asked.push('path'), '/x'),
    headerValues: (name) => (asked.push(`header ${name}`), ['1']),
    queryValues: (key) => (asked.push(`query ${key}`), ['1']),
  };
  return { request, asked };
}

describe('what costs work is asked for only when it decides', () => {
  const rule = 'Host(`a.test`) && Method(`GET`) && Path(`/x`) && Header(`X-A`, `1`) && Query(`q`, `1`)';
  test.for([
    { host: 'b.test', matches: false, asked: [] },
    { host: 'a.test', matches: true, asked: ['path', 'header x-a', 'query q'] },
  ])('$host', ({ host, matches, asked }) => {
    const watch = watched(host);
    expect(compile(rule)(watch.request)).toBe(matches);
    expect(watch.asked).toEqual(asked);
  });

  test('or stops at the first that holds', () => {
    const watch = watched('a.test');
    expect(compile('Host(`a.test`) || Header(`X-A`, `2`) || Path(`/y`)')(watch.request)).toBe(true);
    expect(watch.asked).toEqual([]);
  });
});

describe('hosts', () => {
  test.for([
    { rule: 'Host(`*`)', host: '', matches: true },
    { rule: 'Host(`*`)', host: 'a.b.c', matches: true },
    { rule: 'Host(`*.a.test`)', host: '.a.test', matches: false },
    { rule: 'Host(`*a.test`)', host: 'xa.test', matches: false },
    { rule: 'Host(`*a.test`)', host: 'x.a.test', matches: false },
    { rule: 'Host(`*.*.test`)', host: 'x.y.test', matches: false },
    { rule: 'Host(`a*.test`)', host: 'ab.test', matches: false },
    { rule: 'Host(`.`)', host: '', matches: false },
  ])('$rule for "$host": $matches', ({ rule, host, matches }) => {
    expect(compile(rule)(watched(host).request)).toBe(matches);
  });
});

test('a header value is compared octet by octet', () => {
  const utf8AsOctets = 'caf\u00c3\u00a9';
  const request = ruleRequest({ headers: { 'x-a': utf8AsOctets } });
  expect(compile('Header(`X-A`, `café`)')(request)).toBe(true);
});

test('a header value of any length compiles', () => {
  const request = ruleRequest({ headers: { 'x-a': 'x' } });
  expect(compile(`Header(\`X-A\`, \`${'é'.repeat(200_000)}\`)`)(request)).toBe(false);
});

test('a regular expression takes linear time', () => {
  const request = ruleRequest({ url: `/${'a'.repeat(5000)}!` });
  expect(compile('PathRegexp(`^/(a+)+$`)')(request)).toBe(false);
});

describe('operators obey the laws of logic', () => {
  const leaf = fc.constantFrom<RuleNode>(
    { kind: 'match', name: 'Host', args: ['a.test'] },
    { kind: 'match', name: 'Host', args: ['b.test'] },
    { kind: 'match', name: 'Path', args: ['/x'] },
    { kind: 'match', name: 'Method', args: ['POST'] },
  );
  const { node } = fc.letrec<{ node: RuleNode }>((tie) => ({
    node: fc.oneof(
      { depthSize: 'small' },
      leaf,
      fc.record({ kind: fc.constant('not' as const), node: tie('node') }),
      fc.record({
        kind: fc.constantFrom('and' as const, 'or' as const),
        nodes: fc.array(tie('node'), { minLength: 2, maxLength: 4 }),
      }),
    ),
  }));

  function evaluate(tree: RuleNode, request: RuleRequest): boolean {
    if (tree.kind === 'not') return !evaluate(tree.node, request);
    if (tree.kind === 'and') return tree.nodes.every((part) => evaluate(part, request));
    if (tree.kind === 'or') return tree.nodes.some((part) => evaluate(part, request));
    return compileRule(tree)(request);
  }

  test('compiled and interpreted agree', () => {
    fc.assert(
      fc.property(node, fc.constantFrom('a.test', 'b.test', 'c.test'), (tree, host) => {
        const { request } = watched(host);
        return compileRule(tree)(request) === evaluate(tree, request);
      }),
    );
  });
});
