/**
 * Why the router answered by itself or cut a transfer. A reason never stands for two causes (design section 10); it is in
 * the counters and the access log, and maps to exactly one status here and nowhere else (rules section 12).
 */
export const FAILURES = {
  // Malformed requests: the connection closes.
  bad_start_line: { status: 400, close: true },
  bad_field: { status: 400, close: true },
  bad_host: { status: 400, close: true },
  bad_framing: { status: 400, close: true },
  bad_chunk: { status: 400, close: true },
  bad_path: { status: 400, close: true },
  tls_on_plain_port: { status: 400, close: true },
  body_cut_short: { status: 400, close: true },
  target_too_long: { status: 414, close: true },
  head_too_large: { status: 431, close: true },
  body_too_large: { status: 413, close: true },
  version_unsupported: { status: 505, close: true },
  method_too_long: { status: 501, close: true },
  connect_unsupported: { status: 501, close: true },
  transfer_coding_unsupported: { status: 501, close: true },
  expectation_failed: { status: 417, close: true },
  head_timeout: { status: 408, close: true },
  body_timeout: { status: 408, close: true },
  body_too_slow: { status: 408, close: true },
  // Connections that never come to a request; most end without an answer.
  too_many_connections: { status: 503, close: true },
  too_many_from_address: { status: 503, close: true },
  bad_proxy_header: { status: 400, close: true },
  proxy_header_timeout: { status: 408, close: true },
  out_of_descriptors: { status: 503, close: true },
  // Understood but not served.
  overloaded: { status: 503, close: true },
  https_on_plain_port: { status: 421, close: false },
  // A connection of its own, begun with the right name, has the right ones.
  wrong_tls_options: { status: 421, close: true },
  no_router: { status: 404, close: false },
  method_refused: { status: 405, close: false },
  loop_detected: { status: 508, close: false },
  router_disabled: { status: 503, close: false },
  // Somebody said so.
  maintenance: { status: 503, close: false },
  // Refused by a middleware.
  auth_missing: { status: 401, close: false },
  auth_wrong: { status: 401, close: false },
  auth_overloaded: { status: 503, close: false },
  auth_timeout: { status: 503, close: false },
  auth_unavailable: { status: 503, close: false },
  not_allowed: { status: 403, close: false },
  // As with Traefik's library: whoever comes with such a host came past what should have stopped it.
  host_not_allowed: { status: 500, close: false },
  bad_redirect: { status: 400, close: false },
  no_server: { status: 503, close: false },
  // It waited for a server as long as its service holds requests, or too many waited already.
  hold_timeout: { status: 503, close: false },
  hold_full: { status: 503, close: false },
  // An operator has paused its service, which holds no requests.
  paused: { status: 503, close: false },
  // We have nothing left to reach a server with.
  no_descriptor: { status: 503, close: false },
  no_local_port: { status: 503, close: false },
  // The server was taken out of service while it was dialled, and no other was there.
  server_left: { status: 503, close: false },
  // The server's side.
  upstream_refused: { status: 502, close: false },
  upstream_unreachable: { status: 502, close: false },
  upstream_reset: { status: 502, close: false },
  upstream_invalid: { status: 502, close: false },
  upstream_tls: { status: 502, close: false },
  connect_timeout: { status: 504, close: false },
  response_timeout: { status: 504, close: false },
  // After the response began: the transfer is cut, the status stays what it was.
  upstream_cut_short: { status: 502, close: true },
  upstream_body_timeout: { status: 504, close: true },
  tunnel_idle: { status: 504, close: true },
  client_gone: { status: 499, close: true },
  client_stalled: { status: 499, close: true },
  internal: { status: 500, close: true },
} as const satisfies Record<string, { readonly status: number; readonly close: boolean }>;

export type FailureReason = keyof typeof FAILURES;

/** Reasons that a server answers for, and not the client or the router itself. */
export const SERVER_FAULTS: ReadonlySet<FailureReason> = new Set([
  'upstream_refused',
  'upstream_unreachable',
  'upstream_reset',
  'upstream_invalid',
  'upstream_tls',
  'connect_timeout',
  'response_timeout',
  'upstream_cut_short',
  'upstream_body_timeout',
] as const);
