/** Every kind of configuration fault. A code never means two things; `hint` always names a fix. */
export type ProblemCode =
  | 'label_unknown'
  | 'label_value'
  | 'label_conflict'
  | 'rule_syntax'
  | 'rule_missing'
  | 'service_missing'
  | 'service_ambiguous'
  | 'middleware_missing'
  | 'middleware_unsupported'
  | 'transport_missing'
  | 'ca_unusable'
  | 'tls_unverified'
  | 'entrypoint_unknown'
  | 'resolver_unknown'
  | 'port_missing'
  | 'port_ambiguous'
  | 'network_missing'
  | 'network_unreachable'
  | 'address_missing'
  | 'host_conflict'
  | 'router_conflict'
  | 'service_conflict'
  | 'not_acted_on'
  | 'server_foreign'
  | 'file_syntax'
  | 'file_unreadable'
  | 'provider_unreachable';

/** A configuration fault as data: never thrown, shown in the log, the admin API and by `sluice check`. */
export interface Problem {
  readonly severity: 'error' | 'warning';
  readonly code: ProblemCode;
  /** `docker`, `file`, … */
  readonly provider: string;
  /** Container name, or the entry's name in a file. */
  readonly container?: string;
  /** Full name of the router, service or middleware this disables or degrades. */
  readonly object?: string;
  readonly label?: string;
  /** 1-based column inside the label's value. */
  readonly column?: number;
  readonly message: string;
  readonly hint: string;
}
