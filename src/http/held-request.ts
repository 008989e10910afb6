import type { Waiter, WaitingRoom } from '../balance/waiting-room.ts';
import { TimerEntry } from '../lib/timer-wheel.ts';
import type { Exchange } from './exchange.ts';
import type { FailureReason } from './failure.ts';

/** A request in the waiting room of its service, until a server is ready or its time is over. */
export class HeldRequest extends TimerEntry implements Waiter {
  private readonly exchange: Exchange;
  private readonly room: WaitingRoom;

  /** Waits from now on, unless the room is full. */
  constructor(exchange: Exchange, room: WaitingRoom) {
    super();
    this.exchange = exchange;
    this.room = room;
  }

  onServer(): void {
    this.exchange.plane.wheel.disarm(this);
    this.end(undefined);
  }

  override onTimeout(): void {
    this.room.leave(this);
    this.end('hold_timeout');
  }

  /** The client is gone, or the request is answered otherwise. */
  cancel(): void {
    this.exchange.plane.wheel.disarm(this);
    this.room.leave(this);
  }

  /** Nobody above catches a fault here, and nobody flushes. */
  private end(failure: FailureReason | undefined): void {
    const { exchange } = this;
    try {
      exchange.delivery.onHoldOver(failure);
    } catch (error) {
      exchange.onClientFault('internal');
      exchange.plane.internalFault(error, exchange.requestId);
    }
    exchange.flushRequest();
    exchange.flushResponse();
  }
}
