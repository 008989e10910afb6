import { describe, expect, test } from 'vitest';
import { isRuleError, parseRule, parseTcpRule } from '../../../src/rule/parse.ts';
import { printRule } from '../../../src/rule/print-rule.ts';

function printed(rule: string, syntax: 'v2' | 'v3' = 'v3'): string {
  const node = parseTcpRule(rule, syntax);
  return isRuleError(node) ? node.message : printRule(node);
}

describe('rules of TCP routers (rules.md section 11)', () => {
  test.for([
    'HostSNI(`example.com`)',
    'HostSNI(`*`)',
    'HostSNI(`*.example.com`)',
    'HostSNI(`foo_bar.example.com`)',
    'HostSNI(`xn--9t9h.com`)',
    'HostSNIRegexp(`^example\\.(com|org)$`)',
    'ClientIP(`20.20.20.20/24`)',
    'ALPN(`h2`)',
    'HostSNI(`a.test`) && !ClientIP(`10.0.0.0/8`)',
  ])('%s', (rule) => {
    expect(printed(rule)).toBe(rule);
  });

  test.for(['hostsni', 'HOSTSNI', 'Hostsni'])('the spelling %s', (name) => {
    expect(printed(`${name}(\`a.test\`)`)).toBe('HostSNI(`a.test`)');
  });

  test.for([
    ['HostSNI(`a.test`, `b.test`)', 'HostSNI(`a.test`) || HostSNI(`b.test`)'],
    ['HostSNIRegexp(`{s:[a-z]+}.a.test`)', 'HostSNIRegexp(`^[a-z]+\\.a\\.test$`)'],
    ['ClientIP(`10.0.0.1`, `10.0.0.2`)', 'ClientIP(`10.0.0.1`) || ClientIP(`10.0.0.2`)'],
    ['ALPN(`h2`, `mqtt`)', 'ALPN(`h2`) || ALPN(`mqtt`)'],
  ] as const)('%s in v2 syntax', ([rule, same]) => {
    expect(printed(rule, 'v2')).toBe(same);
  });
});

describe('faults name the column and the fix', () => {
  test.for([
    { rule: 'HostSNI(`*.*.example.com`)', column: 9, hint: 'HostSNIRegexp' },
    { rule: 'HostSNI(`exämple.com`)', column: 9, hint: 'xn--exmple-cua.com' },
    { rule: 'HostSNI(`a.test`, `b.test`)', column: 1, hint: 'HostSNI(`a.test`) || HostSNI(`b.test`)' },
    { rule: 'HostSNI(``)', column: 9, hint: 'HostSNI(`example.com`)' },
    { rule: 'HostSNI()', column: 1, hint: 'HostSNI(`example.com`)' },
    { rule: 'HostSNI(`a/b`)', column: 9, hint: 'a host name' },
    { rule: 'HostSNI(`{s}.a.test`)', column: 9, hint: 'HostSNIRegexp' },
    { rule: 'HostSNIRegexp(`(`)', column: 15, hint: 'RE2' },
    { rule: 'HostSNIRegexp(`ä`)', column: 15, hint: 'punycode' },
    { rule: 'ClientIP(`10.0.0.1`, `10.0.0.2`)', column: 1, hint: '||' },
    { rule: 'ClientIP(`10.0.0`)', column: 10, hint: '192.0.2.0/24' },
    { rule: 'ALPN(`acme-tls/1`)', column: 6, hint: 'h2' },
    { rule: 'ALPN(`h2`, `mqtt`)', column: 1, hint: 'ALPN(`h2`) || ALPN(`mqtt`)' },
    { rule: 'Host(`a.test`)', column: 1, hint: 'HostSNI(`example.com`)' },
    { rule: 'HostSNI(`*`) && Path(`/x`)', column: 17, hint: 'router for HTTP' },
    { rule: 'HostSN(`a.test`)', column: 1, hint: 'did you mean HostSNI?' },
  ])('$rule', ({ rule, column, hint }) => {
    expect(parseTcpRule(rule)).toMatchObject({ column, hint: expect.stringContaining(hint) as string });
  });

  test('HTTP does not know the matchers of TCP', () => {
    for (const rule of ['HostSNI(`a`)', 'ALPN(`h2`)', 'HostSNIRegexp(`a`)']) {
      expect(parseRule(rule)).toMatchObject({ column: 1, hint: expect.stringContaining('TCP routers') as string });
    }
  });
});
