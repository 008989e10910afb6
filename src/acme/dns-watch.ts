import type { AttemptRecord } from '../certs/store-records.ts';
import type { AddressAnswer, DnsLookup } from './dns-lookup.ts';

/** A change of DNS ends a wait at most this often for a name (acme.md 6). */
const RESET_MS = 600_000;
/** Names that are looked at in one round; the rest has its turn in the next. */
const MAX_NAMES = 100;
/** What is remembered beyond the names that wait: attempts that run may need it. */
const MAX_SPARE = 1000;

/** A set of names that waits for its next attempt. */
export interface WaitingNames {
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
  const lookAt = async (waiting: WaitingNames): Promise<void> => {
    const { names, attempt } = waiting;
    const key = names.join(',');
    let hasTurned = false;
    for (const name of names.filter((one) => !one.startsWith('*.'))) {
      const answer = await lookup.freshAddresses(name);
      const isKnown = seen.has(name);
      const isBetter = note(name, answer);
      // After a restart only the record says that there was no address.
      hasTurned ||= isBetter || (!isKnown && attempt.class === 'dns' && answer.kind === 'found');
    }
    if (!hasTurned || now() - (turnedAt.get(key) ?? -Infinity) < RESET_MS) return;
    turnedAt.set(key, now());
    turned(waiting);
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
        forget(turnedAt, new Set(waiting.map(({ names }) => names.join(','))));
        const due = waiting.filter(({ attempt }) => attempt.class === 'dns' || attempt.class === 'validation');
        const start = due.length > MAX_NAMES ? next % due.length : 0;
        next = start + MAX_NAMES;
        await Promise.all([...due.slice(start), ...due.slice(0, start)].slice(0, MAX_NAMES).map(lookAt));
      } finally {
        isLooking = false;
      }
    },
  };
}

function forget(map: Map<string, unknown>, needed: ReadonlySet<string>): void {
  if (map.size <= needed.size + MAX_SPARE) return;
  for (const key of map.keys()) if (!needed.has(key)) map.delete(key);
}
