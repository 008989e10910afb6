import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { MessageReader, type WireMessage } from './message-reader.ts';

/** A client, plain or over TLS, that reads its responses with the strict reader. */
export class WireClient {
  readonly interims: WireMessage[] = [];
  readonly finals: WireMessage[] = [];
  hasEnded = false;
  readonly socket: Socket;
  private readonly reader: MessageReader;
  /** Methods of the requests that have no final response yet. */
  private readonly asked: string[] = [];
  private fault: Error | undefined;
  private wake: (() => void) | undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.reader = new MessageReader('response', {
      isBodyless: () => this.asked[0] === 'HEAD',
      message: (message) => {
        if (message.startLine.startsWith('HTTP/1.1 1')) this.interims.push(message);
        else {
          this.finals.push(message);
          this.asked.shift();
        }
      },
    });
    socket.on('data', (chunk: Buffer) => this.read(() => this.reader.push(chunk)));
    socket.on('end', () => {
      this.hasEnded = true;
      this.read(() => this.reader.end());
    });
    socket.on('error', (error) => {
      this.fault ??= error;
    });
    socket.on('close', () => {
      this.hasEnded = true;
      this.wake?.();
    });
  }

  /** `secure`: over TLS, from a router whose certificates this root signed. */
  static async open(port: number, secure?: { readonly rootPem: string }): Promise<WireClient> {
    const at = { port, host: '127.0.0.1', allowHalfOpen: true };
    const socket =
      secure === undefined ? connect(at) : connectTls({ ...at, ca: secure.rootPem, servername: 'localhost' });
    await once(socket, secure === undefined ? 'connect' : 'secureConnect');
    socket.setNoDelay(true);
    return new WireClient(socket);
  }

  /** Bytes behind a 101. */
  get tunnelled(): Buffer {
    return this.reader.raw;
  }

  /** Sends the head of a request; its payload follows by `send`. */
  ask(head: string): void {
    this.asked.push(head.slice(0, head.indexOf(' ')));
    this.socket.write(head, 'latin1');
  }

  send(bytes: Buffer): void {
    if (bytes.length > 0) this.socket.write(bytes);
  }

  /** Waits until `isTrue`; rejects when the connection breaks or ends before, or after 8 s. */
  async until(isTrue: () => boolean, what: string): Promise<void> {
    const late = AbortSignal.timeout(8000);
    late.addEventListener('abort', () => this.wake?.(), { once: true });
    while (!isTrue()) {
      if (this.fault !== undefined) throw this.fault;
      if (this.hasEnded || late.aborted) {
        const got = JSON.stringify([...this.interims, ...this.finals].map(({ startLine }) => startLine));
        throw new Error(`no ${what} ${this.hasEnded ? 'before the end' : 'in time'}; got ${got}`);
      }
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  close(): void {
    this.socket.destroy();
  }

  private read(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.fault = error as Error;
    }
    this.wake?.();
  }
}
