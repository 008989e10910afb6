import type { Socket } from 'node:net';

/**
 * Facts of open sockets by their four addresses and ports. A TLS socket does not tell which socket it took over, but it has the
 * addresses of that one, and no two open sockets share all four.
 */
export class SocketFacts<Fact> {
  private readonly facts = new Map<string, { readonly fact: Fact }>();

  /** Kept until the socket closes. */
  set(socket: Socket, fact: Fact): void {
    const key = keyOf(socket);
    const entry = { fact };
    this.facts.set(key, entry);
    // The system may give the addresses to a new socket before the close of this one is told.
    socket.once('close', () => {
      if (this.facts.get(key) === entry) this.facts.delete(key);
    });
  }

  get(socket: Socket): Fact | undefined {
    return this.facts.get(keyOf(socket))?.fact;
  }
}

function keyOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}
