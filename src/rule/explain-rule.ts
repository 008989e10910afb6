import type { MatchNode, RuleNode } from './ast.ts';
import { compileRule } from './compile.ts';
import { printMatcher, printRule } from './print-rule.ts';
import type { RuleRequest } from './rule-request.ts';

/**
 * Why a rule does not accept a request: the first matcher that decides against it and what it saw instead. Undefined: the rule
 * accepts it. For people; routing uses `compileRule`.
 */
export function explainRule(node: RuleNode, request: RuleRequest): string | undefined {
  return compileRule(node)(request) ? undefined : failureOf(node, request);
}

function failureOf(node: RuleNode, request: RuleRequest): string {
  switch (node.kind) {
    case 'match':
      return `${printMatcher(node)}: ${seen(node, request)}`;
    case 'not':
      return `${printRule(node)}: it matches`;
    case 'and': {
      const failing = node.nodes.find((operand) => !compileRule(operand)(request));
      return failing === undefined ? '' : failureOf(failing, request);
    }
    default:
      // None of the alternatives holds.
      return node.nodes.map((operand) => failureOf(operand, request)).join('; ');
  }
}

function seen({ name, args }: MatchNode, request: RuleRequest): string {
  const [first = ''] = args;
  switch (name) {
    case 'Host':
    case 'HostRegexp':
      return request.host === '' ? 'the request names no host' : `the host is ${request.host}`;
    case 'Path':
    case 'PathPrefix':
    case 'PathRegexp':
      return `the path is ${shorten(request.routingPath())}`;
    case 'Method':
      return `the method is ${request.method}`;
    case 'Header':
    case 'HeaderRegexp':
      return describeValues('header', request.headerValues(first.toLowerCase()));
    case 'Query':
    case 'QueryRegexp':
      return describeValues('parameter', request.queryValues(first));
    case 'ClientIP':
  }
  return `the client's address is ${request.clientAddress}`;
}

function describeValues(kind: string, values: readonly string[]): string {
  if (values.length === 0) return `there is no such ${kind}`;
  return `its value is ${values.map((value) => `"${shorten(value)}"`).join(', ')}`;
}

function shorten(text: string): string {
  return text.length > 100 ? `${text.slice(0, 99)}…` : text;
}
