/** How many connections of clients may be open at once, in all workers together (T19); 0: no limit. */
export interface ConnectionLimits {
  readonly total: number;
  /** From one address; IPv6 by the /64. Listed proxies are not counted, the clients that PROXY headers announce are. */
  readonly perAddress: number;
}

export const DEFAULT_CONNECTION_LIMITS: ConnectionLimits = { total: 20_000, perAddress: 512 };
