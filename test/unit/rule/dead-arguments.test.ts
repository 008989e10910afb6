import { describe, expect, test } from 'vitest';
import { deadArguments } from '../../../src/rule/dead-arguments.ts';
import { isRuleError, parseRule } from '../../../src/rule/parse.ts';

function dead(rule: string) {
  const node = parseRule(rule);
  if (isRuleError(node)) throw new Error(node.message);
  return deadArguments(node).map(({ hint }) => hint);
}

test.for([
  { rule: 'Host(`a.test:80`)', hint: 'write a.test' },
  { rule: 'Host(`https://a.test`)', hint: 'write the host name alone' },
  { rule: 'Host(`a.test/x`)', hint: 'write Host(`example.com`) && PathPrefix(`/path`)' },
  { rule: 'Host(`a.test,b.test`)', hint: 'write Host(`a.example.com`) || Host(`b.example.com`)' },
  { rule: 'Host(` a.test`)', hint: 'remove them' },
  { rule: 'Host(`[::1]`)', hint: 'remove them' },
  { rule: 'Host(`{sub}.a.test`)', hint: 'write HostRegexp(`^[a-z]+\\.example\\.com$`)' },
  { rule: 'Host(`*a.test`)', hint: 'write *.example.com or use HostRegexp' },
  { rule: 'Host(`a.*.test`)', hint: 'write *.example.com or use HostRegexp' },
  { rule: 'HostRegexp(`{sub:[a-z]+}.a.test`)', hint: 'write ^[a-z]+\\.example\\.com$' },
  { rule: 'HostRegexp(`^WWW\\.`)', hint: 'write it in lower case' },
  { rule: 'Path(`/item/{id}`)', hint: 'write PathRegexp(`^/item/[^/]+$`)' },
  { rule: 'Path(`/a?b=c`)', hint: 'use Query(`name`, `value`)' },
  { rule: 'PathPrefix(`/a//b`)', hint: 'remove //, /./ and /../' },
  { rule: 'PathPrefix(`/a/../b`)', hint: 'remove //, /./ and /../' },
  { rule: 'Path(`/a%2fb`)', hint: 'write %2F' },
  { rule: 'Path(`/a%20b`)', hint: 'write Path(`/a b`)' },
  { rule: 'Query(`a=b`)', hint: 'write Query(`a`, `b`)' },
  { rule: 'Method(`GET`) && !Host(`a.test:80`)', hint: 'write a.test' },
])('$rule', ({ rule, hint }) => {
  expect(dead(rule)).toEqual([hint]);
});

describe('nothing is said about', () => {
  test.for([
    'Host(`a.test`)',
    'Host(`*`)',
    'Host(`*.a.test`)',
    'Host(`::1`)',
    'HostRegexp(`^[a-z]{2,3}\\.a\\.test$`)',
    'HostRegexp(`(?i)^WWW\\.`)',
    'HostRegexp(`^\\S+\\.\\pL$`)',
    'Path(`/a%2Fb`)',
    'PathPrefix(`/a/..b/.well-known`)',
    'Query(`a`, `b=c`)',
    'Query(`a`)',
  ])('%s', (rule) => {
    expect(dead(rule)).toEqual([]);
  });
});
