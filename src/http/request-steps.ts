import { TimerEntry } from '../lib/timer-wheel.ts';
import { carryOn } from './carry-on.ts';
import type { Exchange } from './exchange.ts';
import type { StepEffect } from './route.ts';

/** How long a step may take that does not act at once. */
const PENDING_MS = 10_000;

/** Runs the steps of the exchange's route from `first` on; then the request goes to its server, unless one of them answers. */
export function runSteps(exchange: Exchange, first: number): void {
  const { requestSteps, stepEdits, responseEdits } = exchange.route!;
  for (let index = first; index < requestSteps.length; index++) {
    exchange.responseEdits = stepEdits[index];
    const result = requestSteps[index]!(exchange);
    if (result instanceof Promise) {
      new PendingStep(exchange, index).await(result);
      return;
    }
    if (result !== undefined) {
      exchange.answer(result);
      return;
    }
  }
  exchange.responseEdits = responseEdits;
  exchange.delivery.start();
}

/** A step that has promised its effect. What comes too late, or for a request that is over, has none. */
class PendingStep extends TimerEntry {
  private readonly exchange: Exchange;
  private readonly generation: number;
  private readonly index: number;
  private isOver = false;

  constructor(exchange: Exchange, index: number) {
    super();
    this.exchange = exchange;
    this.generation = exchange.generation;
    this.index = index;
  }

  await(promise: Promise<StepEffect>): void {
    this.exchange.plane.wheel.arm(this, PENDING_MS);
    promise.then(
      (effect) => this.settle(() => this.goOn(effect)),
      (error: unknown) =>
        this.settle(() => {
          throw error;
        }),
    );
  }

  override onTimeout(): void {
    this.settle(() => this.exchange.fail('auth_timeout'));
  }

  private goOn(effect: StepEffect): void {
    const answer = effect(this.exchange);
    if (answer === undefined) runSteps(this.exchange, this.index + 1);
    else this.exchange.answer(answer);
  }

  /** Carries the exchange on if it is still the same. Nobody above catches a fault here, and nobody flushes. */
  private settle(act: () => void): void {
    const { exchange } = this;
    const { plane } = exchange;
    plane.wheel.disarm(this);
    if (this.isOver || !exchange.isActive || exchange.generation !== this.generation) return;
    this.isOver = true;
    carryOn(exchange, act);
  }
}
