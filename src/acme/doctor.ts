import { randomBytes } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import type { AttemptRecord } from '../certs/store-records.ts';
import { isIpAddress, isPublicName } from '../lib/hostname.ts';
import { withDeadline } from '../lib/with-deadline.ts';
import { caaForbids } from './caa.ts';
import type { ChallengePublisher } from './challenge.ts';
import { describeLimit, diagnose, type Finding, type NameFacts } from './diagnose.ts';
import type { AddressAnswer, DnsLookup } from './dns-lookup.ts';
import { requestChallenge } from './self-request.ts';

const PROBE_MS = 3000;
const TOTAL_MS = 5000;
const MAX_PROBES = 4;
const HTTP_PORT = 80;

/** Whom the name was to be proved to, and how. */
export interface CaFacts {
  readonly identities: readonly string[];
  readonly accountUrl: string | undefined;
}

/** Finds out why a name could not be proved. Never rejects, and is done within five seconds. */
export type Doctor = (name: string, attempt: AttemptRecord, ca: CaFacts) => Promise<Finding | undefined>;

/** `probePort` differs from 80 in tests only. `publicAddresses`: those the user says are ours, beside the interfaces'. */
export function createDoctor(options: {
  readonly lookup: DnsLookup;
  readonly challenges: ChallengePublisher;
  /** Enabled ones: without HTTP-01 nobody asks on port 80. */
  readonly methods: readonly string[];
  readonly publicAddresses: readonly string[];
  /** It cannot reach private networks, so there is nothing to find there: whoever makes up a name must not send us around in ours. */
  readonly isPublicCa: boolean;
  readonly probePort?: number;
}): Doctor {
  const { lookup, challenges, methods } = options;
  const running = new Map<string, Promise<Finding | undefined>>();

  const mayAsk = (address: string): boolean =>
    !options.isPublicCa || isPublicName(address) || interfaceAddresses().includes(address);
  const probe = async (host: string, addresses: AddressAnswer): Promise<NameFacts['probes']> => {
    if (addresses.kind !== 'found' || !methods.includes('http-01')) return [];
    const [v4, v6] = [addresses.v4.filter(mayAsk), addresses.v6.filter(mayAsk)];
    const asked = [...v4.slice(0, MAX_PROBES / 2), ...v6.slice(0, MAX_PROBES / 2)];
    if (asked.length === 0) return [];
    const token = randomBytes(24).toString('base64url');
    const challenge = { token, host, keyAuthorization: `${token}.${randomBytes(16).toString('base64url')}` };
    await challenges.publish(challenge);
    try {
      const port = options.probePort ?? HTTP_PORT;
      const answers = asked.map((address) => requestChallenge(challenge, { host: address, port }, PROBE_MS));
      return (await Promise.all(answers)).map((answer, index) => ({ address: asked[index]!, answer }));
    } finally {
      challenges.withdraw(token);
    }
  };
  const examine: Doctor = async (name, attempt, ca) => {
    if (attempt.class === 'rate-limited') return describeLimit(attempt.nextAt);
    const host = name.replace(/^\*\./, '');
    const isWildcard = host !== name;
    const [addresses, caa] = await Promise.all([
      addressesOf(host, isWildcard, lookup),
      isIpAddress(host) ? [] : lookup.caa(host),
    ]);
    const question = { identities: ca.identities, isWildcard, methods, accountUrl: ca.accountUrl };
    return diagnose({
      name,
      type: attempt.error.type,
      addresses,
      // DNS-01 has its turn too, and needs no address.
      isReachable: (address) => methods.includes('dns-01') || mayAsk(address),
      ownAddresses: [...options.publicAddresses, ...interfaceAddresses().filter((address) => isPublicName(address))],
      probes: await probe(host, addresses),
      caaFault: caa === undefined ? undefined : caaForbids(caa, question),
      caIdentities: ca.identities,
    });
  };
  return (name, attempt, ca) =>
    running.getOrInsertComputed(name, async () => {
      try {
        return await withDeadline(examine(name, attempt, ca), TOTAL_MS);
      } catch {
        return undefined;
      } finally {
        running.delete(name);
      }
    });
}

/** A wildcard has no address, and what its parent has proves nothing. */
async function addressesOf(host: string, isWildcard: boolean, lookup: DnsLookup): Promise<AddressAnswer> {
  if (isWildcard) return { kind: 'unknown', detail: 'a wildcard' };
  if (!isIpAddress(host)) return lookup.freshAddresses(host);
  const isV6 = host.includes(':');
  return { kind: 'found', v4: isV6 ? [] : [host], v6: isV6 ? [host] : [], isPartial: false };
}

function interfaceAddresses(): readonly string[] {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return all.map(({ address }) => address);
}
