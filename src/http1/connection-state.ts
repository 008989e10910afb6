/** The states of a client's connection, in the order it may pass them; comparing them relies on it. */

/** Between requests; the next byte opens a stream. */
export const IDLE = 0;
/** A stream reads or waits. */
export const SERVING = 1;
/** Bytes pass both ways unframed. */
export const TUNNEL = 2;
/** Our last response is written; the client's rest is thrown away until it closes (T9). */
export const LINGER = 3;
export const CLOSED = 4;
