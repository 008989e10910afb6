import { connect, type Socket } from 'node:net';
import type { Checker, CheckOutcome } from './checker.ts';

const PROBE_TIMEOUT_MS = 1000;

/** How a server is asked whether it accepts connections. Resolves false on any failure. */
export type Probe = (host: string, port: number) => Promise<boolean>;

/** Whether a TCP connection to the port is accepted, within a second. */
export async function probeTcp(host: string, port: number): Promise<boolean> {
  const { passed } = await new TcpCheck(host, port, PROBE_TIMEOUT_MS).check();
  return passed;
}

/** A check by a TCP connection, which is closed as soon as it stands. */
export class TcpCheck implements Checker {
  readonly #host: string;
  readonly #port: number;
  readonly #timeoutMs: number;
  #socket: Socket | undefined = undefined;

  constructor(host: string, port: number, timeoutMs: number) {
    this.#host = host;
    this.#port = port;
    this.#timeoutMs = timeoutMs;
  }

  check(): Promise<CheckOutcome> {
    this.close();
    const address = `${this.#host.includes(':') ? `[${this.#host}]` : this.#host}:${this.#port}`;
    return new Promise((resolve) => {
      const socket = connect({ host: this.#host, port: this.#port, timeout: this.#timeoutMs });
      this.#socket = socket;
      const done = (passed: boolean, detail: string): void => {
        socket.destroy();
        resolve({ passed, detail });
      };
      socket.once('connect', () => done(true, `${address} accepts connections`));
      socket.once('timeout', () => done(false, `${address} did not accept a connection within ${this.#timeoutMs} ms`));
      socket.once('error', (error) => done(false, connectFailure(address, error)));
      socket.once('close', () => done(false, `${address}: the check was ended`));
    });
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }
}

/** Why there is no connection, in words. */
export function connectFailure(address: string, error: NodeJS.ErrnoException): string {
  if (error.code === 'ECONNREFUSED') return `${address} refuses connections`;
  return `${address} cannot be reached: ${error.code ?? error.message}`;
}
