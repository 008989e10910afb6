import { TimerEntry, type TimerWheel } from '../lib/timer-wheel.ts';

/** How long a client has to tell that it has read our first GOAWAY. */
const STEP_MS = 1000;

/** Between the two GOAWAYs of a drain (RFC 9113 6.8): what the client began before it read the first one is still served. */
export class DrainStep extends TimerEntry {
  /** Of the PING behind the first GOAWAY; whoever has answered it has read both. */
  static readonly PING = Buffer.from('draining', 'latin1');
  private readonly wheel: TimerWheel;
  private readonly over: () => void;

  /** Begins to wait; `over` is called when it was long enough. */
  constructor(wheel: TimerWheel, over: () => void) {
    super();
    this.wheel = wheel;
    this.over = over;
    wheel.arm(this, STEP_MS);
  }

  stop(): void {
    this.wheel.disarm(this);
  }

  override onTimeout(): void {
    this.over();
  }
}
