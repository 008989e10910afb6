import type { Answer } from './answer.ts';
import type { Peer } from './forwarded.ts';
import type { ResponseMessage } from './message.ts';
import type { Tunnel } from './tunnel.ts';

/** Set in the result of `sendData`: the client is slower than the server; pause until `onDownstreamDrain`. */
export const BLOCKED = 1;
/** Set in the result of `sendData`: the buffer was taken and goes back to the pool by itself. */
export const RETAINED = 2;

/** The client's half of an exchange, whatever protocol it speaks. */
export interface Downstream {
  readonly peer: Peer;
  /** Name of the entrypoint the client came to. */
  readonly entrypoint: string;
  /** A long payload may wait for it in buffers of the pool; else in what one read brings. */
  readonly takesLarge: boolean;
  /** A 1xx response other than 101; ignored where the client cannot take one (B5, E4). */
  sendInterim(status: number, reason: string, fields: string): void;
  sendHead(response: ResponseMessage): void;
  /**
   * Sends payload of the response. `isPooled`: the whole buffer belongs to the pool and may be retained until written; else it
   * is only valid during the call. Returns BLOCKED and RETAINED bits.
   */
  sendData(buf: Buffer, start: number, end: number, isPooled: boolean): number;
  /** The response is complete. */
  sendEnd(trailers: string): void;
  /** A whole response of ours. */
  sendAnswer(answer: Answer, isHead: boolean): void;
  /** `101`, or 200 in HTTP/2 (U4): joins the tunnel; from now on bytes pass both ways unchanged (U2). */
  sendSwitch(response: ResponseMessage, tunnel: Tunnel): void;
  /** Writes what the calls above gathered in this turn. */
  flush(): void;
  /** Ends the response so that the client sees it is cut (B11). */
  cut(): void;
  /** The exchange can take payload of the request (again). */
  resumeBody(): void;
  pauseBody(): void;
  /** The exchange is over; the connection may serve its next request. */
  exchangeDone(): void;
}
