import { expect, test } from 'vitest';
import { compileForIndex } from '../../../src/routing/candidate.ts';
import { HostIndex } from '../../../src/routing/host-index.ts';
import { parseRule } from '../../../src/rule/parse.ts';
import type { RuleRequest } from '../../../src/rule/rule-request.ts';

function request(host: string, path = '/'): RuleRequest {
  return {
    method: 'GET',
    host,
    hostWithTrailingDot: () => host,
    routingPath: () => path,
    headerValues: () => [],
    queryValues: () => [],
    clientAddress: '127.0.0.1',
  };
}

/** Rules in priority order; the value is the rule itself. */
function index(...rules: string[]): HostIndex<string> {
  const hosts = new HostIndex<string>();
  for (const rule of rules) {
    const parsed = parseRule(rule);
    if (!('kind' in parsed)) throw new Error(parsed.message);
    hosts.add(compileForIndex(parsed), rule);
  }
  return hosts;
}

const API = 'Host(`a.test`) && PathPrefix(`/api`)';
const A = 'Host(`a.test`)';
const WILD = 'Host(`*.a.test`)';
const PATH = 'PathPrefix(`/any`)';
const NOT = '!Host(`a.test`)';

test.for([
  { rules: [API, A], host: 'a.test', path: '/api/x', winner: API },
  { rules: [API, A], host: 'a.test', path: '/', winner: A },
  { rules: [A, API], host: 'a.test', path: '/api', winner: A },
  { rules: [A], host: 'b.test', path: '/', winner: undefined },
  { rules: [A], host: '', path: '/', winner: undefined },
  { rules: [WILD, A], host: 'x.a.test', path: '/', winner: WILD },
  { rules: [WILD, A], host: 'a.test', path: '/', winner: A },
  { rules: [WILD], host: 'x.y.a.test', path: '/', winner: undefined },
  { rules: [PATH, A], host: 'a.test', path: '/any', winner: PATH },
  { rules: [A, PATH], host: 'a.test', path: '/any', winner: A },
  { rules: [A, PATH], host: 'zzz', path: '/any', winner: PATH },
  { rules: [NOT, A], host: 'a.test', path: '/', winner: A },
  { rules: [A, NOT], host: 'b.test', path: '/', winner: NOT },
  { rules: ['Host(`a.test`) || Path(`/x`)'], host: 'q.test', path: '/x', winner: 'Host(`a.test`) || Path(`/x`)' },
  {
    rules: ['Host(`a.test`) || Host(`b.test`)'],
    host: 'b.test',
    path: '/',
    winner: 'Host(`a.test`) || Host(`b.test`)',
  },
  { rules: ['Host(`a.test`) && Host(`b.test`)'], host: 'b.test', path: '/', winner: undefined },
  { rules: [WILD, PATH, A], host: 'x.a.test', path: '/any', winner: WILD },
  { rules: [PATH, WILD, A], host: 'x.a.test', path: '/any', winner: PATH },
])('$host$path among $rules goes to $winner', ({ rules, host, path, winner }) => {
  expect(index(...rules).match(request(host, path))).toBe(winner);
});
