import { compileRegexp } from '../lib/compile-regexp.ts';
import { estimateProgramSize } from './regexp-size.ts';

/**
 * RE2 takes linear time, but the factor is the size of its program, and each request would pay for it. A text of which the
 * estimate says that even compiling it is dear is not compiled.
 */
export const MAX_PROGRAM_SIZE = 2000;
const MAX_ESTIMATE = 5 * MAX_PROGRAM_SIZE;

/** Why a regular expression cannot be used, with a hint; undefined when it can. */
export function regexpFault(pattern: string): { readonly message: string; readonly hint: string } | undefined {
  const tooLarge = {
    message: 'the regular expression is too large to be run for every request',
    hint: 'shorten it, lower its {repeat} counts, or split it into several',
  };
  if (estimateProgramSize(pattern) > MAX_ESTIMATE) return tooLarge;
  try {
    return compileRegexp(pattern).programSize() > MAX_PROGRAM_SIZE ? tooLarge : undefined;
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { message: `the regular expression is wrong: ${detail}`, hint: regexpHint(pattern) };
  }
}

function regexpHint(pattern: string): string {
  if (/\(\?(<?[=!])/.test(pattern))
    return 'there is no look-around (RE2): write it without; a rule can join two matchers with && !';
  if (/\\[1-9]|\\k</.test(pattern)) return 'there are no back-references (RE2)';
  if (pattern.includes('\\u')) return 'write \\x{0041} instead of \\u0041 (RE2)';
  return 'regular expressions follow RE2: https://github.com/google/re2/wiki/Syntax';
}
