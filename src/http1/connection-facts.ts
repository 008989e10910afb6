import type { Peer } from '../http/forwarded.ts';
import type { ServerConnection } from './server-connection.ts';
import type { StreamPool } from './stream-pool.ts';

/** What the entrypoint knows of a connection when it hands it over. */
export interface ConnectionFacts {
  readonly entrypoint: string;
  readonly peer: Peer;
  readonly streams: StreamPool;
  /** Called once, when the connection is gone. */
  readonly closed: (connection: ServerConnection) => void;
}
