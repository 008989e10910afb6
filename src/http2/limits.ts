/** Limits of the HTTP/2 engine (rules T20 to T23). */

/** T20. */
export const MAX_STREAMS = 100;
/** T22: what a client may send before somebody takes it. */
export const STREAM_WINDOW = 262_144;
export const CONNECTION_WINDOW = 1_048_576;
/** Streams of a connection up to which their payload may wait in the pool's buffers: beside more of them, in what one read brought. */
export const MAX_LARGE = 8;
/** T23: streams that ended before their time, by the client or for a fault of it, in a time. */
export const MAX_RESETS = 200;
export const RESETS_MS = 30_000;
/** Frames that carry nothing for any request, in the same time. */
export const MAX_NOISE = 1000;
/** Frames of one field block: more than a head of the largest size can need, with some to spare. */
export const MAX_BLOCK_FRAMES = 32;
/** T14: a client that takes less of a response in the time it has is as good as one that takes nothing. */
export const MIN_PROGRESS = 16_384;
/** Payload in a frame that only the window made so short; the windows that led to it are noise. */
export const TINY_DATA = 256;
/** Windows that a client may be late with. */
export const MAX_UPDATES_DUE = 100_000;
/** Bytes that wait beside payload for a client that does not read; beyond it nothing is read from it either. */
export const MAX_BACKLOG = 65_536;
/** When a client that has ended is asked for the first time whether it is still there, and how often at last. */
export const PROBE_MS = 20;
export const MAX_PROBE_MS = 1000;
