import { describe, expect, test } from 'vitest';
import type { RuleSyntax } from '../../../src/rule/ast.ts';
import { deadArguments } from '../../../src/rule/dead-arguments.ts';
import { isRuleError, parseRule, parseTcpRule } from '../../../src/rule/parse.ts';

function dead(rule: string, syntax: RuleSyntax = 'v3') {
  const node = parseRule(rule, syntax);
  if (isRuleError(node)) throw new Error(node.message);
  return deadArguments(node).map(({ hint }) => hint);
}

function deadTcp(rule: string) {
  const node = parseTcpRule(rule);
  if (isRuleError(node)) throw new Error(node.message);
  return deadArguments(node).map(({ hint }) => hint);
}

test.for([
  { rule: 'Host(`a.test:80`)', hint: 'write Host(`a.test`)' },
  { rule: 'Host(`https://a.test`)', hint: 'write Host(`a.test`)' },
  { rule: 'Host(`https://a.test:8443/x`)', hint: 'write Host(`a.test`)' },
  { rule: 'Host(`a.test/x`)', hint: 'write Host(`a.test`) && PathPrefix(`/x`)' },
  { rule: 'Host(`a.test, b.test`)', hint: 'write Host(`a.test`) || Host(`b.test`)' },
  { rule: 'Host(` a.test`)', hint: 'write Host(`a.test`)' },
  { rule: 'Host(`[::1]`)', hint: 'write Host(`::1`)' },
  { rule: 'Host(`[::1]:80`)', hint: 'write Host(`::1`)' },
  { rule: 'Host(`{sub}.a.test`)', hint: 'write HostRegexp(`^[^.]+\\.a\\.test$`)' },
  { rule: 'Host(`*a.test`)', hint: 'write *.example.com or use HostRegexp' },
  { rule: 'Host(`a.*.test`)', hint: 'write *.example.com or use HostRegexp' },
  { rule: 'HostRegexp(`{sub:[a-z]+}.a.test`)', hint: 'write HostRegexp(`^[a-z]+\\.a\\.test$`)' },
  { rule: 'HostRegexp(`{sub}.a.test`)', hint: 'write HostRegexp(`^[^.]+\\.a\\.test$`)' },
  { rule: 'HostRegexp(`^{sub:a|b}\\.a\\.test$`)', hint: 'write HostRegexp(`^(?:a|b)\\.a\\.test$`)' },
  { rule: 'HostRegexp(`{sub:[a-z]{2}.a.test`)', hint: 'write HostRegexp(`^[a-z]+\\.example\\.com$`)' },
  { rule: 'HostRegexp(`^WWW\\.`)', hint: 'write it in lower case' },
  {
    rule: 'HostRegexp(`^\\*\\.a\\.test$`)',
    hint: 'write HostRegexp(`^[^.]+\\.a\\.test$`); in v2 syntax {name} instead of *',
  },
  { rule: 'Path(`/item/{id}`)', hint: 'write PathRegexp(`^/item/[^/]+$`)' },
  { rule: 'Path(`/p.q/{id:[0-9]{3}}/x`)', hint: 'write PathRegexp(`^/p\\.q/[0-9]{3}/x$`)' },
  { rule: 'PathPrefix(`/item/{id}`)', hint: 'write PathRegexp(`^/item/[^/]+`)' },
  { rule: 'PathRegexp(`^/v\\d/{name}$`)', hint: 'write PathRegexp(`^/v\\d/[^/]+$`)' },
  { rule: 'Path(`/a?b=c`)', hint: 'write Path(`/a`) && Query(`name`, `value`)' },
  { rule: 'Path(`/a#b`)', hint: 'write %23 if an escaped one is meant' },
  { rule: 'PathPrefix(`/a//b`)', hint: 'remove //, /./ and /../' },
  { rule: 'PathPrefix(`/a/../b`)', hint: 'remove //, /./ and /../' },
  { rule: 'Path(`/a/.`)', hint: 'remove //, /./ and /../' },
  { rule: 'Path(`/100%`)', hint: 'write %25' },
  { rule: 'Path(`/a%2fb`)', hint: 'write Path(`/a%2Fb`)' },
  { rule: 'Path(`/a%2Fb%2fc`)', hint: 'write Path(`/a%2Fb%2Fc`)' },
  { rule: 'Path(`/a%20b`)', hint: 'write Path(`/a b`)' },
  { rule: 'Path(`/b%C3%BCcher`)', hint: 'write Path(`/bücher`)' },
  { rule: 'Path(`/a%60b`)', hint: 'write Path("/a`b")' },
  { rule: 'Query(`a=b`)', hint: 'write Query(`a`, `b`)' },
  { rule: 'Query(`a=b=c`)', hint: 'write Query(`a`, `b=c`)' },
  { rule: 'Query(`a=`)', hint: 'write Query(`a`)' },
  { rule: 'Header(`host`, `a.test`)', hint: 'write Host(`example.com`)' },
  { rule: 'Method(`GET`) && !Host(`a.test:80`)', hint: 'write Host(`a.test`)' },
])('$rule', ({ rule, hint }) => {
  expect(dead(rule)).toEqual([hint]);
});

test.for([
  { rule: 'HostSNI(`a.test:443`)', hint: 'write HostSNI(`a.test`)' },
  { rule: 'HostSNIRegexp(`{sub:[a-z]+}.a.test`)', hint: 'write HostSNIRegexp(`^[a-z]+\\.a\\.test$`)' },
  { rule: 'HostSNIRegexp(`^WWW\\.`)', hint: 'write it in lower case' },
])('TCP: $rule', ({ rule, hint }) => {
  expect(deadTcp(rule)).toEqual([hint]);
});

test.for([
  { rule: 'Host(`*.a.test`)', hint: 'write HostRegexp(`^[^.]+\\.a\\.test$`); in v2 syntax {name} instead of *' },
  { rule: 'Host(`a.test:80`, `b.test`)', hint: 'write Host(`a.test`)' },
  { rule: 'Path(`/a%20b`)', hint: 'write Path(`/a b`)' },
])('v2: $rule', ({ rule, hint }) => {
  expect(dead(rule, 'v2')).toEqual([hint]);
});

describe('nothing is said about', () => {
  test.for([
    'Host(`a.test`)',
    'Host(`*`)',
    'Host(`*.a.test`)',
    'Host(`::1`)',
    'HostRegexp(`^[a-z]{2,3}\\.a\\.test$`)',
    'HostRegexp(`(?i)^WWW\\.`)',
    'HostRegexp(`^[A-Za-z0-9-]+\\.a\\.test$`)',
    'HostRegexp(`^(WWW|www)\\.`)',
    'PathRegexp(`^/\\p{Greek}\\x{41}{2}a{1,3}\\{id}$`)',
    'PathPrefix(`/.`)',
    'PathPrefix(`/a/..`)',
    'PathPrefix(`/a%2`)',
    'Header(`X-Host`, `a`)',
    'HostRegexp(`^\\S+\\.\\pL$`)',
    'Path(`/a%2Fb`)',
    'PathPrefix(`/a/..b/.well-known`)',
    'Query(`a`, `b=c`)',
    'Query(`a`)',
  ])('%s', (rule) => {
    expect(dead(rule)).toEqual([]);
  });
});
