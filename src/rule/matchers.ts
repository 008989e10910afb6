import type { MatcherName } from './ast.ts';
import { asciiFault, hostRegexpFault, networkFault, pathFault, type ArgumentCheck } from './argument-checks.ts';
import { regexpFault } from './regexp-fault.ts';
import { buildLanguage, type MatcherSpec, type RuleLanguage } from './rule-language.ts';

/** Every HTTP matcher (rules.md section 3). */
export const HTTP_RULES: RuleLanguage<MatcherName> = buildLanguage(
  {
    Host: plain('Host', 'Host(`example.com`)', [1], [asciiFault]),
    HostRegexp: plain('HostRegexp', 'HostRegexp(`^.+\\.example\\.com$`)', [1], [hostRegexpFault]),
    Path: plain('Path', 'Path(`/health`)', [1], [pathFault]),
    PathPrefix: plain('PathPrefix', 'PathPrefix(`/api`)', [1], [pathFault]),
    PathRegexp: plain('PathRegexp', 'PathRegexp(`^/v[0-9]+/`)', [1], [regexpFault]),
    Method: plain('Method', 'Method(`GET`)', [1], []),
    Header: plain('Header', 'Header(`X-Tenant`, `blue`)', [2], []),
    HeaderRegexp: plain('HeaderRegexp', 'HeaderRegexp(`X-Tenant`, `^(blue|green)$`)', [2], [undefined, regexpFault]),
    Query: plain('Query', 'Query(`mode`, `beta`)', [1, 2], []),
    QueryRegexp: plain('QueryRegexp', 'QueryRegexp(`id`, `^[0-9]+$`)', [1, 2], [undefined, regexpFault]),
    ClientIP: plain('ClientIP', 'ClientIP(`192.0.2.0/24`)', [1], [networkFault]),
  },
  {
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
  },
);

type Check = (argument: string) => ArgumentCheck | undefined;

/** A matcher that means itself. `checks` has one for each argument that is more than text. */
export function plain<Name extends string>(
  name: Name,
  example: string,
  counts: readonly number[],
  checks: readonly (Check | undefined)[],
): MatcherSpec<Name> {
  return {
    example,
    counts,
    read: (args) => {
      for (const [index, arg] of args.entries()) {
        const fault = checks[index]?.(arg);
        if (fault !== undefined) return { index, ...fault };
      }
      return { kind: 'match', name, args };
    },
  };
}
