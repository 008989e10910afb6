import { expect, test } from 'vitest';
import { explainRule } from '../../../src/rule/explain-rule.ts';
import { isRuleError, parseRule } from '../../../src/rule/parse.ts';
import { ruleRequest } from '../../support/rule-request.ts';

const request = ruleRequest({
  url: '/shop/x?mode=a',
  headers: { host: 'a.test', 'x-tenant': ['blue', 'green'] },
  remoteAddr: '192.0.2.7:1',
});

test.for([
  ['Host(`a.test`)', undefined],
  ['Host(`b.test`)', 'Host(`b.test`): the host is a.test'],
  ['HostRegexp(`^b`)', 'HostRegexp(`^b`): the host is a.test'],
  ['Host(`a.test`) && Path(`/x`)', 'Path(`/x`): the path is /shop/x'],
  ['PathPrefix(`/y`) && Host(`b.test`)', 'PathPrefix(`/y`): the path is /shop/x'],
  ['Host(`b.test`) || Path(`/x`)', 'Host(`b.test`): the host is a.test; Path(`/x`): the path is /shop/x'],
  ['!Host(`a.test`)', '!Host(`a.test`): it matches'],
  ['!(Host(`a.test`) || Path(`/x`))', '!(Host(`a.test`) || Path(`/x`)): it matches'],
  ['Method(`POST`)', 'Method(`POST`): the method is GET'],
  ['Header(`X-Tenant`, `red`)', 'Header(`X-Tenant`, `red`): its value is "blue", "green"'],
  ['Header(`X-Else`, `red`)', 'Header(`X-Else`, `red`): there is no such header'],
  ['Query(`mode`, `b`)', 'Query(`mode`, `b`): its value is "a"'],
  ['Query(`else`, `b`)', 'Query(`else`, `b`): there is no such parameter'],
  ['ClientIP(`10.0.0.0/8`)', "ClientIP(`10.0.0.0/8`): the client's address is 192.0.2.7"],
] as const)('%s: %s', ([rule, reason]) => {
  const node = parseRule(rule);
  if (isRuleError(node)) throw new Error(node.message);
  expect(explainRule(node, request)).toBe(reason);
});

test('a request without a host says so', () => {
  const node = parseRule('Host(`a.test`)');
  if (isRuleError(node)) throw new Error(node.message);
  expect(explainRule(node, ruleRequest({ url: '/' }))).toBe('Host(`a.test`): the request names no host');
});
