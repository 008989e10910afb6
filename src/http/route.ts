import type { Service } from '../balance/service.ts';
import type { RouterCounters } from '../protocol.ts';
import type { Answer } from './answer.ts';
import type { Exchange } from './exchange.ts';
import type { UpstreamConnection } from './upstream-connection.ts';

/** A middleware's work on the request: may edit the exchange's path and fields, or answer at once. */
export type RequestStep = (exchange: Exchange) => Answer | undefined;

/** A router as requests meet it. */
export interface Route {
  readonly name: string;
  /** Why it must not serve; undefined when it may. */
  readonly disabled: string | undefined;
  /** Empty for a router without middlewares: it costs nothing for their existence. */
  readonly requestSteps: readonly RequestStep[];
  readonly service: Service<UpstreamConnection> | undefined;
  readonly counters: RouterCounters;
}

/** The current routing table. A request asks once and keeps the route it was given. */
export interface RouteTable {
  /** `host` is canonical (A3). Undefined: no router of this entrypoint matches. */
  match(exchange: Exchange): Route | undefined;
}
