/** What a client's connection may take, in bytes and milliseconds (rules T, section 11). Read once at start. */
export interface ClientLimits {
  /** T1: a request head, and a trailer section. */
  readonly headBytes: number;
  /** T2: a request line. */
  readonly requestLineBytes: number;
  /** T3: field lines of a head, and of a trailer section. */
  readonly fields: number;
  /** T4: a whole request head, from its first byte; also the first byte of a new connection. */
  readonly headMs: number;
  /** T5: no byte of a request body. */
  readonly bodyIdleMs: number;
  /** T6: bytes a second of a request body, once it has lasted `BODY_RATE_AFTER_MS`; 0: no minimum. */
  readonly bodyBytesPerSecond: number;
  /** T7: idle keep-alive connection. */
  readonly keepAliveMs: number;
  /** T8: requests on one connection. */
  readonly requests: number;
  /** T14: the client reads nothing. */
  readonly stallMs: number;
  /** U5: no byte in either direction of a tunnel. */
  readonly tunnelIdleMs: number;
}

export const DEFAULT_CLIENT_LIMITS: ClientLimits = {
  headBytes: 32_768,
  requestLineBytes: 16_384,
  fields: 100,
  headMs: 10_000,
  bodyIdleMs: 60_000,
  bodyBytesPerSecond: 500,
  keepAliveMs: 75_000,
  requests: 10_000,
  stallMs: 60_000,
  tunnelIdleMs: 3_600_000,
};
