import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { fieldOf, type RawMessage, readMessages } from './raw-http.ts';

/** A complete request at the backend, with the bytes it came in. */
export interface Arrival {
  readonly message: RawMessage;
  readonly text: string;
  /** Address of the client it is from, as the router says; nobody else can say so (F1). */
  readonly peer: string;
  answer(latin1: string): void;
  /** Ends the connection behind what was answered; what still comes in on it is not read. */
  end(): void;
  /** No further request may come in on this connection (B10). */
  retire(): void;
}

export interface JudgingBackend {
  readonly port: number;
  /** What the strict reader could not read, and what came in on a retired connection. */
  readonly complaints: string[];
  close(): Promise<void>;
}

/** A backend that reads every byte with the strict reader and hands on complete requests, one by one. */
export async function judgingBackend(onRequest: (arrival: Arrival) => void): Promise<JudgingBackend> {
  const complaints: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    let pending = '';
    let isOver = false;
    let lastOne: string | undefined;
    const end = (): void => {
      isOver = true;
      socket.end();
    };
    const read = (): void => {
      while (pending !== '') {
        const [message] = readMessages(pending, 'request');
        if (!message!.isComplete) return;
        const text = pending.slice(0, message!.end);
        pending = pending.slice(message!.end);
        if (lastOne !== undefined) complaints.push(`reused after ${JSON.stringify(lastOne)}: ${JSON.stringify(text)}`);
        const answer = (latin1: string): void => void socket.write(latin1, 'latin1');
        const retire = (): void => {
          lastOne = text;
        };
        const peer = fieldOf(message!, 'x-forwarded-for') ?? '';
        onRequest({ message: message!, text, peer, answer, end, retire });
        if (isOver) return;
      }
    };
    sockets.add(socket);
    socket.on('data', (chunk: Buffer) => {
      if (isOver) return;
      pending += chunk.latin1Slice();
      try {
        read();
      } catch (error) {
        complaints.push(`the backend got ${JSON.stringify(pending)}: ${String(error)}`);
        socket.destroy();
      }
    });
    socket.on('end', () => socket.end());
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    complaints,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
