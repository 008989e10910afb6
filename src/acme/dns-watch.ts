import { createLimiter } from '../lib/limiter.ts';
import type { AttemptRecord } from '../certs/store-records.ts';
import type { AddressAnswer, DnsLookup } from './dns-lookup.ts';

/** A change of DNS ends a wait at most this often for a name (acme.md 6). */
const RESET_MS = 600_000;
/** So many at once: each takes up to twenty questions, and DNS-01 needs its own answered meanwhile. */
const AT_ONCE = 4;
/** Names that are looked at in one round, so that there are twenty questions a second at most; the rest has its turn in the next. */
const MAX_NAMES = 30;
/** What is remembered beyond the names that wait: attempts that run may need it. */
const MAX_SPARE = 1000;

/** A set of names that waits for its next attempt. */
export interface WaitingNames {
  /** The same names may wait at several CAs. */
  readonly directory: string;
  readonly names: readonly string[];
  readonly attempt: AttemptRecord;
}

/** Looks at the DNS of names that wait because of it, so that they need not wait for longer than it is wrong. */
export interface DnsWatch {
  /** What DNS said when an attempt was made. */
  heard(name: string, answer: AddressAnswer): void;
  /** Looks at names that wait for DNS or after a refusal, and tells of those that may go on now. Calls while one runs do nothing. */
  look(waiting: readonly WaitingNames[]): Promise<void>;
}

interface Seen {
  readonly isAbsent: boolean;
  readonly addresses: ReadonlySet<string>;
  readonly hasV6: boolean;
}

/** `turned` is called for a set of names whose DNS has changed for the better, at most once in ten minutes. */
export function createDnsWatch(options: {
  readonly lookup: Pick<DnsLookup, 'freshAddresses'>;
  readonly now: () => number;
  readonly turned: (waiting: WaitingNames) => void;
}): DnsWatch {
  const { lookup, now, turned } = options;
  const seen = new Map<string, Seen>();
  const turnedAt = new Map<string, number>();
  const limit = createLimiter(AT_ONCE);
  let isLooking = false;
  let next = 0;

  /** Addresses that turn up in rotation are known after a while and are no change any more. */
  const note = (name: string, answer: AddressAnswer): boolean => {
    if (answer.kind === 'unknown' || (answer.kind === 'found' && answer.isPartial)) return false;
    const before = seen.get(name);
    const found = answer.kind === 'found' ? [...answer.v4, ...answer.v6] : [];
    const hasV6 = answer.kind === 'found' && answer.v6.length > 0;
    seen.set(name, {
      isAbsent: answer.kind === 'absent',
      addresses: new Set([...(before?.addresses ?? []), ...found]),
      hasV6,
    });
    if (before === undefined || answer.kind === 'absent') return false;
    return before.isAbsent || found.every((address) => !before.addresses.has(address)) || (before.hasV6 && !hasV6);
  };
  /** The same names, at one CA or at several. */
  const lookAt = async (group: readonly WaitingNames[]): Promise<void> => {
    const { names } = group[0]!;
    const isWithoutAddress = group.some(({ attempt }) => attempt.class === 'dns');
    let hasTurned = false;
    for (const name of names.filter((one) => !one.startsWith('*.'))) {
      const answer = await lookup.freshAddresses(name);
      const isKnown = seen.has(name);
      const isBetter = note(name, answer);
      // After a restart only the record says that there was no address.
      hasTurned ||= isBetter || (!isKnown && isWithoutAddress && answer.kind === 'found');
    }
    for (const waiting of hasTurned ? group : []) {
      const key = keyOf(waiting);
      if (now() - (turnedAt.get(key) ?? -Infinity) < RESET_MS) continue;
      turnedAt.set(key, now());
      turned(waiting);
    }
  };
  return {
    // What DNS says at an attempt is what the next answers are compared with.
    heard: (name, answer) => {
      seen.delete(name);
      note(name, answer);
    },
    look: async (waiting) => {
      if (isLooking) return;
      isLooking = true;
      try {
        forget(seen, new Set(waiting.flatMap(({ names }) => names)));
        forget(turnedAt, new Set(waiting.map(keyOf)));
        const due = [
          ...Map.groupBy(
            waiting.filter(({ attempt }) => attempt.class === 'dns' || attempt.class === 'validation'),
            ({ names }) => names.join(','),
          ).values(),
        ];
        const start = due.length > MAX_NAMES ? next % due.length : 0;
        next = start + MAX_NAMES;
        await Promise.all(
          [...due.slice(start), ...due.slice(0, start)].slice(0, MAX_NAMES).map((one) => limit(() => lookAt(one))),
        );
      } finally {
        isLooking = false;
      }
    },
  };
}

function keyOf({ directory, names }: WaitingNames): string {
  return `${directory} ${names.join(',')}`;
}

function forget(map: Map<string, unknown>, needed: ReadonlySet<string>): void {
  if (map.size <= needed.size + MAX_SPARE) return;
  for (const key of map.keys()) if (!needed.has(key)) map.delete(key);
}
