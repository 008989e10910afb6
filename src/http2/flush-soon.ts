/** What gathers something for a client. */
export interface Gathering {
  /** It waits for the end of this turn. */
  isGathering: boolean;
  flushGathered(): void;
}

let gathered: Gathering[] = [];

/**
 * Calls `flushGathered` when this turn of the event loop is over: node:http2 tells of the head, each piece and the end of one response one after
 * the other, and they leave in one write.
 */
export function flushSoon(one: Gathering): void {
  if (one.isGathering) return;
  one.isGathering = true;
  if (gathered.length === 0) setImmediate(flushAll);
  gathered.push(one);
}

function flushAll(): void {
  const all = gathered;
  gathered = [];
  for (const one of all) {
    one.isGathering = false;
    one.flushGathered();
  }
}
