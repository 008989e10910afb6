import type { NetworkAddress, RouterPlace, Workload } from '../../config/workload.ts';
import { normaliseName } from '../../lib/normalise-name.ts';
import type { ComposeProject, ComposeService } from './compose-project.ts';
import type { ServiceLabels } from './service-labels.ts';

/** More containers of one service show nothing new. */
const MAX_REPLICAS = 3;

/** Port of an app whose image alone tells which it is. */
export const ASSUMED_PORT = 80;

export interface ComposeWorkloads {
  readonly workloads: readonly Workload[];
  readonly place: RouterPlace;
  /** Services of which no port is known without Docker. */
  readonly withoutPort: ReadonlySet<string>;
}

/**
 * What Docker would list if the project ran: each service as running containers with addresses that are made up. The name of a
 * workload is the service's, by which messages call it. `router`: name of the service that is the router; undefined: it is elsewhere
 * and reaches every network.
 */
export function buildComposeWorkloads(
  project: ComposeProject,
  labels: ReadonlyMap<string, ServiceLabels>,
  router: string | undefined,
): ComposeWorkloads {
  const networks = new NetworkPlan(project);
  const withoutPort = new Set<string>();
  const workloads = project.services.flatMap((service, index) => {
    if (service.ports.length === 0) withoutPort.add(service.name);
    const count = Math.min(Math.max(service.replicas, 1), MAX_REPLICAS);
    return Array.from({ length: count }, (_, replica): Workload => {
      return {
        provider: 'docker',
        id: replica === 0 ? service.name : `${service.name}-${replica + 1}`,
        name: service.name,
        baseName: normaliseName(`${service.name}_${project.name}`),
        // Compose starts them together; the order of the file settles what age settles in Docker.
        createdAt: (index + 1) * 1000 + replica,
        labels: { ...composeLabels(project, service), ...written(labels.get(service.name)) },
        running: service.replicas > 0,
        health: 'none',
        networks: networks.addressesOf(service, replica),
        ports: service.ports.length === 0 ? [ASSUMED_PORT] : service.ports,
        hostNetwork: networks.isOnHost(service),
      };
    });
  });
  const own = project.services.find(({ name }) => name === router);
  const isAnywhere = own === undefined || networks.isOnHost(own);
  const place = { networks: isAnywhere ? undefined : networks.addressesOf(own, 0).map(({ network }) => network) };
  return { workloads, place, withoutPort };
}

function composeLabels(project: ComposeProject, { name }: ComposeService): Readonly<Record<string, string>> {
  return { 'com.docker.compose.service': name, 'com.docker.compose.project': project.name };
}

function written(labels: ServiceLabels | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries([...(labels?.labels ?? [])].map(([name, { value }]) => [name, value]));
}

/** Addresses of services in networks, the same for the same files. */
class NetworkPlan {
  readonly #services: readonly ComposeService[];
  readonly #networks = new Map<string, number>();

  constructor({ services }: ComposeProject) {
    this.#services = services;
    for (const { network } of services) {
      for (const { name } of network.kind === 'own' ? network.networks : []) {
        this.#networks.getOrInsert(name, this.#networks.size);
      }
    }
  }

  isOnHost(service: ComposeService): boolean {
    return this.#owner(service)?.network.kind === 'host';
  }

  addressesOf(service: ComposeService, replica: number): readonly NetworkAddress[] {
    const owner = this.#owner(service);
    // The network of a container that no file describes: as good as any that the router reaches.
    if (owner === undefined) return [...this.#networks.keys()].map((network) => this.#at(network, service, replica));
    if (owner.network.kind !== 'own') return [];
    return owner.network.networks
      .map(({ name, address }) => (address ? { network: name, address } : this.#at(name, owner, replica)))
      .sort((left, right) => (left.network < right.network ? -1 : 1));
  }

  #at(network: string, service: ComposeService, replica: number): NetworkAddress {
    const host = this.#services.indexOf(service) * MAX_REPLICAS + replica + 2;
    return { network, address: `10.${(this.#networks.get(network) ?? 0) & 255}.${host >> 8}.${host & 255}` };
  }

  /** The service whose network stack it uses: itself, but for `network_mode: service:…`. */
  #owner(service: ComposeService): ComposeService | undefined {
    let owner: ComposeService | undefined = service;
    for (let hops = 0; hops <= this.#services.length; hops++) {
      const network: ComposeService['network'] | undefined = owner?.network;
      if (network?.kind !== 'service' && network?.kind !== 'container') return owner;
      const isMeant = ({ name, containerName }: ComposeService): boolean =>
        network.kind === 'service' ? name === network.name : containerName === network.name;
      owner = this.#services.find(isMeant);
    }
    return undefined;
  }
}
