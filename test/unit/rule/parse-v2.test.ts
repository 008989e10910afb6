import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RuleNode } from '../../../src/rule/ast.ts';
import { compileRule } from '../../../src/rule/compile.ts';
import { hostsOf } from '../../../src/rule/hosts-of.ts';
import { isRuleError, parseRule, parseTcpRule } from '../../../src/rule/parse.ts';
import { printRule } from '../../../src/rule/print-rule.ts';
import { ruleRequest } from '../../support/rule-request.ts';

function v2(rule: string): RuleNode {
  const node = parseRule(rule, 'v2');
  if (isRuleError(node)) throw new Error(`${rule}: ${node.message}`);
  return node;
}

describe('a rule in v2 syntax is this one in v3 (rules.md section 10)', () => {
  test.for([
    ['Host(`a.test`)', 'Host(`a.test`)'],
    ['Host(`a.test`, `b.test`)', 'Host(`a.test`) || Host(`b.test`)'],
    ['host(`a.test`,)', 'Host(`a.test`)'],
    ['HostHeader(`a.test`)', 'Host(`a.test`)'],
    ['Host(`*.Example.com`)', 'HostRegexp(`^\\*\\.example\\.com$`)'],
    ['HostRegexp(`{s:[a-z]+}.example.com`)', 'HostRegexp(`^[a-z]+\\.example\\.com$`)'],
    [
      'HostRegexp(`{s}.Example.com`, `example.com`)',
      'HostRegexp(`^[^.]+\\.example\\.com$`) || HostRegexp(`^example\\.com$`)',
    ],
    ['HostRegexp(`{s:a|b}.{t:(?i)x}`)', 'HostRegexp(`^(?:a|b)\\.(?:(?i)x)$`)'],
    ['Path(`/p`)', 'Path(`/p`)'],
    ['Path(`/p/{id}`)', 'PathRegexp(`^/p/[^/]+$`)'],
    ['Path(`/p.x/{id:[0-9]{3}}`, `/q`)', 'PathRegexp(`^/p\\.x/[0-9]{3}$`) || Path(`/q`)'],
    ['PathPrefix(`/p/{id}/`)', 'PathRegexp(`^/p/[^/]+/`)'],
    ['Method(`GET`, `POST`)', 'Method(`GET`) || Method(`POST`)'],
    ['Headers(`a`, `b`)', 'Header(`a`, `b`)'],
    ['Headers(`a`, `b`, `c`, `d`)', 'Header(`a`, `b`) && Header(`c`, `d`)'],
    ['HeadersRegexp(`a`, `^b`)', 'HeaderRegexp(`a`, `^b`)'],
    ['Query(`a=b`)', 'Query(`a`, `b`)'],
    ['Query(`a=b`, `c=d=e`)', 'Query(`a`, `b`) && Query(`c`, `d=e`)'],
    ['Query(`a=`)', 'QueryRegexp(`a`, `.*`)'],
    ['Query(`a=x{id:[0-9]+}`)', 'QueryRegexp(`a`, `^x[0-9]+$`)'],
    ['ClientIP(`10.0.0.1`, `192.0.2.0/24`)', 'ClientIP(`10.0.0.1`) || ClientIP(`192.0.2.0/24`)'],
    ['!Host(`a`, `b`) && Path(`/x`)', '!(Host(`a`) || Host(`b`)) && Path(`/x`)'],
    ['Host(`a`, `b`) && Path(`/x`)', '(Host(`a`) || Host(`b`)) && Path(`/x`)'],
  ] as const)('%s', ([rule, same]) => {
    expect(printRule(v2(rule))).toBe(same);
    expect(parseRule(same)).toEqual(v2(rule));
  });
});

describe('it decides as in v2', () => {
  test.for([
    { rule: 'HostRegexp(`{s:[a-z]+}.example.com`)', host: 'a.example.com', match: true },
    { rule: 'HostRegexp(`{s:[a-z]+}.example.com`)', host: 'x.a.example.com', match: false },
    { rule: 'HostRegexp(`{s:[a-z]+}.example.com`)', host: 'a.example.com.evil.test', match: false },
    { rule: 'HostRegexp(`{s:[a-z]+}.example.com`)', host: 'axexample.com', match: false },
    { rule: 'HostRegexp(`example.com`)', host: 'www.example.com', match: false },
    { rule: 'Host(`*.example.com`)', host: 'a.example.com', match: false },
    { rule: 'Path(`/p/{id}`)', url: '/p/1', match: true },
    { rule: 'Path(`/p/{id}`)', url: '/p/1/x', match: false },
    { rule: 'PathPrefix(`/p/{id}`)', url: '/p/1/x', match: true },
    { rule: 'PathPrefix(`/p/{id}`)', url: '/x/p/1', match: false },
    { rule: 'Query(`a=b`, `c=d`)', url: '/?c=d&a=b', match: true },
    { rule: 'Query(`a=b`, `c=d`)', url: '/?c=d', match: false },
    { rule: 'Query(`a=`)', url: '/?a=anything', match: true },
    { rule: 'Query(`a=`)', url: '/?b=anything', match: false },
  ])('$rule for $host $url: $match', ({ rule, host = 'example.com', url = '/', match }) => {
    const request = ruleRequest({ method: 'GET', url, headers: { host }, remoteAddr: '203.0.113.7:4000' });
    expect(compileRule(v2(rule))(request)).toBe(match);
  });

  test('its hosts are known, but for the literal star', () => {
    expect(hostsOf(v2('Host(`a.test`, `b.test`)'))).toEqual({
      exact: ['a.test', 'b.test'],
      wildcards: [],
      isComplete: true,
    });
    expect(hostsOf(v2('Host(`*.a.test`)'))).toEqual({ exact: [], wildcards: [], isComplete: false });
  });
});

describe('faults name the column and the fix', () => {
  test.for([
    { rule: 'Host()', column: 1, hint: 'Host(`example.com`)' },
    { rule: 'Host(`a`, ``)', column: 11, hint: 'Host(`example.com`)' },
    { rule: 'Host(`a`, `bücher.example`)', column: 11, hint: 'xn--bcher-kva.example' },
    { rule: 'Path(`/a`, `b`)', column: 12, hint: '/b' },
    { rule: 'Path(`/a/{id`)', column: 6, hint: 'close every {' },
    { rule: 'Path(`/a/id}`)', column: 6, hint: 'close every {' },
    { rule: 'Path(`/a/{}`)', column: 6, hint: '{name:pattern}' },
    { rule: 'Path(`/a/{:x}`)', column: 6, hint: '{name:pattern}' },
    { rule: 'Path(`/a/{id:}`)', column: 6, hint: '{name:pattern}' },
    { rule: 'Path(`/a/{id:(}`)', column: 6, hint: 'RE2' },
    { rule: 'HostRegexp(`{s:(?!x)}.a.test`)', column: 12, hint: 'look-around' },
    { rule: 'HostRegexp(`{s:x}.bücher.example`)', column: 12, hint: 'punycode' },
    { rule: 'Headers(`a`)', column: 1, hint: 'Headers(`X-Tenant`, `blue`)' },
    { rule: 'Headers(`a`, `b`, `c`)', column: 1, hint: 'Headers(`X-Tenant`, `blue`)' },
    { rule: 'HeadersRegexp(`a`, `b`, `c`, `(`)', column: 30, hint: 'RE2' },
    { rule: 'Query(`a`)', column: 7, hint: 'name=value' },
    { rule: 'Query(`=a`)', column: 7, hint: 'name=value' },
    { rule: 'ClientIP(`10.0.0.1`, `10.0.0`)', column: 22, hint: '192.0.2.0/24' },
    { rule: 'Header(`a`, `b`)', column: 1, hint: 'Headers(`name`, `value`)' },
    { rule: 'PathRegexp(`a`)', column: 1, hint: 'Path(`/{name:pattern}`)' },
    { rule: 'Hots(`a`)', column: 1, hint: 'did you mean Host?' },
    { rule: 'Host:a.com', column: 5, hint: 'Host(`example.com`)' },
  ])('$rule', ({ rule, column, hint }) => {
    expect(parseRule(rule, 'v2')).toMatchObject({ column, hint: expect.stringContaining(hint) as string });
  });
});

describe('whatever stands in the arguments', () => {
  const piece = fc.constantFrom(
    '/',
    '{',
    '}',
    ':',
    'a',
    'B',
    '*',
    '.',
    '=',
    '(',
    '|',
    '\\',
    '[',
    '^',
    '$',
    ' ',
    'ü',
    '(?i)',
  );
  const argument = fc.array(piece, { maxLength: 8 }).map((parts) => `\`${parts.join('')}\``);
  const http = fc.constantFrom(
    'Host',
    'HostRegexp',
    'Path',
    'PathPrefix',
    'Headers',
    'HeadersRegexp',
    'Query',
    'ClientIP',
  );
  const tcp = fc.constantFrom('HostSNI', 'HostSNIRegexp', 'ClientIP', 'ALPN');
  const call = (name: fc.Arbitrary<string>) =>
    fc.tuple(name, fc.array(argument, { maxLength: 3 })).map(([matcher, args]) => `${matcher}(${args.join(', ')})`);

  test('nothing throws, and what is accepted is a rule of v3', () => {
    fc.assert(
      fc.property(call(http), (rule) => {
        const node = parseRule(rule, 'v2');
        if (!isRuleError(node)) expect(parseRule(printRule(node))).toEqual(node);
      }),
      { numRuns: 2000 },
    );
  });

  test('the same for TCP', () => {
    fc.assert(
      fc.property(call(tcp), fc.constantFrom('v2', 'v3'), (rule, syntax) => {
        const node = parseTcpRule(rule, syntax);
        if (!isRuleError(node)) expect(parseTcpRule(printRule(node))).toEqual(node);
      }),
      { numRuns: 2000 },
    );
  });
});
