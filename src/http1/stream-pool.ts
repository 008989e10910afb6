import type { DataPlane } from '../http/data-plane.ts';
import type { ServerConnection } from './server-connection.ts';
import { ServerStream } from './server-stream.ts';

/** Streams kept for the next request; more are left to the collector. */
const MAX_SPARE = 256;

/** What serving a request takes, handed to whoever has one: thousands of idle connections hold none of it. */
export class StreamPool {
  private readonly plane: DataPlane;
  private readonly spare: ServerStream[] = [];

  constructor(plane: DataPlane) {
    this.plane = plane;
  }

  take(connection: ServerConnection): ServerStream {
    const stream = this.spare.pop() ?? new ServerStream(this.plane);
    stream.open(connection);
    return stream;
  }

  /** Gives back what `take` gave, once; its exchange is over. */
  release(stream: ServerStream): void {
    stream.close();
    if (this.spare.length < MAX_SPARE) this.spare.push(stream);
  }
}
