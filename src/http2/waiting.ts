import type { BufferPool } from '../upstream/buffer-pool.ts';

/** Payload of a response that the client's window, or its socket, has no room for yet. */
export interface Waiting {
  readonly buf: Buffer;
  at: number;
  readonly end: number;
  /** The buffer belongs to the pool, and is ours until it is sent. */
  isRetained: boolean;
}

/** What is copied into a buffer of the pool, if there is one: less would waste it. */
const LARGE_BYTES = 16_384;

/** The same payload in a buffer of its own: for what is only ours during a call. `pool`: undefined where its buffers are not to be used. */
export function copyOf({ buf, at, end }: Waiting, pool: BufferPool | undefined): Waiting {
  const bytes = end - at;
  const pooled = bytes > LARGE_BYTES ? pool?.take() : undefined;
  if (pooled === undefined) return { buf: Buffer.from(buf.subarray(at, end)), at: 0, end: bytes, isRetained: false };
  buf.copy(pooled, 0, at, end);
  return { buf: pooled, at: 0, end: bytes, isRetained: true };
}
