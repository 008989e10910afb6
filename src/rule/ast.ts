/** Name of an HTTP matcher, canonical spelling. */
export type MatcherName =
  | 'Host'
  | 'HostRegexp'
  | 'Path'
  | 'PathPrefix'
  | 'PathRegexp'
  | 'Method'
  | 'Header'
  | 'HeaderRegexp'
  | 'Query'
  | 'QueryRegexp'
  | 'ClientIP';

/** Name of a TCP matcher, canonical spelling (rules.md section 11). */
export type TcpMatcherName = 'HostSNI' | 'HostSNIRegexp' | 'ClientIP' | 'ALPN';

/** A parsed rule: plain JSON, so that it travels to worker threads and prints as a golden. */
export type RuleNode<Name extends string = MatcherName> =
  | { readonly kind: 'and' | 'or'; readonly nodes: readonly RuleNode<Name>[] }
  | { readonly kind: 'not'; readonly node: RuleNode<Name> }
  | MatchNode<Name>;

/** One matcher with its arguments. */
export interface MatchNode<Name extends string = MatcherName> {
  readonly kind: 'match';
  readonly name: Name;
  readonly args: readonly string[];
}

/** The rule of a TCP router. */
export type TcpRuleNode = RuleNode<TcpMatcherName>;

/** How matchers are written: `v2` is the one of Traefik v2 and is rewritten to the same tree (rules.md section 10). */
export type RuleSyntax = 'v2' | 'v3';

/** A rule that does not parse: 1-based column in the rule text, what is wrong, how to mend it. */
export interface RuleError {
  readonly column: number;
  readonly message: string;
  readonly hint: string;
}
