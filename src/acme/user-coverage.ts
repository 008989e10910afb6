import type { Certificate } from '../certs/certificate.ts';
import { memo } from '../lib/memo.ts';
import { coverageOf, findUncovered } from './serving.ts';
import type { SortedWanted } from './sort-wanted.ts';

const DAY_MS = 86_400_000;

const byName = memo((certificates: readonly Certificate[]) => {
  const index = new Map<string, Certificate[]>();
  for (const one of certificates) for (const name of one.names) index.getOrInsertComputed(name, () => []).push(one);
  return index;
});

/** The certificate of the user's own that covers all of these names and is valid at `now`; of several the one that lives longest. */
export function userCertificateFor(
  names: readonly string[],
  certificates: readonly Certificate[],
  now: number,
): Certificate | undefined {
  const [first = ''] = names;
  const index = byName(certificates);
  const wildcard = first.startsWith('*.') ? undefined : `*${first.slice(first.indexOf('.'))}`;
  const candidates = [...(index.get(first) ?? []), ...(index.get(wildcard ?? '') ?? [])];
  return candidates
    .filter((one) => one.notBefore <= now && now < one.notAfter)
    .filter((one) => findUncovered(names, coverageOf([one])).length === 0)
    .sort((left, right) => right.notAfter - left.notAfter)[0];
}

/** No CA is asked for what a certificate of the user's own covers (acme.md 8). When that has expired, it is. */
export function withoutUserNames(
  sorted: readonly SortedWanted[],
  certificates: readonly Certificate[],
  now: number,
): readonly SortedWanted[] {
  if (certificates.length === 0) return sorted;
  return sorted.map((entry) => {
    const { names } = entry.wanted;
    const own = userCertificateFor(names, certificates, now);
    if (own === undefined) return entry;
    const left = Math.floor((own.notAfter - now) / DAY_MS);
    const detail = `a certificate of your own covers it; it is valid for ${left} more days`;
    const hint = 'replace its files before it expires';
    return {
      wanted: entry.wanted,
      kind: 'internal',
      note: left < 14 ? { type: 'user_expiring', detail, hint } : undefined,
    };
  });
}
