import type { LeaveListener, Upstream } from '../upstream/upstream.ts';
import { carryOn } from './carry-on.ts';
import type { Exchange } from './exchange.ts';

/** The engine tells of a stop some milliseconds behind the signal, on a busy machine a hundred. A server that stays costs its visitor this wait. */
const NEWS_MS = 200;

/** Waits for the news that a server was taken out of service; `over` is called once, unless the exchange is over before. */
export function awaitLeaving(exchange: Exchange, upstream: Upstream, over: (hasLeft: boolean) => void): void {
  const { generation } = exchange;
  const end = (hasLeft: boolean): void => {
    clearTimeout(timer);
    upstream.unlisten(listener);
    if (exchange.isActive && exchange.generation === generation) carryOn(exchange, () => over(hasLeft));
  };
  const listener: LeaveListener = { onServerLeft: () => end(true) };
  const timer = setTimeout(() => end(upstream.state !== 'ready'), upstream.state === 'ready' ? NEWS_MS : 0);
  upstream.listen(listener);
}
