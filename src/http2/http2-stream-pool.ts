import type { DataPlane } from '../http/data-plane.ts';
import { Http2Stream } from './http2-stream.ts';

/** Streams kept for the next request; more are left to the collector. */
const MAX_SPARE = 256;

/** What serving a request takes, handed to whoever has one. */
export class Http2StreamPool {
  private readonly plane: DataPlane;
  private readonly spare: Http2Stream[] = [];

  constructor(plane: DataPlane) {
    this.plane = plane;
  }

  take(): Http2Stream {
    return this.spare.pop() ?? new Http2Stream(this.plane);
  }

  /** Gives back what `take` gave, once; its exchange is over. */
  release(stream: Http2Stream): void {
    if (this.spare.length < MAX_SPARE) this.spare.push(stream);
  }
}
