/** Longer words are not typed by hand, and comparing them would cost their square. */
const MAX_WORD_LENGTH = 100;

/**
 * The candidate a mistyped word most likely meant, or undefined when none is near enough to be worth printing.
 * Compares without regard to case; one swap of neighbours counts as one mistake. Ties go to the earlier candidate.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length > MAX_WORD_LENGTH) return undefined;
  const wanted = word.toLowerCase();
  // A third of the word may be wrong: `hots` finds `host`, `xyz` finds nothing.
  let limit = Math.max(1, Math.floor(wanted.length / 3));
  let best: string | undefined;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - wanted.length) > limit) continue;
    const distance = editDistance(wanted, candidate.toLowerCase(), limit);
    if (distance > limit) continue;
    best = candidate;
    limit = distance - 1;
  }
  return best;
}

/**
 * Edits (insert, delete, replace, swap of neighbours) that turn one text into the other; any number above `limit` when it
 * takes more than those.
 */
export function editDistance(from: string, to: string, limit = Infinity): number {
  const width = to.length + 1;
  let [beforeLast, last, current] = [0, 1, 2].map(() => new Uint16Array(width)) as [Row, Row, Row];
  for (let column = 0; column < width; column++) last[column] = column;
  for (let row = 1; row <= from.length; row++) {
    fillRow(current, [last, beforeLast], { from, to, row });
    // No later row can be cheaper than the cheapest of two neighbours.
    if (lowest(current) > limit && lowest(last) > limit) return limit + 1;
    [beforeLast, last, current] = [last, current, beforeLast];
  }
  return last[to.length] ?? 0;
}

type Row = Uint16Array;

function fillRow(
  current: Row,
  [last, beforeLast]: readonly [Row, Row],
  { from, to, row }: { readonly from: string; readonly to: string; readonly row: number },
): void {
  current[0] = row;
  const letter = from.charCodeAt(row - 1);
  for (let column = 1; column <= to.length; column++) {
    const other = to.charCodeAt(column - 1);
    let cost = Math.min(last[column]! + 1, current[column - 1]! + 1, last[column - 1]! + (letter === other ? 0 : 1));
    const isSwap = row > 1 && column > 1 && letter === to.charCodeAt(column - 2) && from.charCodeAt(row - 2) === other;
    if (isSwap) cost = Math.min(cost, beforeLast[column - 2]! + 1);
    current[column] = cost;
  }
}

function lowest(row: Row): number {
  let least = row[0]!;
  for (let column = 1; column < row.length; column++) least = Math.min(least, row[column]!);
  return least;
}
