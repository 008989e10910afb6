import type { RefusedMember } from '../certs/renewal-record.ts';
import type { Failure } from './failure.ts';

/** A name that was refused for so long is not about to be mended. */
const PATIENCE_MS = 86_400_000;

type Refused = Readonly<Record<string, RefusedMember>>;

/**
 * Which names of a group keep the others from their certificate, after one more failure. Those the CA rejects outright are
 * ordered apart at once; those it could not validate for a day (`unproved`, those of this attempt), or that have no address, are
 * from then on. A
 * group of which nothing would be left stays whole.
 */
export function noteRefused(
  before: Refused,
  names: readonly string[],
  failure: Failure,
  unproved: ReadonlySet<string>,
  now: number,
): Refused {
  if (names.length < 2) return before;
  if (failure.type === 'rejectedIdentifier') {
    const named = names.filter((name) => failure.names.includes(name));
    const rejected = named.map((name) => [name, { since: before[name]?.since ?? now, isApart: true }] as const);
    return unlessAll({ ...before, ...Object.fromEntries(rejected) }, names);
  }
  if (failure.class !== 'validation' && failure.class !== 'dns') return before;
  const failed = failure.class === 'dns' ? new Set(failure.names) : unproved;
  const failing = names
    .filter((name) => failed.has(name) || before[name]?.isApart === true)
    .map((name) => {
      const { since, isApart } = before[name] ?? { since: now, isApart: false };
      return [name, { since, isApart: isApart || now - since >= PATIENCE_MS }] as const;
    });
  return unlessAll(Object.fromEntries(failing), names);
}

function unlessAll(refused: Refused, names: readonly string[]): Refused {
  if (names.some((name) => refused[name]?.isApart !== true)) return refused;
  return Object.fromEntries(Object.entries(refused).map(([name, { since }]) => [name, { since, isApart: false }]));
}
