import type { Socket } from 'node:net';
import type { DataPlane } from '../http/data-plane.ts';
import { LIMITS } from '../http1/limits.ts';
import { TimerEntry } from '../lib/timer-wheel.ts';

/** Connections that are told at once; more in the same moment are just closed, because telling costs as much as serving. */
const MAX_OPEN = 64;
const BODY = '503 Service Unavailable\nToo many connections are open. Please try again in a moment.\n';

/** Answers 503 on plain connections above the limit (T19), before anything of a request is read. */
export class BusyAnswers {
  private readonly plane: DataPlane;
  private open = 0;

  constructor(plane: DataPlane) {
    this.plane = plane;
  }

  /** Takes the socket over and ends it. */
  answer(socket: Socket): void {
    if (this.open >= MAX_OPEN) {
      socket.destroy();
      return;
    }
    this.open += 1;
    socket.once('close', () => {
      this.open -= 1;
    });
    const head = `HTTP/1.1 503 Service Unavailable\r\n${this.plane.dateLine}Retry-After: 2\r\nConnection: close\r\n`;
    const fields = `Cache-Control: no-store\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${BODY.length}\r\n\r\n`;
    new EndingSocket(socket, this.plane).end(head + fields + BODY);
  }
}

/** Reads on behind the answer, so that the client sees it and not a reset (T9). */
class EndingSocket extends TimerEntry {
  private readonly socket: Socket;
  private discarded = 0;

  constructor(socket: Socket, { wheel }: DataPlane) {
    super();
    this.socket = socket;
    wheel.arm(this, LIMITS.lingerMs);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => wheel.disarm(this));
    socket.on('data', (chunk: Buffer) => {
      this.discarded += chunk.length;
      if (this.discarded > LIMITS.lingerBytes) socket.destroy();
    });
  }

  end(text: string): void {
    this.socket.end(text);
  }

  override onTimeout(): void {
    this.socket.destroy();
  }
}
