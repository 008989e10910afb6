import { eventTime } from './event.ts';

/** Events are stamped before they are put in order: by so much, in nanoseconds, one may be older than the one before it. */
const DISORDER_NS = 1_000_000_000n;
/** How far ahead of ours the engine's clock may be. */
const AHEAD_MS = 5000;

/**
 * The place in an engine's stream of events, so that a later subscription begins behind the last event seen and a stop signal in
 * the gap is still heard. Outlives subscriptions. When in doubt it names no place: the list tells what has become of everything.
 */
export class EventCursor {
  /** The latest and the last time stamp seen, in nanoseconds since 1970. */
  private latest: bigint | undefined = undefined;
  private last: bigint | undefined = undefined;
  private readonly wallClock: () => number;

  /** `wallClock` in milliseconds since 1970. */
  constructor(wallClock: () => number = () => Date.now()) {
    this.wallClock = wallClock;
  }

  /** A line of the stream has been heeded. */
  note(line: string): void {
    const time = eventTime(line);
    if (time === undefined) return;
    this.last = time;
    if (this.latest === undefined || time > this.latest) this.latest = time;
  }

  /**
   * `since` for the next subscription, `seconds.nanoseconds`, just behind the last event. Undefined when none was seen, or when the
   * engine's clock went back: it would replay what is long past, or stay silent until that time comes again.
   */
  get since(): string | undefined {
    const { latest, last } = this;
    if (latest === undefined || last === undefined || latest - last > DISORDER_NS) return undefined;
    if (latest / 1_000_000n > this.wallClock() + AHEAD_MS) return undefined;
    const next = latest + 1n;
    return `${next / 1_000_000_000n}.${String(next % 1_000_000_000n).padStart(9, '0')}`;
  }

  /** The engine does not take what `since` says: until the next event there is no place. */
  forget(): void {
    this.latest = undefined;
    this.last = undefined;
  }
}
