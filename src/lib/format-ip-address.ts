/**
 * Text of an IP address given as four or sixteen bytes from `at`: IPv6 as RFC 5952 wants it (lower case, the longest run of
 * zero groups, the first of equals, as `::`), IPv4-mapped IPv6 as the IPv4 address it stands for.
 */
export function formatIpAddress(bytes: ArrayLike<number>, at: number, length: 4 | 16): string {
  if (length === 4) return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`;
  const groups: number[] = [];
  for (let i = at; i < at + 16; i += 2) groups.push((bytes[i]! << 8) | bytes[i + 1]!);
  if (groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0)) {
    return formatIpAddress(bytes, at + 12, 4);
  }
  const { start, end } = longestZeroRun(groups);
  const hex = groups.map((group) => group.toString(16));
  return end - start < 2 ? hex.join(':') : `${hex.slice(0, start).join(':')}::${hex.slice(end).join(':')}`;
}

function longestZeroRun(groups: readonly number[]): { readonly start: number; readonly end: number } {
  let best = { start: 0, end: 0 };
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (groups[end] === 0) end += 1;
    if (end - start > best.end - best.start) best = { start, end };
    start = Math.max(start, end);
  }
  return best;
}
