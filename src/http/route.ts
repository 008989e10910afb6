import type { Composed } from '../balance/composed.ts';
import type { Service } from '../balance/service.ts';
import type { RouterCounters } from '../protocol.ts';
import type { Answer } from './answer.ts';
import type { Exchange } from './exchange.ts';
import type { ResponseEdits } from './response-edits.ts';
import type { UpstreamConnection } from './upstream-connection.ts';

/** What comes of a step: may edit the exchange's path and fields, or answer. */
export type StepEffect = (exchange: Exchange) => Answer | undefined;

/**
 * A middleware's work on the request: acts at once, or promises what to do later. Only the effect may touch the exchange then:
 * the one that asked may be over, and its object in use for another request.
 */
export type RequestStep = (exchange: Exchange) => Answer | Promise<StepEffect> | undefined;

/** A router as requests meet it. */
export interface Route {
  readonly name: string;
  /** Why it must not serve; undefined when it may. */
  readonly disabled: string | undefined;
  /** Id of the TLS options that a connection must have (A5); empty for the default ones and in plain HTTP. */
  readonly tlsOptions: string;
  /** Empty for a router without middlewares: it costs nothing for their existence. */
  readonly requestSteps: readonly RequestStep[];
  /** For each step the edits of an answer it gives: those of the middlewares before it. */
  readonly stepEdits: readonly ResponseEdits[];
  /** Edits of every other response, the innermost middleware's first. */
  readonly responseEdits: ResponseEdits;
  readonly service: Service<UpstreamConnection> | undefined;
  /** Says for each request which service it goes to, in the place of `service`. */
  readonly composed?: Composed<UpstreamConnection> | undefined;
  readonly counters: RouterCounters;
}

/** The current routing table. A request asks once and keeps the route it was given. */
export interface RouteTable {
  /** `host` is canonical (A3). Undefined: no router of this entrypoint matches. */
  match(exchange: Exchange): Route | undefined;
}
