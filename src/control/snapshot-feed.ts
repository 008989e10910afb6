import type { ToWorker } from '../protocol.ts';
import { diffSnapshots, splitPatch, type SnapshotPatch } from '../routing/snapshot-patch.ts';
import type { Snapshot } from '../routing/snapshot.ts';

/** A worker reads a message in one go: more routers than these would hold up its requests. */
const ROUTERS_A_PIECE = 250;

/** Brings settled snapshots to one worker: what has changed, in pieces, the next when the last is acknowledged. */
export class SnapshotFeed {
  private readonly post: (message: ToWorker) => void;
  private readonly nextAck: () => number;
  /** What the worker has, or will have when the pieces on their way have come. */
  private sent: Snapshot;
  private target: Snapshot;
  private pieces: readonly SnapshotPatch[] = [];
  private awaited = 0;
  private waiting: (() => void)[] = [];

  /** `has`: the snapshot the worker began with. */
  constructor(has: Snapshot, post: (message: ToWorker) => void, nextAck: () => number) {
    this.sent = has;
    this.target = has;
    this.post = post;
    this.nextAck = nextAck;
  }

  /** Resolves when the worker serves this snapshot or a later one, or is gone. Of several in quick succession it may skip some. */
  offer(snapshot: Snapshot): Promise<void> {
    this.target = snapshot;
    const live = new Promise<void>((resolve) => this.waiting.push(resolve));
    if (this.awaited === 0) this.begin();
    return live;
  }

  /** The worker confirms a message; others than the awaited one are not ours. */
  acknowledged(ack: number): void {
    if (ack !== this.awaited) return;
    this.awaited = 0;
    if (this.pieces.length > 0) this.sendPiece();
    else this.begin();
  }

  /** The worker is gone. */
  close(): void {
    this.pieces = [];
    this.sent = this.target;
    this.settle();
  }

  private begin(): void {
    if (this.sent === this.target) {
      this.settle();
      return;
    }
    this.pieces = splitPatch(diffSnapshots(this.sent, this.target), ROUTERS_A_PIECE);
    this.sent = this.target;
    this.sendPiece();
  }

  private sendPiece(): void {
    const [patch, ...left] = this.pieces;
    this.pieces = left;
    this.awaited = this.nextAck();
    this.post({ type: 'snapshot', patch: patch!, isLast: left.length === 0, ack: this.awaited });
  }

  private settle(): void {
    for (const done of this.waiting.splice(0)) done();
  }
}
