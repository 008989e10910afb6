import type { HealthCheckConfig } from '../config/dynamic.ts';
import type { Checker, CheckOutcome } from './checker.ts';
import { pauseAfterAttempt } from './start-schedule.ts';

/** What checks alone say of a server. */
export type CheckedState = 'starting' | 'ready' | 'down';

export interface ActiveCheckParts {
  readonly checker: Checker;
  /** Milliseconds; it never steps back. */
  readonly now: () => number;
  /** From 0 to 1. */
  readonly random: () => number;
  /** The state, after each check. */
  readonly judge: (state: CheckedState, reason: string) => void;
  /** Worth telling people: it goes down, it never came up, it is up again. */
  readonly report: (isUp: boolean, reason: string) => void;
}

/** Intervals differ by up to a tenth, so that the checks of one server by many routers, and of many servers by one, spread. */
const JITTER = 0.1;
/** Checks that are due within one step are made together: waking up for each alone costs more than the check. */
const LONGEST_STEP_MS = 50;
const STEPS_PER_INTERVAL = 20;
/** A server that has not passed for so long is worth a word. */
const START_PATIENCE_MS = 10_000;

/**
 * The schedule of one server's check, and what it says: `starting` until it has passed once, `down` after `fall` failures in a row, `ready`
 * again after `rise` passes. A check never begins before the one before it has ended.
 */
export class ActiveCheck {
  readonly #check: HealthCheckConfig;
  readonly #parts: ActiveCheckParts;
  #state: CheckedState = 'starting';
  /** In a row, against the state. */
  #contrary = 0;
  #attempt = 0;
  #beganAt = 0;
  #isReportedDown = false;
  #timer: NodeJS.Timeout | undefined = undefined;
  /** Counts beginnings: what comes of an earlier one has no meaning. */
  #round = 0;

  constructor(check: HealthCheckConfig, parts: ActiveCheckParts) {
    this.#check = check;
    this.#parts = parts;
  }

  /** Judges anew, over a fresh connection: often at first, until it has passed once. */
  begin(): void {
    this.stop();
    this.#state = 'starting';
    this.#contrary = 0;
    this.#attempt = 0;
    this.#beganAt = this.#parts.now();
    void this.#ask();
  }

  /** Goes on from what is known of the server: nothing changes before the check says otherwise. */
  resume(state: 'ready' | 'down'): void {
    this.stop();
    this.#state = state;
    this.#contrary = 0;
    this.#isReportedDown = state === 'down';
    this.#schedule(this.#parts.now());
  }

  stop(): void {
    this.#round += 1;
    clearTimeout(this.#timer);
    this.#parts.checker.close();
  }

  async #ask(): Promise<void> {
    const round = this.#round;
    const startedAt = this.#parts.now();
    const outcome = await this.#parts.checker.check();
    if (round !== this.#round) return;
    this.#heed(outcome);
    // Whoever was told may have stopped it.
    if (round === this.#round) this.#schedule(startedAt);
  }

  #heed({ passed, detail }: CheckOutcome): void {
    const { fall, rise } = this.#check;
    switch (this.#state) {
      case 'starting':
        if (passed) this.#become('ready', detail);
        else this.#stillStarting(detail);
        return;
      case 'ready':
        this.#contrary = passed ? 0 : this.#contrary + 1;
        if (this.#contrary >= fall) this.#become('down', detail);
        else this.#parts.judge('ready', passed ? detail : `${detail} (failure ${this.#contrary} of ${fall})`);
        return;
      case 'down':
        this.#contrary = passed ? this.#contrary + 1 : 0;
        if (this.#contrary >= rise) this.#become('ready', detail);
        else this.#parts.judge('down', passed ? `${detail} (pass ${this.#contrary} of ${rise})` : detail);
        return;
      default:
        this.#state satisfies never;
    }
  }

  #stillStarting(detail: string): void {
    this.#parts.judge('starting', detail);
    if (this.#isReportedDown || this.#parts.now() - this.#beganAt < START_PATIENCE_MS) return;
    this.#isReportedDown = true;
    this.#parts.report(false, detail);
  }

  #become(state: 'ready' | 'down', detail: string): void {
    this.#state = state;
    this.#contrary = 0;
    this.#parts.judge(state, detail);
    if (state === 'down' || this.#isReportedDown) this.#parts.report(state === 'ready', detail);
    this.#isReportedDown = state === 'down';
  }

  /** `startedAt`: when the last check began. */
  #schedule(startedAt: number): void {
    const { intervalMs, unhealthyIntervalMs } = this.#check;
    const waitMs =
      this.#state === 'starting'
        ? pauseAfterAttempt(this.#attempt++)
        : this.#waitFor(startedAt, this.#state === 'down' ? unhealthyIntervalMs : intervalMs);
    this.#timer = setTimeout(() => void this.#ask(), waitMs);
  }

  #waitFor(startedAt: number, intervalMs: number): number {
    const { now, random } = this.#parts;
    const stepMs = Math.min(LONGEST_STEP_MS, intervalMs / STEPS_PER_INTERVAL);
    // What rounding adds or takes stays within the jitter.
    const spreadMs = intervalMs * JITTER - stepMs / 2;
    const due = startedAt + intervalMs + spreadMs * (2 * random() - 1);
    return Math.max(0, Math.round(due / stepMs) * stepMs - now());
  }
}
