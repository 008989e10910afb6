/**
 * What a rule may ask about a request. Cheap facts are properties; what costs work is a method, asked only when a
 * matcher needs it. Strings from the wire are as the HTTP engines hold them (one UTF-16 unit per octet).
 */
export interface RuleRequest {
  /** As received: case-sensitive. */
  readonly method: string;
  /** Canonical host (`canonicalHost`); empty when the request has none. */
  readonly host: string;
  /** As `host`, but one trailing dot stays: `HostRegexp` sees it. */
  hostWithTrailingDot(): string;
  /** `routingPath` of the normalised path. */
  routingPath(): string;
  /**
   * Each field line's value of this name (given in lower case), in order, not joined and not split. `host` is never
   * there; hop-by-hop fields and untrusted forwarding fields are already removed (rules.md section 1).
   */
  headerValues(name: string): readonly string[];
  /** Values of this parameter (`queryValues`). */
  queryValues(key: string): readonly string[];
  /** Peer address in text form, or the address of the PROXY header; never from `X-Forwarded-For`. */
  readonly clientAddress: string;
}

/** A compiled rule. Does not throw, keeps no state. */
export type RulePredicate = (request: RuleRequest) => boolean;
