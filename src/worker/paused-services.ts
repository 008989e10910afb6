/** The services that an operator has paused, by name. Each pause ends by itself. */
export class PausedServices {
  private readonly changed: () => void;
  private readonly now: () => number;
  private ends = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined = undefined;

  /** `changed` is called when one begins or ends; `now` in milliseconds of a clock that never goes back. */
  constructor(changed: () => void, now: () => number = () => performance.now()) {
    this.changed = changed;
    this.now = now;
  }

  has(service: string): boolean {
    return this.ends.has(service);
  }

  /** Takes all that are paused now, with the milliseconds that are left. */
  set(services: readonly (readonly [service: string, leftMs: number])[]): void {
    const now = this.now();
    this.ends = new Map(services.map(([service, leftMs]) => [service, now + leftMs]));
    this.schedule();
    this.changed();
  }

  private schedule(): void {
    clearTimeout(this.timer);
    if (this.ends.size === 0) return;
    const next = Math.min(...this.ends.values());
    this.timer = setTimeout(() => this.expire(), Math.max(next - this.now(), 0));
    this.timer.unref();
  }

  private expire(): void {
    const now = this.now();
    const before = this.ends.size;
    for (const [service, end] of this.ends) if (end <= now) this.ends.delete(service);
    this.schedule();
    if (this.ends.size < before) this.changed();
  }
}
