/** The states of a client's connection, in the order it may pass them; comparing them relies on it. */

/** Between requests; the next byte starts a head. */
export const IDLE = 0;
/** Inside a head that arrived in pieces. */
export const HEAD = 1;
/** The exchange runs; the request's payload is still coming. */
export const BODY = 2;
/** The exchange runs; the request is complete. */
export const WAIT = 3;
/** The exchange is over, the payload is not: read and thrown away within T9 (X15). */
export const DISCARD = 4;
/** Bytes pass both ways unframed. */
export const TUNNEL = 5;
/** Our last response is written; the client's rest is thrown away until it closes (T9). */
export const LINGER = 6;
export const CLOSED = 7;
