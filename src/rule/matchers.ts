import { parseIpNetwork } from '../lib/ip-address.ts';
import { nearest } from '../lib/suggest.ts';
import type { MatcherName } from './ast.ts';
import { regexpFault } from './regexp-fault.ts';

/** A fault in the arguments of one matcher. `index` is the argument at fault, undefined when it is their number. */
export interface ArgumentFault {
  readonly index: number | undefined;
  readonly message: string;
  readonly hint: string;
}

interface MatcherSpec {
  /** How a correct call looks, for hints. */
  readonly example: string;
  readonly counts: readonly number[];
  readonly check?: (args: readonly string[]) => ArgumentFault | undefined;
}

/** Every HTTP matcher (rules.md section 3). */
export const MATCHERS: Readonly<Record<MatcherName, MatcherSpec>> = {
  Host: { example: 'Host(`example.com`)', counts: [1], check: ([host]) => asciiFault(host) },
  HostRegexp: {
    example: 'HostRegexp(`^.+\\.example\\.com$`)',
    counts: [1],
    check: ([pattern]) => asciiFault(pattern) ?? regexpArgumentFault(pattern, 0),
  },
  Path: { example: 'Path(`/health`)', counts: [1], check: ([path]) => pathFault(path) },
  PathPrefix: { example: 'PathPrefix(`/api`)', counts: [1], check: ([path]) => pathFault(path) },
  PathRegexp: {
    example: 'PathRegexp(`^/v[0-9]+/`)',
    counts: [1],
    check: ([pattern]) => regexpArgumentFault(pattern, 0),
  },
  Method: { example: 'Method(`GET`)', counts: [1] },
  Header: { example: 'Header(`X-Tenant`, `blue`)', counts: [2] },
  HeaderRegexp: {
    example: 'HeaderRegexp(`X-Tenant`, `^(blue|green)$`)',
    counts: [2],
    check: ([, pattern]) => regexpArgumentFault(pattern, 1),
  },
  Query: { example: 'Query(`mode`, `beta`)', counts: [1, 2] },
  QueryRegexp: {
    example: 'QueryRegexp(`id`, `^[0-9]+$`)',
    counts: [1, 2],
    check: ([, pattern]) => (pattern === undefined ? undefined : regexpArgumentFault(pattern, 1)),
  },
  ClientIP: { example: 'ClientIP(`192.0.2.0/24`)', counts: [1], check: ([network]) => networkFault(network) },
};

const SPELLINGS = new Map<string, MatcherName>();
for (const name of Object.keys(MATCHERS) as MatcherName[]) {
  const lower = name.toLowerCase();
  for (const spelling of [name, lower, name.toUpperCase(), name.charAt(0) + lower.slice(1)])
    SPELLINGS.set(spelling, name);
}

const REPLACED = new Map(
  Object.entries({
    headers: 'write Header(`name`, `value`)',
    headersregexp: 'write HeaderRegexp(`name`, `pattern`)',
    hostheader: 'write Host(`example.com`)',
    hostsni: 'a router for HTTP is chosen by Host(`example.com`); HostSNI belongs to TCP routers',
    hostsniregexp: 'a router for HTTP is chosen by HostRegexp(`pattern`); HostSNIRegexp belongs to TCP routers',
    alpn: 'ALPN belongs to TCP routers',
    pathprefixstrip: 'write PathPrefix(`/path`) and use a stripprefix middleware',
    pathstrip: 'write Path(`/path`) and use a stripprefix middleware',
    replacepath: 'replacing a path is the work of a middleware',
    addprefix: 'adding a prefix is the work of a middleware',
    not: 'write ! before the matcher',
    and: 'write && between two matchers',
    or: 'write || between two matchers',
  }),
);

/** The matcher a name stands for. Four spellings are known: canonical, lower case, upper case, first letter only. */
export function findMatcher(name: string): MatcherName | undefined {
  return SPELLINGS.get(name);
}

/** How to mend an unknown matcher name. */
export function hintForName(name: string): string {
  const replaced = REPLACED.get(name.toLowerCase());
  if (replaced !== undefined) return replaced;
  const guess = nearest(name, Object.keys(MATCHERS));
  if (guess !== undefined) return `did you mean ${guess}?`;
  return `the matchers are ${Object.keys(MATCHERS).join(', ')}`;
}

/** The first fault of a call's arguments, or undefined when they are right. */
export function checkArguments(name: MatcherName, args: readonly string[]): ArgumentFault | undefined {
  const spec = MATCHERS[name];
  if (!spec.counts.includes(args.length)) {
    const canJoin = args.length > 1 && spec.counts.length === 1 && spec.counts[0] === 1;
    return {
      index: undefined,
      message: `${name} takes ${spec.counts.join(' or ')} argument${spec.counts.at(-1) === 1 ? '' : 's'}, not ${args.length}`,
      hint: canJoin ? `write ${args.map((arg) => `${name}(\`${arg}\`)`).join(' || ')}` : `write ${spec.example}`,
    };
  }
  const empty = args.indexOf('');
  if (empty >= 0) return { index: empty, message: `an argument of ${name} is empty`, hint: `write ${spec.example}` };
  return spec.check?.(args);
}

function asciiFault(text = ''): ArgumentFault | undefined {
  if (/^[\0-\x7f]*$/.test(text)) return undefined;
  const ascii = URL.canParse(`http://${text}/`) ? new URL(`http://${text}/`).hostname : undefined;
  return {
    index: 0,
    message: `${text} has characters that host names do not have`,
    hint: ascii === undefined ? 'write the name in punycode (xn--…)' : `write it in punycode: ${ascii}`,
  };
}

function pathFault(path = ''): ArgumentFault | undefined {
  if (path.startsWith('/')) return undefined;
  return { index: 0, message: `the path ${path} does not start with /`, hint: `write /${path.replace(/^\*/, '')}` };
}

function regexpArgumentFault(pattern = '', index: number): ArgumentFault | undefined {
  const fault = regexpFault(pattern);
  return fault === undefined ? undefined : { index, ...fault };
}

function networkFault(text = ''): ArgumentFault | undefined {
  if (parseIpNetwork(text) !== undefined) return undefined;
  return {
    index: 0,
    message: `${text} is neither an IP address nor a network`,
    hint: 'write an address (192.0.2.1, 2001:db8::1) or a network (192.0.2.0/24), without port and brackets',
  };
}
