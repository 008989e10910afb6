import { child, entriesOf, textOf, type ComposeNode, type Place } from './compose-node.ts';
import type { LoadedCompose } from './load-compose.ts';
import { portsOf } from './ports.ts';

/** How a service is in the network. */
export type ServiceNetwork =
  | { readonly kind: 'own'; readonly networks: readonly ServiceEndpoint[] }
  | { readonly kind: 'host' }
  | { readonly kind: 'none' }
  /** That of another service, or of a container that no file here describes. */
  | { readonly kind: 'service' | 'container'; readonly name: string };

/** A network a service is attached to. */
export interface ServiceEndpoint {
  /** As in the file. */
  readonly key: string;
  /** As Docker calls it: with the project before it, unless the file says otherwise. */
  readonly name: string;
  readonly address: string | undefined;
  /** Where the service names it; `isDefined` tells whether the file defines it. */
  readonly place: Place;
  readonly isDefined: boolean;
}

export interface ComposeService {
  readonly name: string;
  readonly place: Place;
  readonly node: ComposeNode;
  readonly containerName: string | undefined;
  readonly network: ServiceNetwork;
  readonly ports: readonly number[];
  /** Containers that `up` starts; 0: none. */
  readonly replicas: number;
}

export interface ComposeProject {
  readonly name: string;
  readonly services: readonly ComposeService[];
}

/** The services of loaded files as facts. Those with a profile are among them. */
export function readProject({ root, defaultName }: LoadedCompose): ComposeProject {
  const name = textOf(child(root, 'name')) || defaultName;
  const networks = child(root, 'networks');
  const services = entriesOf(child(root, 'services')).map(([service, { key, value }]) => ({
    name: service,
    place: key,
    node: value,
    containerName: textOf(child(value, 'container_name')) || undefined,
    network: networkOf(value, name, networks, key),
    ports: portsOf(value),
    replicas: replicasOf(value),
  }));
  return { name, services };
}

function networkOf(
  service: ComposeNode,
  project: string,
  defined: ComposeNode | undefined,
  place: Place,
): ServiceNetwork {
  const mode = textOf(child(service, 'network_mode')) ?? '';
  if (mode === 'host' || mode === 'none') return { kind: mode };
  const [, kind, name = ''] = /^(service|container):(.+)$/.exec(mode) ?? [];
  if (kind === 'service' || kind === 'container') return { kind, name };
  if (mode !== '') {
    return { kind: 'own', networks: [{ key: mode, name: mode, address: undefined, place, isDefined: true }] };
  }
  const written = entriesOf(child(service, 'networks'));
  const keys = written.length > 0 ? written : ([['default', undefined]] as const);
  return {
    kind: 'own',
    networks: keys.map(([key, entry]) => ({
      key,
      name: realName(key, project, child(defined, key)),
      address: textOf(child(entry?.value, 'ipv4_address')),
      place: entry?.key ?? place,
      isDefined: key === 'default' || (defined?.kind === 'map' && defined.entries.has(key)),
    })),
  };
}

/** `web` of the project `shop` is `shop_web` in Docker, unless it is external or has a name of its own. */
function realName(key: string, project: string, network: ComposeNode | undefined): string {
  const external = child(network, 'external');
  const own = textOf(child(network, 'name')) || textOf(child(external, 'name'));
  if (own) return own;
  return external?.kind === 'map' || textOf(external) === 'true' ? key : `${project}_${key}`;
}

function replicasOf(service: ComposeNode): number {
  const text = textOf(child(child(service, 'deploy'), 'replicas')) ?? textOf(child(service, 'scale')) ?? '1';
  return /^\d{1,4}$/.test(text) ? Number(text) : 1;
}
