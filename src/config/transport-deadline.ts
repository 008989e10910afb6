import { parseDuration } from '../lib/duration.ts';
import { durationFault, type TextFault } from './value-hints.ts';

/** The longest deadline. Traefik's 0 means none, which we do not have: no state of a connection is without one (rules T). */
export const LONGEST_MS = 86_400_000;

/** Milliseconds of a time-out as labels and flags write it; or what is wrong with it. `0` is the longest there is. */
export function deadlineMs(text: string): number | TextFault {
  const ms = parseDuration(text);
  if (ms === undefined) return durationFault(text);
  if (ms > LONGEST_MS) return { message: 'is longer than a day', hint: 'write 24h or less' };
  return ms === 0 ? LONGEST_MS : ms;
}
