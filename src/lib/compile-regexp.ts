import { RE2JS } from 're2js';

/** Instructions of all programs that are kept; each has about 150 bytes. */
const MAX_KEPT_SIZE = 20_000;

const kept = new Map<string, RE2JS>();
let keptSize = 0;

/**
 * A compiled regular expression (RE2). Routers of one container often say the same: each text is compiled once in a thread, as long
 * as it is among the newest. Throws on a wrong one.
 */
export function compileRegexp(pattern: string): RE2JS {
  const known = kept.get(pattern);
  if (known !== undefined) return known;
  const compiled = RE2JS.compile(pattern);
  kept.set(pattern, compiled);
  keptSize += compiled.programSize();
  for (const [oldest, program] of kept) {
    if (keptSize <= MAX_KEPT_SIZE) break;
    kept.delete(oldest);
    keptSize -= program.programSize();
  }
  return compiled;
}
