/**
 * A regular expression is compiled to a program whose size is the price of every match. RE2 repeats what a `{n}` stands
 * behind, so that a short text can make a big program. This is about the size of it, known without compiling.
 */
export function estimateProgramSize(pattern: string): number {
  /** Size before the group that is open, for each of those. */
  const outer: number[] = [];
  let total = 0;
  /** What a repeat stands behind, and the total without it. */
  let last = 0;
  let before = 0;
  const add = (size: number): void => {
    before = total;
    last = size;
    total += size;
  };
  for (const [token] of pattern.matchAll(TOKEN)) {
    const repeat = /^\{\d+(?:,(\d*))?\}$/.test(token) ? Math.max(...token.match(/\d+/g)!.map(Number)) : undefined;
    if (token === '(') {
      outer.push(total);
      [total, last, before] = [0, 0, 0];
    } else if (token === ')') {
      const inner = total;
      total = outer.pop() ?? 0;
      add(inner + 1);
    } else if (repeat === undefined) {
      add(1);
    } else {
      total = before;
      add(last * Math.max(repeat, 1));
    }
  }
  return outer.reduce((sum, size) => sum + size, total);
}

/** An escape, a class of characters, a repeat, or one character. */
const TOKEN = /\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{\d+(?:,\d*)?\}|./gsu;
