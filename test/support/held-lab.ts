import type { Socket } from 'node:net';
import { afterEach, beforeEach, expect, vi } from 'vitest';
import { type HeldClient, heldPlane, type HeldPlane } from './held-client.ts';
import { rawBackend, type RawBackend, type RawMessage, readMessages } from './raw-http.ts';

export const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';
export const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** A backend, a data plane in this thread and its clients; made anew for each test of the file that calls this. */
export class HeldLab {
  backend!: RawBackend;
  held!: HeldPlane;
  /** What the backend does with each complete request. */
  onRequest!: (socket: Socket, request: RawMessage) => void;
  /** What it does with every piece of data, instead. */
  onBytes: ((socket: Socket, received: string) => void) | undefined;
  private clients: HeldClient[] = [];

  constructor() {
    beforeEach(() => this.start());
    afterEach(() => this.stop());
  }

  open(): HeldClient {
    const client = this.held.open();
    this.clients.push(client);
    return client;
  }

  get requestsSeen(): RawMessage[] {
    return this.backend.received.flatMap((text) => readMessages(text, 'request'));
  }

  private async start(): Promise<void> {
    this.onRequest = (socket) => socket.write(OK);
    this.onBytes = undefined;
    const answered = new Map<number, number>();
    this.backend = await rawBackend((socket, received, connection) => {
      if (this.onBytes !== undefined) return this.onBytes(socket, received);
      const complete = readMessages(received, 'request').filter((message) => message.isComplete);
      const from = answered.get(connection) ?? 0;
      answered.set(connection, complete.length);
      for (const message of complete.slice(from)) this.onRequest(socket, message);
      return undefined;
    });
    this.held = heldPlane(this.backend.port);
  }

  private async stop(): Promise<void> {
    for (const client of this.clients.splice(0)) client.connection.destroy();
    this.held.upstream.closeIdle();
    await this.backend.close();
  }
}

export function until(isTrue: () => boolean, what: string): Promise<void> {
  return vi.waitFor(() => expect(isTrue(), what).toBe(true), { timeout: 4000, interval: 5 });
}

/** Complete final responses that left toward a client. */
export function finals(client: HeldClient): RawMessage[] {
  return readMessages(client.socket.sent, 'response').filter(
    (message) => message.isComplete && !message.startLine.startsWith('HTTP/1.1 1'),
  );
}

export function statuses(client: HeldClient): number[] {
  return finals(client).map((message) => Number(message.startLine.slice(9, 12)));
}
