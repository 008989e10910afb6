import { pauseAfterAttempt } from './start-schedule.ts';
import type { Probe } from './tcp-check.ts';

/** Asks a server without a check of its own until it accepts a connection, and then no more. */
export class ReadinessProbe {
  #isStopped = false;
  #timer: NodeJS.Timeout | undefined = undefined;

  /** Begins at once. `accepted` is called once. */
  constructor(probe: () => ReturnType<Probe>, accepted: () => void) {
    const attempt = async (index: number): Promise<void> => {
      const accepts = await probe();
      if (this.#isStopped) return;
      if (accepts) accepted();
      else this.#timer = setTimeout(() => void attempt(index + 1), pauseAfterAttempt(index));
    };
    void attempt(0);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }
}
