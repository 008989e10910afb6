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

/** A parsed rule: plain JSON, so that it travels to worker threads and prints as a golden. */
export type RuleNode =
  | { readonly kind: 'and' | 'or'; readonly nodes: readonly RuleNode[] }
  | { readonly kind: 'not'; readonly node: RuleNode }
  | { readonly kind: 'match'; readonly name: MatcherName; readonly args: readonly string[] };

/** A rule that does not parse: 1-based column in the rule text, what is wrong, how to mend it. */
export interface RuleError {
  readonly column: number;
  readonly message: string;
  readonly hint: string;
}
