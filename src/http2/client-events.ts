import type { ClientHttp2Stream } from 'node:http2';
import { Readable } from 'node:stream';
import type { ClientStream } from './client-stream.ts';
import { HEADERS } from './frames.ts';

const OWNER = Symbol('owner');

interface OwnedStream extends ClientHttp2Stream {
  [OWNER]: ClientStream;
}

/** One function for all streams: a request needs none of its own. A fault of ours ends its exchange alone. */
function guarded<Values extends unknown[]>(heed: (owner: ClientStream, ...values: Values) => void) {
  return function (this: unknown, ...values: Values): void {
    const owner = (this as OwnedStream)[OWNER];
    try {
      heed(owner, ...values);
    } catch (error) {
      owner.onInternalFault(error);
    }
  };
}

const onResponse = guarded((owner, _fields: unknown, flags: number, block: readonly string[]) =>
  owner.onResponse(block, flags),
);
const onInterim = guarded((owner, _fields: unknown, _flags: number, block: readonly string[]) =>
  owner.onInterim(block),
);
const onTrailers = guarded((owner, _fields: unknown, _flags: number, block: readonly string[]) =>
  owner.onTrailers(block),
);
const onData = guarded((owner, chunk: Buffer) => owner.onData(chunk));
const onEnd = guarded((owner) => owner.onEnd());
const onClose = guarded((owner) => owner.onClose());
const onDrain = guarded((owner) => owner.onDrain());
const onAborted = guarded((owner) => owner.onCalledOff());
const onWantTrailers = guarded((owner) => owner.onWantTrailers());
const onFrameError = guarded((owner, type: number) => {
  if (type === HEADERS) owner.onUnsent();
});
/** The close behind it tells. */
function onError(): void {}

/**
 * node:http2 ends the reading side with a null when END_STREAM came, and later, of a stream that is closed already, when it was reset:
 * nothing else tells a payload that is complete from one that was broken off with NO_ERROR.
 */
function noteEnd(this: OwnedStream, chunk: unknown, encoding?: BufferEncoding): boolean {
  if (chunk === null && !this.closed && !this.destroyed) this[OWNER].onWhole();
  return Readable.prototype.push.call(this, chunk, encoding);
}

/** Lets `owner` hear of everything that happens on the stream. */
export function listen(stream: ClientHttp2Stream, owner: ClientStream): void {
  const owned = stream as OwnedStream;
  owned[OWNER] = owner;
  owned.push = noteEnd;
  owned.on('response', onResponse as () => void);
  owned.on('headers', onInterim as () => void);
  owned.on('trailers', onTrailers as () => void);
  owned.on('end', onEnd);
  owned.on('close', onClose);
  owned.on('drain', onDrain);
  owned.on('aborted', onAborted);
  owned.on('wantTrailers', onWantTrailers);
  owned.on('frameError', onFrameError as () => void);
  owned.on('error', onError);
  // Paused before the first listener, so that nothing is read before the head is there.
  owned.pause();
  owned.on('data', onData);
}
