import { isPublicName } from '../lib/hostname.ts';
import type { AddressAnswer } from './dns-lookup.ts';
import type { SelfAnswer } from './self-request.ts';

/** Everything that was found out about a name that could not be proved. */
export interface NameFacts {
  readonly name: string;
  /** Of the failure: the CA's type. */
  readonly type: string;
  readonly addresses: AddressAnswer;
  /** Whether an address can be reached by the CA, as far as that is known. */
  readonly isReachable: (address: string) => boolean;
  /** Public addresses that are known to be ours; empty when none is known (NAT, containers). */
  readonly ownAddresses: readonly string[];
  /** Who answered when the name's addresses were asked for a random challenge on port 80. */
  readonly probes: readonly { readonly address: string; readonly answer: SelfAnswer }[];
  /** Why CAA records forbid the CA. */
  readonly caaFault: string | undefined;
  readonly caIdentities: readonly string[];
}

export type FindingKind =
  | 'ca-limit'
  | 'no-address'
  | 'private-address'
  | 'caa'
  | 'aaaa-wrong'
  | 'elsewhere'
  | 'port-not-ours'
  | 'firewall'
  | 'port-closed';

/** What is wrong with a name, in words that say what to do. */
export interface Finding {
  readonly kind: FindingKind;
  readonly text: string;
}

/** A limit of the CA says nothing of the name. `until`: Unix milliseconds. */
export function describeLimit(until: number): Finding {
  const time = new Date(until).toISOString().replace(/\.\d+Z$/, 'Z');
  return { kind: 'ca-limit', text: `the CA's limit is reached: nothing can be ordered before ${time}` };
}

/** The most telling finding, or none: then what the CA said has to do. Pure. */
export function diagnose(facts: NameFacts): Finding | undefined {
  const { name, addresses } = facts;
  if (addresses.kind === 'absent') {
    const text = `${name} does not resolve (${addresses.detail}): create an A or AAAA record that points to this server`;
    return { kind: 'no-address', text };
  }
  if (facts.caaFault !== undefined) {
    const text = `the CAA record of ${name} forbids this CA: ${facts.caaFault}; add "issue ${facts.caIdentities[0]}"`;
    return { kind: 'caa', text };
  }
  if (addresses.kind !== 'found') return undefined;
  const resolved = [...addresses.v4, ...addresses.v6];
  if (resolved.some((address) => facts.isReachable(address))) return judgeProbes(facts, resolved);
  const text = `${name} points to ${resolved.join(', ')}: addresses of private networks, where no public CA gets; give it a public one, or prove it by DNS (--acme-dns)`;
  return { kind: 'private-address', text };
}

function judgeProbes(facts: NameFacts, resolved: readonly string[]): Finding | undefined {
  const { name, probes, ownAddresses, type } = facts;
  const isWell = (family: 4 | 6): boolean =>
    probes.some(({ address, answer }) => familyOf(address) === family && answer.kind === 'ours');
  const bad = probes.filter(({ answer }) => answer.kind !== 'ours');
  const badV6 = bad.find(({ address }) => familyOf(address) === 6);
  if (badV6 !== undefined && isWell(4)) {
    const text = `the AAAA record of ${name} (${badV6.address}) does not lead here (${badV6.answer.detail}), the A record does: correct or remove it, CAs prefer it`;
    return { kind: 'aaaa-wrong', text };
  }
  if (bad.length === 0 && probes.length > 0) {
    if (type !== 'connection') return undefined;
    const text = `${name} leads here, but only from inside: a firewall keeps the CA out, open ports 80 and 443 to the internet`;
    return { kind: 'firewall', text };
  }
  const known = ownAddresses.filter((address) => isPublicName(address));
  const foreign = resolved.filter((address) => !known.includes(address));
  if (known.length > 0 && foreign.length === resolved.length) {
    const text = `${name} points to ${resolved.join(', ')}, this server is ${known.join(', ')}: correct its A and AAAA records`;
    return { kind: 'elsewhere', text };
  }
  return judgePort(name, bad);
}

function judgePort(name: string, bad: NameFacts['probes']): Finding | undefined {
  const other = bad.find(({ answer }) => answer.kind === 'other');
  if (other !== undefined) {
    const text = `port 80 of ${name} (${other.address}) is answered by somebody else (${other.answer.detail}): point the name to this server, or free the port`;
    return { kind: 'port-not-ours', text };
  }
  const silent = bad.find(({ answer }) => answer.kind === 'timeout');
  if (silent !== undefined) {
    const text = `port 80 of ${name} (${silent.address}) does not answer: a firewall drops it, or the address is not this server's`;
    return { kind: 'firewall', text };
  }
  const closed = bad.find(({ answer }) => answer.kind === 'refused');
  if (closed === undefined) return undefined;
  const text = `nobody listens on port 80 of ${name} (${closed.address}): publish port 80 of this server, or correct the record`;
  return { kind: 'port-closed', text };
}

function familyOf(address: string): 4 | 6 {
  return address.includes(':') ? 6 : 4;
}
