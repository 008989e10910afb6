import { createHmac, randomBytes } from 'node:crypto';
import type { PasswordCheck, PasswordVerdict } from '../../http/password-check.ts';
import { PasswordQueue } from './password-queue.ts';
import type { PasswordQuestion } from './password-thread.ts';

/** Verdicts kept of each kind. */
const MAX_KEPT = 1000;
/** Long enough for a page with many parts, too short to be a way to stall the queue or to tell names apart. */
const WRONG_MS = 1000;

/**
 * Judges passwords and remembers verdicts, under an HMAC of everything they depend on: a changed hash or another name is another
 * question, so that nothing has to be forgotten when users change. The key lives in this object; no password is kept.
 */
export class Passwords implements PasswordCheck {
  private readonly key = randomBytes(32);
  private readonly ask: (question: PasswordQuestion) => Promise<PasswordVerdict> | undefined;
  private readonly now: () => number;
  /** The least recently used first. */
  private readonly right = new Set<string>();
  /** When each is forgotten; the oldest first. */
  private readonly wrong = new Map<string, number>();
  private readonly asked = new Map<string, Promise<PasswordVerdict>>();

  constructor(
    ask: (question: PasswordQuestion) => Promise<PasswordVerdict> | undefined = askQueue(),
    now: () => number = () => performance.now(),
  ) {
    this.ask = ask;
    this.now = now;
  }

  check(user: string, stored: string, password: string): PasswordVerdict | Promise<PasswordVerdict> | undefined {
    const parts = JSON.stringify([user, stored, password]);
    const id = createHmac('sha256', this.key).update(parts).digest('base64');
    if (this.right.delete(id)) {
      this.right.add(id);
      return 'right';
    }
    if ((this.wrong.get(id) ?? 0) > this.now()) return 'wrong';
    const known = this.asked.get(id);
    if (known !== undefined) return known;
    const asked = this.ask({ stored, password })?.then((verdict) => this.remember(id, verdict));
    if (asked !== undefined) this.asked.set(id, asked);
    return asked;
  }

  private remember(id: string, verdict: PasswordVerdict): PasswordVerdict {
    this.asked.delete(id);
    if (verdict === 'right') {
      this.right.add(id);
      if (this.right.size > MAX_KEPT) this.right.delete(this.right.values().next().value!);
    } else if (verdict === 'wrong') {
      this.wrong.delete(id);
      this.wrong.set(id, this.now() + WRONG_MS);
      if (this.wrong.size > MAX_KEPT) this.wrong.delete(this.wrong.keys().next().value!);
    }
    return verdict;
  }
}

function askQueue(): (question: PasswordQuestion) => Promise<PasswordVerdict> | undefined {
  const queue = new PasswordQueue();
  return (question) => queue.ask(question);
}
