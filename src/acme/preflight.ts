import type { ChallengeType } from '../config/static-config.ts';
import { isIpAddress } from '../lib/hostname.ts';
import { withDeadline } from '../lib/with-deadline.ts';
import type { Logger } from '../observe/logger.ts';
import { OrderError } from './acme-error.ts';
import type { AddressAnswer, DnsLookup } from './dns-lookup.ts';

const DEADLINE_MS = 5000;

/** What an attempt is about to do, as far as it can be judged beforehand. */
export interface PreflightFacts {
  readonly names: readonly string[];
  readonly types: readonly ChallengeType[];
  /** There is no certificate for these names yet. */
  readonly isFirst: boolean;
}

/**
 * Judges an attempt before the CA hears of it (acme.md 13.1). Rejects with `OrderError`: `challenge_missing` when a name can be proved
 * in no way, `waiting_dns` when DNS has no address for one that is to be proved over the network. Only a clear answer holds back: DNS that
 * cannot be asked does not, nor at a CA of the user's own, nor for a renewal.
 */
export function createPreflight(options: {
  readonly lookup: DnsLookup;
  /** Names need not be public there: DNS is only a hint. */
  readonly customDirectory: boolean;
  readonly logger: Logger;
  /** Told what DNS said of each name. */
  readonly heard: (name: string, answer: AddressAnswer) => void;
}): (facts: PreflightFacts) => Promise<void> {
  const { lookup, customDirectory, logger, heard } = options;
  const findAbsent = async (name: string): Promise<string | undefined> => {
    // A name that was asked for too early stays absent in caches; the CA asks the name's own servers.
    const answer = await lookup.freshAddresses(name);
    heard(name, answer);
    if (answer.kind !== 'absent') return undefined;
    const second = await lookup.addresses(name);
    return second.kind === 'found' ? undefined : `${name}: ${answer.detail}`;
  };
  const tell = (absent: readonly (string | undefined)[]): void => {
    const reason = absent.filter((text) => text !== undefined).join('; ');
    if (reason !== '') logger.debug({ reason }, 'DNS has no address for a name that is ordered');
  };
  return async ({ names, types, isFirst }) => {
    for (const name of names) {
      const usable = usableTypes(name, types);
      if (usable.length === 0)
        throw new OrderError('challenge_missing', `no challenge that is enabled can prove ${name}`);
    }
    // DNS-01 among them: it will have its turn, and needs no address.
    const asked = names.filter((name) => !isIpAddress(name) && !usableTypes(name, types).includes('dns-01'));
    const looked = Promise.all(asked.map(findAbsent));
    if (!isFirst || customDirectory) {
      looked.then(tell, () => undefined);
      return;
    }
    const answers = (await withDeadline(looked, DEADLINE_MS)) ?? [];
    const absent = answers.filter((text) => text !== undefined);
    const without = asked.filter((_, index) => answers[index] !== undefined);
    if (absent.length > 0) throw new OrderError('waiting_dns', absent.join('; '), { names: without });
  };
}

/** A wildcard is proved by DNS alone, an address never by it. */
function usableTypes(name: string, types: readonly ChallengeType[]): readonly ChallengeType[] {
  if (name.startsWith('*.')) return types.filter((type) => type === 'dns-01');
  return isIpAddress(name) ? types.filter((type) => type !== 'dns-01') : types;
}
