import { Worker } from 'node:worker_threads';
import type { PasswordVerdict } from '../../http/password-check.ts';
import type { PasswordQuestion } from './password-thread.ts';

/** Questions that wait or are worked on; more are turned away. */
const MAX_QUESTIONS = 64;
/** Whoever asked has been answered by then: working on it would only delay the others. */
const MAX_AGE_MS = 10_000;
const IDLE_MS = 30_000;

interface Question extends PasswordQuestion {
  readonly askedAt: number;
  readonly answer: (verdict: PasswordVerdict) => void;
}

/**
 * Works through questions one by one in a thread of its own, which begins with the first and ends when there are none for a while. A
 * hash takes a tenth of a second or more by design, and no other request may wait for it.
 */
export class PasswordQueue {
  private readonly waiting: Question[] = [];
  private current: Question | undefined = undefined;
  private thread: Worker | undefined = undefined;
  private idle: NodeJS.Timeout | undefined = undefined;
  private readonly idleMs: number;

  /** `idleMs`: how long the thread stays without a question. */
  constructor(idleMs = IDLE_MS) {
    this.idleMs = idleMs;
  }

  /** Undefined: too many are waiting. The promise never rejects. */
  ask(question: PasswordQuestion): Promise<PasswordVerdict> | undefined {
    const count = this.waiting.length + (this.current === undefined ? 0 : 1);
    if (count >= MAX_QUESTIONS) return undefined;
    const { promise, resolve } = Promise.withResolvers<PasswordVerdict>();
    this.waiting.push({ ...question, askedAt: performance.now(), answer: resolve });
    this.next();
    return promise;
  }

  /** Threads there are: none or one. */
  get threads(): number {
    return this.thread === undefined ? 0 : 1;
  }

  private next(): void {
    while (this.current === undefined && this.waiting.length > 0) {
      const question = this.waiting.shift()!;
      if (performance.now() - question.askedAt > MAX_AGE_MS) question.answer('unavailable');
      else this.work(question);
    }
    if (this.current === undefined) this.idle ??= setTimeout(() => this.end(), this.idleMs).unref();
  }

  private work(question: Question): void {
    clearTimeout(this.idle);
    this.idle = undefined;
    this.current = question;
    this.thread ??= this.start();
    this.thread.postMessage({ password: question.password, stored: question.stored } satisfies PasswordQuestion);
  }

  private start(): Worker {
    const thread = new Worker(new URL('./password-thread.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 8 },
    });
    thread.unref();
    thread.on('message', (isRight: boolean) => this.conclude(isRight ? 'right' : 'wrong'));
    // An end follows each error.
    thread.on('error', () => {});
    thread.on('exit', () => {
      if (this.thread !== thread) return;
      this.thread = undefined;
      this.conclude('unavailable');
    });
    return thread;
  }

  private conclude(verdict: PasswordVerdict): void {
    const { current } = this;
    this.current = undefined;
    current?.answer(verdict);
    this.next();
  }

  private end(): void {
    const { thread } = this;
    this.idle = undefined;
    this.thread = undefined;
    void thread?.terminate();
  }
}
