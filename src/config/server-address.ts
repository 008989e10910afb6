import { nearest } from '../lib/suggest.ts';
import type { Fault } from './label-group.ts';
import type { NetworkAddress, RouterPlace, Workload } from './workload.ts';

/** A network somebody named for a workload; `label` undefined: the static default. */
export interface NamedNetwork {
  readonly name: string;
  readonly label: string | undefined;
}

/** The address, or why there is none. A warning says that the named network was not used. */
export type AddressChoice =
  | { readonly address: string; readonly warning: Fault | undefined }
  | { readonly address: undefined; readonly fault: Fault };

/**
 * Chooses the address under which the router reaches a workload: the named network's, else that of a shared network, the
 * first by name (Docker's own `bridge` last). A named network that does not serve is replaced by a shared one, with a
 * warning, because any other choice is an outage.
 */
export function chooseAddress(workload: Workload, place: RouterPlace, named: NamedNetwork | undefined): AddressChoice {
  if (workload.hostNetwork) return hostAddress(place);
  const attached = workload.networks.filter(({ address }) => address !== '');
  if (attached.length === 0) {
    return {
      address: undefined,
      fault: {
        code: 'address_missing',
        message: 'the container has no network address',
        hint: 'attach it to a network that the router is in too',
      },
    };
  }
  const shared = attached.filter(({ network }) => isReachable(place, network)).sort(byPreference);
  if (named === undefined) return fromShared(shared, attached);
  const wanted = attached.find(({ network }) => network === named.name);
  if (wanted !== undefined && isReachable(place, named.name)) return { address: wanted.address, warning: undefined };
  const fault = wanted === undefined ? notAttached(named, attached) : notReachable(named, place);
  const [fallback] = shared;
  if (fallback === undefined) return { address: undefined, fault };
  const message = `${fault.message}; ${fallback.network} is used instead`;
  return { address: fallback.address, warning: { ...fault, message } };
}

function hostAddress(place: RouterPlace): AddressChoice {
  if (isOnHost(place)) return { address: '127.0.0.1', warning: undefined };
  return {
    address: undefined,
    fault: {
      code: 'network_unreachable',
      message: 'the container uses the network of the host, which the router cannot reach from its own network',
      hint: 'run the router with network_mode: host too, or put the container in a network of the router',
    },
  };
}

/** On the host itself, or in a container that uses the host's network. */
function isOnHost({ networks }: RouterPlace): boolean {
  return networks === undefined || networks.includes('host');
}

function isReachable(place: RouterPlace, network: string): boolean {
  return isOnHost(place) || place.networks?.includes(network) === true;
}

function byPreference(left: NetworkAddress, right: NetworkAddress): number {
  const rank = Number(left.network === 'bridge') - Number(right.network === 'bridge');
  if (rank !== 0) return rank;
  return left.network < right.network ? -1 : 1;
}

function fromShared(shared: readonly NetworkAddress[], attached: readonly NetworkAddress[]): AddressChoice {
  const [first] = shared;
  if (first !== undefined) return { address: first.address, warning: undefined };
  return {
    address: undefined,
    fault: {
      code: 'network_unreachable',
      message: `the router is in none of the container's networks (${names(attached)})`,
      hint: `attach the router to ${attached[0]?.network}, or the container to a network of the router`,
    },
  };
}

function notAttached(named: NamedNetwork, attached: readonly NetworkAddress[]): Fault {
  const candidates = attached.map(({ network }) => network);
  // Compose puts the project before a network's name: `web` in the file is `shop_web` in Docker.
  const guess = candidates.find((name) => name.endsWith(`_${named.name}`)) ?? nearest(named.name, candidates);
  return {
    code: 'network_missing',
    ...(named.label === undefined ? {} : { label: named.label }),
    message: `the container is not in the network ${named.name}, but in ${names(attached)}`,
    hint: guess === undefined ? `name one of ${names(attached)}` : `did you mean ${guess}?`,
  };
}

function notReachable(named: NamedNetwork, place: RouterPlace): Fault {
  return {
    code: 'network_unreachable',
    ...(named.label === undefined ? {} : { label: named.label }),
    message: `the router is not in the network ${named.name}, but in ${(place.networks ?? []).join(', ') || 'none'}`,
    hint: `attach the router to ${named.name}`,
  };
}

function names(networks: readonly NetworkAddress[]): string {
  return networks
    .map(({ network }) => network)
    .sort()
    .join(', ');
}
