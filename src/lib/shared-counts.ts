import { randomInt } from 'node:crypto';
import { mixBits } from './text-hash.ts';

/** Slots of a row; a power of two. */
const SLOTS = 32_768;
/** One total, then two rows of slots. */
const PART = 1 + 2 * SLOTS;

/** Memory for the counts of this many threads; hand it to each of them. */
export function createSharedCounts(threads: number): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(4 * (1 + threads * PART));
  // The counts' own way to scatter keys, so that nobody can find two that meet.
  new Int32Array(memory)[0] = randomInt(2 ** 31);
  return memory;
}

/** The count of one key. */
export interface SharedCounter {
  /** Counts in this thread's part. */
  add(by: number): void;
  /** What all threads have counted. */
  sum(): number;
}

/**
 * Counts of things by key, shared by threads without locks: each thread writes a part of its own and reads all. A thread that
 * takes over a part (the last one died, and its things with it) begins it at zero. Memory is bounded whatever the keys: a key
 * has a slot in each of two rows and its count is the smaller, so a count is never too low, and too high only when strangers
 * share both slots.
 */
export class SharedCounts {
  private readonly cells: Int32Array;
  private readonly seed: number;
  private readonly own: number;

  constructor(memory: SharedArrayBuffer, thread: number) {
    this.cells = new Int32Array(memory);
    this.seed = this.cells[0]!;
    this.own = 1 + thread * PART;
    this.cells.fill(0, this.own, this.own + PART);
  }

  /** All things of all threads. */
  get total(): number {
    return this.sum(0);
  }

  /** Things with this key. */
  of(key: readonly number[]): number {
    const hash = this.hash(key);
    return Math.min(this.sum(firstSlot(hash)), this.sum(secondSlot(hash)));
  }

  /** One more in the total, whatever its key. */
  add(): void {
    this.change(0, 1);
  }

  remove(): void {
    this.change(0, -1);
  }

  /** One more of this key; the total stays. */
  addKey(key: readonly number[]): void {
    this.changeKey(key, 1);
  }

  removeKey(key: readonly number[]): void {
    this.changeKey(key, -1);
  }

  /** The count of one key for whoever counts it often: where it stands is worked out once. The total stays. */
  counterOf(key: readonly number[]): SharedCounter {
    const hash = this.hash(key);
    const [first, second] = [firstSlot(hash), secondSlot(hash)];
    return {
      add: (by) => {
        this.change(first, by);
        this.change(second, by);
      },
      sum: () => Math.min(this.sum(first), this.sum(second)),
    };
  }

  private changeKey(key: readonly number[], by: number): void {
    const hash = this.hash(key);
    this.change(firstSlot(hash), by);
    this.change(secondSlot(hash), by);
  }

  private change(offset: number, by: number): void {
    Atomics.add(this.cells, this.own + offset, by);
  }

  private sum(offset: number): number {
    const { cells } = this;
    let sum = 0;
    for (let at = 1 + offset; at < cells.length; at += PART) sum += Atomics.load(cells, at);
    return sum;
  }

  /** FNV-1a over bytes, then mixed. */
  private hash(key: readonly number[]): number {
    let hash = 0x81_1c_9d_c5 ^ this.seed;
    for (const byte of key) hash = Math.imul(hash ^ byte, 0x01_00_01_93);
    return mixBits(hash);
  }
}

function firstSlot(hash: number): number {
  return 1 + (hash & (SLOTS - 1));
}

function secondSlot(hash: number): number {
  return 1 + SLOTS + ((hash >>> 16) & (SLOTS - 1));
}
