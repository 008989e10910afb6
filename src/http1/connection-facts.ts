import type { PeerFacts } from '../http/forwarded.ts';
import type { ServerConnection } from './server-connection.ts';

/** What the entrypoint knows of a connection when it hands it over. */
export interface ConnectionFacts {
  readonly entrypoint: string;
  readonly peer: PeerFacts;
  /** Called once, when the connection is gone. */
  readonly closed: (connection: ServerConnection) => void;
}
