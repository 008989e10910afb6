import type { MatchNode, RuleNode } from './ast.ts';
import { printMatcher } from './print-rule.ts';
import { routingPath } from './routing-path.ts';
import { templateRegexp } from './template.ts';

/** An argument that is accepted and can never match what its author meant. */
export interface DeadArgument {
  readonly message: string;
  readonly hint: string;
}

/**
 * Finds the silent traps of a rule, HTTP or TCP (rules.md sections 10 and 13): Traefik accepts them too and says nothing.
 * The hint is the matcher as it was probably meant.
 */
export function deadArguments(rule: RuleNode<string>): readonly DeadArgument[] {
  switch (rule.kind) {
    case 'not':
      return deadArguments(rule.node);
    case 'and':
    case 'or':
      return rule.nodes.flatMap(deadArguments);
    case 'match':
  }
  const dead = check(rule);
  return dead === undefined ? [] : [{ message: `${printMatcher(rule)} never matches: ${dead[0]}`, hint: dead[1] }];
}

type Found = readonly [message: string, hint: string] | undefined;

/** A name between braces: a template of v2. `{2,3}`, `\p{Greek}` and `\x{41}` are parts of regular expressions. */
const TEMPLATE = /(?<!\\|\\[pPx])\{[A-Za-z_]\w*(?::|\})/;

function check({ name, args }: MatchNode<string>): Found {
  const [first = ''] = args;
  switch (name) {
    case 'Host':
    case 'HostSNI':
      return checkHost(name, first);
    case 'HostRegexp':
    case 'HostSNIRegexp':
      return checkHostPattern(name, first);
    case 'Path':
    case 'PathPrefix':
      return checkPath(name, first);
    case 'PathRegexp':
      return TEMPLATE.test(first) ? template(name, first, 'path') : undefined;
    case 'Query':
      return args.length === 1 && first.includes('=') ? checkParameter(first) : undefined;
    case 'Header':
    case 'HeaderRegexp':
      return first.toLowerCase() === 'host'
        ? ['Host is not among the headers', 'write Host(`example.com`)']
        : undefined;
    default:
      return undefined;
  }
}

function checkParameter(text: string): Found {
  const equals = text.indexOf('=');
  const value = text.slice(equals + 1);
  const args = value === '' ? [text.slice(0, equals)] : [text.slice(0, equals), value];
  return ['a parameter name has no =', `write ${printMatcher({ name: 'Query', args })}`];
}

function checkHost(name: string, text: string): Found {
  const written = (host: string): string => `write ${printMatcher({ name, args: [host] })}`;
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    return ['a host has no scheme', written(text.replace(/^.*?:\/\//, '').replace(/[/:].*$/, '') || 'example.com')];
  }
  if (text.includes('{')) return template(name === 'Host' ? 'HostRegexp' : 'HostSNIRegexp', text, 'host');
  if (text.includes(',')) {
    const hosts = text.split(',').map((host) => printMatcher({ name, args: [host.trim()] }));
    return ['one matcher takes one host', `write ${hosts.join(' || ')}`];
  }
  const slash = text.indexOf('/');
  if (slash >= 0) {
    const prefix = printMatcher({ name: 'PathPrefix', args: [text.slice(slash)] });
    return ['a host has no path', `${written(text.slice(0, slash))} && ${prefix}`];
  }
  if (/\s/.test(text)) return ['a host has no blanks', written(text.replaceAll(/\s/g, ''))];
  if (/[[\]]/.test(text)) {
    return ['an IPv6 address is written without brackets', written(text.replace(/^\[(.*)\].*$/, '$1'))];
  }
  if (/^[^:]+:\d*$/.test(text)) return ['the port is not compared', written(text.replace(/:.*/, ''))];
  const isMisplaced = text.lastIndexOf('*') > 0 || (text.startsWith('*') && text !== '*' && text[1] !== '.');
  if (!isMisplaced) return undefined;
  return ['a star stands for the whole first label only', `write *.example.com or use ${name}Regexp`];
}

function checkHostPattern(name: string, text: string): Found {
  if (TEMPLATE.test(text)) return template(name, text, 'host');
  if (/\\\*/.test(text)) {
    const meant = printMatcher({ name, args: [text.replaceAll('\\*', '[^.]+')] });
    return ['a star stands for itself here, and no host has one', `write ${meant}; in v2 syntax {name} instead of *`];
  }
  // A class that has lower case as well, or one of two alternatives, still lets something through.
  const isOpen = text.includes('|') || /\(\?[a-zA-Z]*i/.test(text);
  const literals = text.replace(/\[\^?\]?(?:\\.|[^\]\\])*\]|\\p?[A-Za-z]|\(\?P?<\w+>/g, '');
  if (isOpen || !/[A-Z]/.test(literals)) return undefined;
  return ['hosts are compared in lower case', 'write it in lower case'];
}

function checkPath(name: string, text: string): Found {
  if (TEMPLATE.test(text)) return template(name, text, 'path');
  const query = text.indexOf('?');
  if (query >= 0) {
    const rest = printMatcher({ name, args: [text.slice(0, query)] });
    return ['the query is no part of the path', `write ${rest} && Query(\`name\`, \`value\`)`];
  }
  if (text.includes('#')) return ['a # is no part of a path', 'write %23 if an escaped one is meant'];
  // At the end of a prefix the segment may go on: /.well-known, /..rest.
  const isDotted = name === 'Path' ? /\/\.\.?(\/|$)/.test(text) : /\/\.\.?\//.test(text);
  if (isDotted || text.includes('//')) return ['paths are cleaned before they are compared', 'remove //, /./ and /../'];
  if (name === 'Path' && /%(?![0-9A-Fa-f]{2})/.test(text)) return ['a % stays escaped', 'write %25'];
  const live = routingPath(text);
  if (live === text) return undefined;
  const isCase = live.toLowerCase() === text.toLowerCase();
  const message = isCase ? 'escapes are compared in upper case' : 'only reserved characters stay escaped';
  return [message, `write ${printMatcher({ name, args: [live] })}`];
}

/** A template of v2, as the regular expression that it was there. */
function template(name: string, text: string, kind: 'host' | 'path'): Found {
  const bare = text.replace(/^\^|\$$/g, '');
  const isRegexp = name === 'PathRegexp' || (name.endsWith('Regexp') && (bare !== text || text.includes('\\.')));
  const regexp = templateRegexp(bare, kind, isRegexp);
  const example = kind === 'host' ? '[a-z]+\\.example\\.com' : '/item/[^/]+';
  const rewritten = `^${typeof regexp === 'string' ? regexp : example}${name === 'PathPrefix' ? '' : '$'}`;
  const target = name.endsWith('Regexp') ? name : 'PathRegexp';
  return ['braces are no template in v3 syntax', `write ${printMatcher({ name: target, args: [rewritten] })}`];
}
