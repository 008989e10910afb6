import { SnapshotParts } from '../routing/snapshot-parts.ts';
import type { SnapshotPatch } from '../routing/snapshot-patch.ts';
import type { Snapshot } from '../routing/snapshot.ts';
import { Runtime, type RuntimeParts } from './runtime.ts';

/** How long requests may have to wait for the building of a table, in one go. */
const SLICE_MS = 1;

/**
 * Makes runtimes of the patches that the control plane sends. A large snapshot comes in pieces and is built in slices between requests;
 * what serves meanwhile is the last one.
 */
export class SnapshotReceiver {
  private readonly parts: RuntimeParts;
  private readonly live: (runtime: Runtime, snapshot: Snapshot) => void;
  private readonly failed: (error: unknown) => void;
  private readonly whole: SnapshotParts;
  private current: Runtime;

  /** `live` is called with each finished runtime, `failed` when one cannot be built: the last one goes on. */
  constructor(
    snapshot: Snapshot,
    parts: RuntimeParts,
    calls: {
      readonly live: (runtime: Runtime, snapshot: Snapshot) => void;
      readonly failed: (error: unknown) => void;
    },
  ) {
    this.whole = new SnapshotParts(snapshot);
    this.parts = parts;
    this.live = calls.live;
    this.failed = calls.failed;
    this.current = Runtime.build(snapshot, parts);
  }

  get runtime(): Runtime {
    return this.current;
  }

  /**
   * Takes a piece; calls `done` when the next may come: at once, or after the last one when what it completes is live. The
   * control plane waits for that, so there is never more than one build.
   */
  take(patch: SnapshotPatch, isLast: boolean, done: () => void): void {
    this.whole.apply(patch);
    if (!isLast) return done();
    const { snapshot } = this.whole;
    return this.build(Runtime.steps(snapshot, this.parts, this.current), snapshot, done);
  }

  private build(steps: ReturnType<typeof Runtime.steps>, snapshot: Snapshot, done: () => void): void {
    try {
      if (!this.advance(steps, snapshot)) {
        setImmediate(() => this.build(steps, snapshot, done));
        return;
      }
    } catch (error) {
      this.failed(error);
    }
    done();
  }

  /** Builds for one slice; true when the runtime is live. */
  private advance(steps: ReturnType<typeof Runtime.steps>, snapshot: Snapshot): boolean {
    const end = performance.now() + SLICE_MS;
    do {
      const step = steps.next();
      if (step.done !== true) continue;
      this.current = step.value;
      this.live(step.value, snapshot);
      return true;
    } while (performance.now() < end);
    return false;
  }
}
