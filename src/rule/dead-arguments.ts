import type { RuleNode } from './ast.ts';

/** An argument that is accepted and can never match what its author meant. */
export interface DeadArgument {
  readonly message: string;
  readonly hint: string;
}

/** Finds the silent traps of a rule (rules.md section 13): Traefik accepts them too and says nothing. */
export function deadArguments(rule: RuleNode): readonly DeadArgument[] {
  switch (rule.kind) {
    case 'not':
      return deadArguments(rule.node);
    case 'and':
    case 'or':
      return rule.nodes.flatMap(deadArguments);
    case 'match':
  }
  const [first = ''] = rule.args;
  const dead = check(rule.name, first, rule.args.length);
  return dead === undefined ? [] : [{ message: `${rule.name}(\`${first}\`) never matches: ${dead[0]}`, hint: dead[1] }];
}

type Found = readonly [message: string, hint: string] | undefined;

function check(name: string, text: string, count: number): Found {
  if (name === 'Host') return checkHost(text);
  if (name === 'HostRegexp') return checkHostPattern(text);
  if (name === 'Path' || name === 'PathPrefix') return checkPath(name, text);
  if (name === 'Query' && count === 1 && text.includes('=')) {
    const [key, value] = text.split('=', 2);
    return ['a parameter name has no =', `write Query(\`${key}\`, \`${value}\`)`];
  }
  return undefined;
}

function checkHost(text: string): Found {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return ['a host has no scheme', 'write the host name alone'];
  if (text.includes('/')) return ['a host has no path', 'write Host(`example.com`) && PathPrefix(`/path`)'];
  if (text.includes(',')) return ['one matcher takes one host', 'write Host(`a.example.com`) || Host(`b.example.com`)'];
  if (/\s/.test(text)) return ['a host has no blanks', 'remove them'];
  if (text.includes('[')) return ['an IPv6 address is written without brackets', 'remove them'];
  if (/^[^:]+:\d*$/.test(text)) return ['the port is not compared', `write ${text.replace(/:.*/, '')}`];
  if (text.includes('{')) return ['braces are not a pattern here', 'write HostRegexp(`^[a-z]+\\.example\\.com$`)'];
  const isMisplaced = text.lastIndexOf('*') > 0 || (text.startsWith('*') && text !== '*' && text[1] !== '.');
  return isMisplaced
    ? ['a star stands for the whole first label only', 'write *.example.com or use HostRegexp']
    : undefined;
}

function checkHostPattern(text: string): Found {
  if (/\{\w+:/.test(text)) return ['named braces are not a pattern', 'write ^[a-z]+\\.example\\.com$'];
  const hasUpperCase = /[A-Z]/.test(text.replace(/\\p?[A-Za-z]|\(\?P?<\w+>|\\Q|\\E/g, ''));
  return hasUpperCase && !text.includes('(?i')
    ? ['hosts are compared in lower case', 'write it in lower case']
    : undefined;
}

function checkPath(name: string, text: string): Found {
  if (/\{\w+(:|\})/.test(text)) return ['braces are not a pattern here', 'write PathRegexp(`^/item/[^/]+$`)'];
  if (text.includes('?')) return ['the query is no part of the path', 'use Query(`name`, `value`)'];
  if (/\/\/|\/\.\.?(\/|$)/.test(text)) return ['paths are cleaned before they are compared', 'remove //, /./ and /../'];
  const escape = /%[0-9A-Fa-f]{2}/g.exec(text)?.[0];
  if (escape === undefined) return undefined;
  if (escape !== escape.toUpperCase()) return ['escapes are compared in upper case', `write ${escape.toUpperCase()}`];
  const decoded = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
  if (":/?#[]@!$&'()*+,;=%".includes(decoded)) return undefined;
  return ['only reserved characters stay escaped', `write ${name}(\`${text.replace(escape, decoded)}\`)`];
}
