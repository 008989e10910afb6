/** Where generators and mutators get their choices from. */
export interface Random {
  /** An integer from 0 to `n - 1`. */
  below(n: number): number;
}

/** A fast reproducible source: xorshift32, seeded through one round of mixing so that near seeds differ. */
export class Xorshift implements Random {
  private state: number;

  constructor(seed: number) {
    let mixed = Math.imul(seed ^ (seed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    this.state = (mixed ^ (mixed >>> 15)) | 1;
  }

  below(n: number): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x;
    return (x >>> 0) % n;
  }
}

/**
 * Choices that were drawn before, by fast-check: shrinking the list shrinks what is made from it, since a smaller number and
 * the end of the list both mean the first, plainest alternative.
 */
export class Choices implements Random {
  private readonly list: readonly number[];
  private next = 0;

  constructor(list: readonly number[]) {
    this.list = list;
  }

  below(n: number): number {
    return (this.list[this.next++] ?? 0) % n;
  }
}

/** One of `list`. */
export function pick<T>(random: Random, list: readonly T[]): T {
  return list[random.below(list.length)]!;
}

/** True in `percent` of 100 cases; never once choices have run out. */
export function chance(random: Random, percent: number): boolean {
  return random.below(100) >= 100 - percent;
}

/** Cuts `bytes` into up to `most` pieces at random places. */
export function splitAnywhere(random: Random, bytes: Buffer, most: number): Buffer[] {
  const cuts = Array.from({ length: random.below(most) }, () => random.below(bytes.length + 1)).sort((a, b) => a - b);
  return [...cuts, bytes.length].map((end, index) => bytes.subarray(index === 0 ? 0 : cuts[index - 1], end));
}
