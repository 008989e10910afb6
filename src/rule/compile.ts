import { compileRegexp } from '../lib/compile-regexp.ts';
import { canonicalName } from '../lib/hostname.ts';
import { octets } from '../lib/octets.ts';
import { networkContains, parseIpAddress, parseIpNetwork } from '../lib/ip-address.ts';
import type { MatchNode, RuleNode } from './ast.ts';
import type { RulePredicate } from './rule-request.ts';

/**
 * A rule as a tree of closures. Comparing host, path and method allocates nothing; headers, query and a path with
 * escapes are asked for only when the matchers before them leave the answer open.
 */
export function compileRule(node: RuleNode): RulePredicate {
  switch (node.kind) {
    case 'match':
      return compileMatcher(node);
    case 'not': {
      const inner = compileRule(node.node);
      return (request) => !inner(request);
    }
    case 'and':
    case 'or':
  }
  return compileChain(node.nodes, node.kind === 'or');
}

/** Stops at the first operand whose value is `decisive`: true for `or`, false for `and`. */
function compileChain(nodes: readonly RuleNode[], decisive: boolean): RulePredicate {
  const predicates = nodes.map(compileRule);
  const [first, second] = predicates;
  if (predicates.length === 2 && first !== undefined && second !== undefined) {
    return decisive ? (request) => first(request) || second(request) : (request) => first(request) && second(request);
  }
  return (request) => {
    for (const predicate of predicates) if (predicate(request) === decisive) return decisive;
    return !decisive;
  };
}

function compileMatcher({ name, args }: MatchNode): RulePredicate {
  const [first = '', second] = args;
  switch (name) {
    case 'Host':
      return compileHost(first);
    case 'HostRegexp': {
      const pattern = compileRegexp(first);
      return (request) => pattern.test(request.hostWithTrailingDot());
    }
    case 'Path':
      return (request) => request.routingPath() === first;
    case 'PathPrefix':
      return (request) => request.routingPath().startsWith(first);
    case 'PathRegexp': {
      const pattern = compileRegexp(first);
      return (request) => pattern.test(request.routingPath());
    }
    case 'Method': {
      const method = first.toUpperCase();
      return (request) => request.method === method;
    }
    case 'Header':
    case 'HeaderRegexp': {
      const header = first.toLowerCase();
      const accepts = name === 'Header' ? equalTo(octets(second ?? '')) : matching(second ?? '');
      return (request) => request.headerValues(header).some(accepts);
    }
    case 'Query':
    case 'QueryRegexp': {
      // With one argument both want the parameter with an empty value.
      const accepts = second === undefined ? equalTo('') : name === 'Query' ? equalTo(second) : matching(second);
      return (request) => request.queryValues(first).some(accepts);
    }
    case 'ClientIP':
  }
  return compileClientIp(first);
}

function compileHost(text: string): RulePredicate {
  const host = canonicalName(text);
  if (host === '*') return () => true;
  if (!host.startsWith('*')) return (request) => request.host === host && host !== '';
  // The first label of the request's host is replaced by `*` and the result compared: one label, never none.
  const suffix = host.slice(1);
  return (request) => {
    const candidate = request.host;
    const dot = candidate.indexOf('.');
    return dot > 0 && candidate.length - dot === suffix.length && candidate.endsWith(suffix);
  };
}

function compileClientIp(text: string): RulePredicate {
  const network = parseIpNetwork(text);
  if (network === undefined) return () => false;
  return (request) => {
    const address = parseIpAddress(request.clientAddress);
    return address !== undefined && networkContains(network, address);
  };
}

function equalTo(wanted: string): (value: string) => boolean {
  return (value) => value === wanted;
}

function matching(pattern: string): (value: string) => boolean {
  const compiled = compileRegexp(pattern);
  return (value) => compiled.test(value);
}
