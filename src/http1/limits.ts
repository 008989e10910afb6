/** Limits and time-outs of the HTTP/1.1 engine (rules T, section 11). Milliseconds and bytes. */
export const LIMITS = {
  /** T9: reading on after an error, so that the client sees the answer and not a reset. */
  lingerMs: 2_000,
  lingerBytes: 262_144,
  /** T10: TLS handshake. */
  handshakeMs: 10_000,
  /** B6: interim responses to one request. */
  maxInterim: 16,
  /** Bytes of later pipelined requests held while one is served; beyond it the socket is not read (V4). */
  maxPending: 16_384,
  /** Payload up to this size is joined to the head and copied; larger is written as it is. */
  smallBytes: 16_384,
} as const;
