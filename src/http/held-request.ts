import type { Hold } from '../balance/service.ts';
import type { Waiter } from '../balance/waiting-room.ts';
import { TimerEntry } from '../lib/timer-wheel.ts';
import { carryOn } from './carry-on.ts';
import type { Exchange } from './exchange.ts';
import type { FailureReason } from './failure.ts';

/** A request in the waiting room of its service, until a server is ready or its time is over. */
export class HeldRequest extends TimerEntry implements Waiter {
  private readonly exchange: Exchange;
  private readonly hold: Hold;

  /** Waits from now on, unless the room is full. */
  constructor(exchange: Exchange, hold: Hold) {
    super();
    this.exchange = exchange;
    this.hold = hold;
  }

  onServer(): void {
    this.exchange.plane.wheel.disarm(this);
    this.end(undefined);
  }

  override onTimeout(): void {
    const { room, ms } = this.hold;
    if (room.suspendsTime) return this.exchange.plane.wheel.arm(this, ms);
    room.leave(this);
    return this.end('hold_timeout');
  }

  /** The client is gone, or the request is answered otherwise. */
  cancel(): void {
    this.exchange.plane.wheel.disarm(this);
    this.hold.room.leave(this);
  }

  private end(failure: FailureReason | undefined): void {
    carryOn(this.exchange, () => this.exchange.delivery.onHoldOver(this.hold, failure));
  }
}
