/**
 * Something with at most one deadline. The four fields belong to the wheel; start them as `0, 0, undefined, undefined`.
 */
export interface Timed {
  /** Tick in which it is due; 0 when disarmed. */
  deadline: number;
  /** Tick of the slot it sits in. */
  placedAt: number;
  timerPrev: Timed | undefined;
  timerNext: Timed | undefined;
  /** Called in the tick in which the deadline passed; the entry is disarmed before. */
  onTimeout(): void;
}

/** A disarmed entry; whoever waits for something extends it. */
export abstract class TimerEntry implements Timed {
  deadline = 0;
  placedAt = 0;
  timerPrev: Timed | undefined = undefined;
  timerNext: Timed | undefined = undefined;
  abstract onTimeout(): void;
}

class ListHead extends TimerEntry {
  override timerPrev: Timed | undefined = this;
  override timerNext: Timed | undefined = this;
  override onTimeout(): void {}
}

/**
 * One coarse timer for all connections of a worker (rules T, section 11). Ticks are whole seconds by default, so a
 * deadline fires up to one tick late and never early. Arming again only stores a number when the entry already sits in
 * a slot that comes no later, so re-arming on every message is nearly free.
 */
export class TimerWheel {
  /** Ticks since the start. */
  now = 1;
  private readonly slots: ListHead[] = [];
  private readonly tickMs: number;

  constructor(options: { readonly tickMs?: number; readonly slots?: number } = {}) {
    this.tickMs = options.tickMs ?? 1000;
    for (let i = 0; i < (options.slots ?? 128); i++) this.slots.push(new ListHead());
  }

  /** A clock of whole ticks, never 0: for what is measured as coarsely as it is armed. */
  get elapsedMs(): number {
    return this.now * this.tickMs;
  }

  /** Starts ticking; returns the function that stops it. */
  start(onTick?: () => void): () => void {
    const timer = setInterval(() => {
      this.tick();
      onTick?.();
    }, this.tickMs);
    return () => clearInterval(timer);
  }

  /** Sets the entry's only deadline `ms` from now, rounded up to whole ticks. */
  arm(entry: Timed, ms: number): void {
    const deadline = this.now + Math.ceil(ms / this.tickMs) + 1;
    entry.deadline = deadline;
    if (entry.timerNext !== undefined) {
      if (entry.placedAt <= deadline) return;
      unlink(entry);
    }
    this.place(entry);
  }

  /** Takes the deadline away and forgets the entry. */
  disarm(entry: Timed): void {
    entry.deadline = 0;
    if (entry.timerNext !== undefined) unlink(entry);
  }

  /** Advances by one tick and fires what is due. */
  tick(): void {
    this.now += 1;
    const slot = this.slots[this.now % this.slots.length]!;
    if (slot.timerNext === slot) return;
    // The due entries move to a list of their own: a callback may arm entries into this slot or disarm neighbours.
    const due = new ListHead();
    due.timerNext = slot.timerNext;
    due.timerPrev = slot.timerPrev;
    due.timerNext!.timerPrev = due;
    due.timerPrev!.timerNext = due;
    slot.timerNext = slot;
    slot.timerPrev = slot;
    while (due.timerNext !== due) {
      const entry = due.timerNext!;
      unlink(entry);
      if (entry.deadline > this.now) this.place(entry);
      else if (entry.deadline !== 0) {
        entry.deadline = 0;
        entry.onTimeout();
      }
    }
  }

  private place(entry: Timed): void {
    // A deadline beyond the wheel waits in the last slot and is placed again from there.
    entry.placedAt = Math.min(entry.deadline, this.now + this.slots.length - 1);
    const slot = this.slots[entry.placedAt % this.slots.length]!;
    const last = slot.timerPrev!;
    entry.timerPrev = last;
    entry.timerNext = slot;
    last.timerNext = entry;
    slot.timerPrev = entry;
  }
}

function unlink(entry: Timed): void {
  entry.timerPrev!.timerNext = entry.timerNext;
  entry.timerNext!.timerPrev = entry.timerPrev;
  entry.timerPrev = undefined;
  entry.timerNext = undefined;
}
