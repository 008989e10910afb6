import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

let opened = 0;

/** Loopback addresses one after another, so that each connection is known by its own. */
function nextAddress(): string {
  opened += 1;
  return `127.${1 + ((opened >> 16) % 250)}.${(opened >> 8) & 255}.${1 + (opened % 250)}`;
}

/** A raw client with an address of its own. */
export class LoopbackClient {
  received = '';
  hasEnded = false;
  /** Its end was a reset and not an orderly one. */
  wasReset = false;
  readonly address: string;
  private readonly socket: Socket;
  private wake: (() => void) | undefined = undefined;

  private constructor(socket: Socket, address: string) {
    this.socket = socket;
    this.address = address;
    socket.on('data', (chunk: Buffer) => {
      this.received += chunk.latin1Slice();
      this.wake?.();
    });
    socket.on('error', () => {
      this.wasReset = true;
    });
    const ended = (): void => {
      this.hasEnded = true;
      this.wake?.();
    };
    socket.on('end', ended);
    socket.on('close', ended);
  }

  static async open(port: number): Promise<LoopbackClient> {
    const localAddress = nextAddress();
    const socket = connect({ port, host: '127.0.0.1', localAddress, allowHalfOpen: true, noDelay: true });
    const client = new LoopbackClient(socket, localAddress);
    await once(socket, 'connect');
    return client;
  }

  send(bytes: Buffer | string): void {
    if (this.socket.destroyed || !this.socket.writable) return;
    if (typeof bytes === 'string') this.socket.write(bytes, 'latin1');
    else this.socket.write(bytes);
  }

  /** Half-closes. */
  end(): void {
    this.socket.end();
  }

  close(): void {
    this.socket.destroy();
  }

  /** Waits for more to arrive until `isTrue` or the end of the connection; false when `ms` passed before. */
  async until(isTrue: () => boolean, ms = 15_000): Promise<boolean> {
    const limit = setTimeout(() => this.wake?.(), ms);
    const start = performance.now();
    try {
      while (!this.hasEnded && !isTrue()) {
        if (performance.now() - start >= ms) return false;
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
      }
      return true;
    } finally {
      clearTimeout(limit);
      this.wake = undefined;
    }
  }
}
