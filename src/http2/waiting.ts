/** Payload of a response that the client's window, or its socket, has no room for yet. */
export interface Waiting {
  readonly buf: Buffer;
  at: number;
  readonly end: number;
  /** The buffer belongs to the pool, and is ours until it is sent. */
  isRetained: boolean;
}

/** The same payload in a buffer of its own: for what is only ours during a call. */
export function copyOf({ buf, at, end }: Waiting): Waiting {
  return { buf: Buffer.from(buf.subarray(at, end)), at: 0, end: end - at, isRetained: false };
}
