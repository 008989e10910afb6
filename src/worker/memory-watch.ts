/** Parts of the bound above which new work is shed, and below which it is taken again. */
const SHED_ABOVE = 0.9;
const TAKE_BELOW = 0.8;
/** Looks without a fall after which shedding is held to free nothing more. */
const FRUITLESS_LOOKS = 10;

/** Judges whether the process is so near to its memory bound that new requests must be turned away. */
export class MemoryWatch {
  readonly bound: number;
  private readonly readUsed: () => number | undefined;
  private limit: number;
  isOver = false;
  private least = Infinity;
  private fruitless = 0;
  /** Bytes at the last look that could tell. */
  used = 0;

  /** `bound` in bytes; `readUsed`: memory of the process now, undefined when it cannot be told. */
  constructor(bound: number, readUsed: () => number | undefined) {
    this.bound = bound;
    this.readUsed = readUsed;
    this.limit = bound * SHED_ABOVE;
  }

  /**
   * Looks anew, once a tick. `isIdle`: no request is running any more. Memory that is still held then, or that does not fall for
   * `FRUITLESS_LOOKS` (an open WebSocket never ends), was not the load's, and shedding on would free nothing: work is taken again,
   * and shed next at half of what is left. Returns `isOver`.
   */
  look(isIdle: boolean): boolean {
    const used = this.readUsed();
    if (used === undefined) return this.isOver;
    this.used = used;
    if (used < this.bound * TAKE_BELOW) {
      this.isOver = false;
      this.limit = this.bound * SHED_ABOVE;
    } else if (this.isOver && (isIdle || this.isFruitless(used))) {
      this.isOver = false;
      this.limit = Math.max(this.limit, Math.min(this.bound, (used + this.bound) / 2));
    } else if (used > this.limit && !this.isOver) {
      this.isOver = true;
      this.least = used;
      this.fruitless = 0;
    }
    return this.isOver;
  }

  private isFruitless(used: number): boolean {
    // A page more or less is not a fall.
    if (used < this.least * 0.99) {
      this.least = used;
      this.fruitless = 0;
    } else this.fruitless += 1;
    return this.fruitless >= FRUITLESS_LOOKS;
  }
}

/** Resident memory of the process. Undefined when it cannot be read: the system is asked by way of a file, and those run out too. */
export function residentBytes(): number | undefined {
  try {
    return process.memoryUsage.rss();
  } catch {
    return undefined;
  }
}
