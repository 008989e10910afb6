import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A socket file that leads to an engine while it is open, and is not there while it is shut. */
export interface EngineDoor {
  /** `unix:///…`, the form of DOCKER_HOST. */
  readonly host: string;
  open(): Promise<void>;
  /** Cuts every connection through it. */
  shut(): Promise<void>;
}

/** Makes a door, shut at first, at `path` to the engine whose DOCKER_HOST is `target`. */
export function createEngineDoor(path: string, target: string): EngineDoor {
  const sockets = new Set<Socket>();
  let server: Server | undefined;
  const pass = (outer: Socket) => {
    const inner = connect(target.replace('unix://', ''));
    for (const socket of [outer, inner]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        outer.destroy();
        inner.destroy();
      });
    }
    outer.pipe(inner).pipe(outer);
  };
  return {
    host: `unix://${path}`,
    open: async () => {
      server = createServer(pass).listen(path);
      await once(server, 'listening');
    },
    shut: async () => {
      if (server === undefined) return;
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
      server = undefined;
    },
  };
}
