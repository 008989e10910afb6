import { asciiFault, networkFault, pathFault, type ArgumentCheck } from './argument-checks.ts';
import type { MatcherName, MatchNode, RuleNode } from './ast.ts';
import { regexpFault } from './regexp-fault.ts';
import { buildLanguage, type ArgumentFault, type MatcherSpec, type RuleLanguage } from './rule-language.ts';
import { escapeRegexp, templateRegexp } from './template.ts';

/**
 * The HTTP matchers of Traefik v2, rewritten to those of v3 (rules.md section 10). Several arguments are alternatives, but for
 * `Headers` and `Query`: a request must have all of these.
 */
export const HTTP_RULES_V2: RuleLanguage<MatcherName> = buildLanguage(
  {
    Host: alternatives('Host(`example.com`)', readHost),
    HostHeader: alternatives('HostHeader(`example.com`)', readHost),
    HostRegexp: alternatives('HostRegexp(`{sub:[a-z]+}.example.com`)', readHostTemplate),
    Path: alternatives('Path(`/item/{id}`)', (path) => readPath('Path', path)),
    PathPrefix: alternatives('PathPrefix(`/item/{id}`)', (path) => readPath('PathPrefix', path)),
    Method: alternatives('Method(`GET`)', (method) => match('Method', method)),
    Headers: pairs('Headers(`X-Tenant`, `blue`)', (name, value) => match('Header', name, value)),
    HeadersRegexp: pairs('HeadersRegexp(`X-Tenant`, `^(blue|green)$`)', (name, pattern) => {
      return regexpFault(pattern) ?? match('HeaderRegexp', name, pattern);
    }),
    Query: { example: 'Query(`mode=beta`)', counts: 'some', read: (args) => join('and', args, readParameter) },
    ClientIP: alternatives('ClientIP(`192.0.2.0/24`)', (text) => networkFault(text) ?? match('ClientIP', text)),
  },
  {
    header: 'write Headers(`name`, `value`), or remove the label rulesyntax',
    headerregexp: 'write HeadersRegexp(`name`, `pattern`), or remove the label rulesyntax',
    pathregexp: 'write Path(`/{name:pattern}`), or remove the label rulesyntax',
    queryregexp: 'write Query(`name={name:pattern}`), or remove the label rulesyntax',
    hostsni: 'a router for HTTP is chosen by Host(`example.com`); HostSNI belongs to TCP routers',
    pathprefixstrip: 'write PathPrefix(`/path`) and use a stripprefix middleware',
    pathstrip: 'write Path(`/path`) and use a stripprefix middleware',
  },
);

type Read<Name extends string> = (argument: string) => RuleNode<Name> | ArgumentCheck;

/** A matcher whose arguments are alternatives. */
export function alternatives<Name extends string>(example: string, read: Read<Name>): MatcherSpec<Name> {
  return { example, counts: 'some', read: (args) => join('or', args, read) };
}

/** One matcher with its arguments. */
export function match<Name extends string>(name: Name, ...args: readonly string[]): MatchNode<Name> {
  return { kind: 'match', name, args };
}

function join<Name extends string>(
  kind: 'and' | 'or',
  args: readonly string[],
  read: Read<Name>,
): RuleNode<Name> | ArgumentFault {
  const nodes: RuleNode<Name>[] = [];
  for (const [index, arg] of args.entries()) {
    const result = read(arg);
    if ('message' in result) return { index, ...result };
    nodes.push(result);
  }
  const [first] = nodes;
  return nodes.length === 1 && first !== undefined ? first : { kind, nodes };
}

function pairs(
  example: string,
  read: (name: string, value: string) => RuleNode | ArgumentCheck,
): MatcherSpec<MatcherName> {
  return {
    example,
    counts: 'pairs',
    read: (args) => {
      const values = args.filter((_, index) => index % 2 === 1);
      let index = 0;
      const result = join('and', values, (value) => read(args[2 * index++] ?? '', value));
      // The fault is in the value, the second of its pair.
      return 'message' in result && result.index !== undefined ? { ...result, index: 2 * result.index + 1 } : result;
    },
  };
}

/** A star stands for itself here; in v3 it is a wildcard. */
function readHost(host: string): RuleNode | ArgumentCheck {
  const fault = asciiFault(host);
  if (fault !== undefined) return fault;
  return host.startsWith('*') ? match('HostRegexp', `^${escapeRegexp(host.toLowerCase())}$`) : match('Host', host);
}

function readHostTemplate(template: string): RuleNode | ArgumentCheck {
  const regexp = templateRegexp(template, 'host') ?? escapeRegexp(template.toLowerCase());
  if (typeof regexp !== 'string') return regexp;
  return asciiFault(template) ?? readRegexp('HostRegexp', `^${regexp}$`);
}

function readPath(name: 'Path' | 'PathPrefix', path: string): RuleNode | ArgumentCheck {
  const regexp = templateRegexp(path, 'path');
  if (typeof regexp === 'object') return regexp;
  const fault = pathFault(path);
  if (fault !== undefined) return fault;
  if (regexp === undefined) return match(name, path);
  return readRegexp('PathRegexp', `^${regexp}${name === 'Path' ? '$' : ''}`);
}

function readParameter(text: string): RuleNode | ArgumentCheck {
  const equals = text.indexOf('=');
  if (equals < 1) return { message: `${text} is no parameter with its value`, hint: 'write name=value' };
  const name = text.slice(0, equals);
  const value = text.slice(equals + 1);
  // Without a value any will do.
  if (value === '') return match('QueryRegexp', name, '.*');
  const regexp = templateRegexp(value, 'query');
  if (typeof regexp === 'object') return regexp;
  return regexp === undefined ? match('Query', name, value) : readRegexp('QueryRegexp', `^${regexp}$`, name);
}

function readRegexp(
  name: 'HostRegexp' | 'PathRegexp' | 'QueryRegexp',
  regexp: string,
  key?: string,
): RuleNode | ArgumentCheck {
  return regexpFault(regexp) ?? (key === undefined ? match(name, regexp) : match(name, key, regexp));
}
