import type { TransportConfig } from './dynamic.ts';

/** How servers are reached when nobody says otherwise (rules T11, T12, T13, T15, T16 and B14). */
export const DEFAULT_TRANSPORT: TransportConfig = {
  tls: { insecureSkipVerify: false },
  timeouts: {
    connectMs: 5_000,
    responseHeadMs: 60_000,
    responseIdleMs: 300_000,
    idleMs: 60_000,
    silenceMs: 15_000,
    pingMs: 10_000,
  },
  maxIdle: 200,
};
