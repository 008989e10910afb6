import type { Exchange } from './exchange.ts';

/** Goes on with an exchange from a timer or a promise, where nobody above catches a fault and nobody flushes. */
export function carryOn(exchange: Exchange, act: () => void): void {
  try {
    act();
  } catch (error) {
    exchange.onClientFault('internal');
    exchange.plane.internalFault(error, exchange.requestId);
  }
  exchange.flushRequest();
  exchange.flushResponse();
}
