import type { IdleConnection } from '../upstream/upstream.ts';
import type { Exchange } from './exchange.ts';
import type { UnseenBody } from './unseen-body.ts';

/** What one request goes over to a server, driven by an exchange while it holds it: a connection of HTTP/1.1, a stream of HTTP/2. */
export interface UpstreamConnection extends IdleConnection {
  /** It speaks HTTP/2, or may come to. */
  readonly isHttp2: boolean;
  /** It carried a request before: a failure without any response byte may only mean that the server closed it (B9). */
  readonly isReused: boolean;
  /** Any byte of a response to the current request has arrived. */
  readonly hasResponded: boolean;
  /** What it was given of a payload, where no server has seen anything of the request; undefined: nothing. */
  readonly unseenBody?: UnseenBody | undefined;
  /** Sends the exchange's request head, as soon as the connection stands; calls `exchange.onSendable` when body may follow. */
  send(exchange: Exchange): void;
  /** Sends payload of the request; false asks for a pause until `exchange.onUpstreamDrain`. The bytes stay untouched after. */
  writeBody(buf: Buffer, start: number, end: number): boolean;
  /** The request's payload is complete; trailers go where they can be carried (X12). */
  endBody(trailers: string): void;
  /** Writes what the calls above gathered in this turn. */
  flush(): void;
  pause(): void;
  resume(): void;
  /** Destroys it; the exchange hears nothing more. */
  abort(): void;
}
