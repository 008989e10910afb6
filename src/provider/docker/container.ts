import type { NetworkAddress, PortBinding, Workload } from '../../config/workload.ts';
import { normaliseName } from '../../lib/normalise-name.ts';

/** What is read of one entry of the engine's container list. Engines differ, so every field may be absent. */
export interface ContainerRow {
  readonly Id?: string;
  readonly Names?: readonly string[] | null;
  /** Unix seconds. */
  readonly Created?: number;
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly State?: string;
  /** Text for people; the only place of the list that tells the health. */
  readonly Status?: string;
  readonly Ports?: readonly PortRow[] | null;
  readonly HostConfig?: { readonly NetworkMode?: string } | null;
  readonly NetworkSettings?: {
    readonly Networks?: Readonly<Record<string, EndpointRow | null>> | null;
  } | null;
}

interface PortRow {
  readonly PrivatePort?: number;
  readonly Type?: string;
  readonly IP?: string;
  readonly PublicPort?: number;
}

interface EndpointRow {
  readonly IPAddress?: string;
  readonly GlobalIPv6Address?: string;
}

const SERVICE_LABEL = 'com.docker.compose.service';
const PROJECT_LABEL = 'com.docker.compose.project';
const SHARED_MODE = 'container:';

/** Turns the engine's container list into workloads, ordered by id. Entries without an id are left out. */
export function buildWorkloads(rows: readonly ContainerRow[]): readonly Workload[] {
  return rows
    .filter((row) => typeof row?.Id === 'string' && row.Id !== '')
    .map((row) => buildWorkload(row, networkOwner(row, rows)))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Reads the health from a status such as `Up 2 minutes (unhealthy)`. */
export function parseHealth(status: string): Workload['health'] {
  if (status.includes('(healthy)')) return 'healthy';
  if (status.includes('(unhealthy)')) return 'unhealthy';
  return status.includes('(health: starting)') ? 'starting' : 'none';
}

/** `owner` is the container whose network stack it uses: itself, but for `network_mode: container:…`. */
function buildWorkload(row: ContainerRow, owner: ContainerRow): Workload {
  const labels = row.Labels ?? {};
  const name = containerName(row);
  const service = labels[SERVICE_LABEL];
  const project = labels[PROJECT_LABEL];
  const isComposed = service !== undefined && project !== undefined;
  const bindings = portBindings(row);
  return {
    provider: 'docker',
    id: row.Id ?? '',
    name,
    baseName: normaliseName(isComposed ? `${service}_${project}` : name),
    createdAt: (row.Created ?? 0) * 1000,
    labels,
    running: row.State === 'running',
    health: parseHealth(row.Status ?? ''),
    networks: networkAddresses(owner),
    ports: tcpPorts(row),
    ...(bindings.length === 0 ? {} : { bindings }),
    hostNetwork: owner.HostConfig?.NetworkMode === 'host',
  };
}

/** The name given to it: `Names` also holds `/other/alias` for each legacy link. */
function containerName(row: ContainerRow): string {
  const names = (row.Names ?? []).map((name) => name.replace(/^\//, ''));
  return names.find((name) => !name.includes('/')) ?? (row.Id ?? '').slice(0, 12);
}

function networkOwner(row: ContainerRow, rows: readonly ContainerRow[]): ContainerRow {
  const mode = row.HostConfig?.NetworkMode ?? '';
  if (!mode.startsWith(SHARED_MODE)) return row;
  const target = mode.slice(SHARED_MODE.length);
  return rows.find((other) => other.Id === target || containerName(other) === target) ?? row;
}

/** IPv4 where a network has it, else the global IPv6 address; networks without an address yet are left out. */
function networkAddresses(row: ContainerRow): readonly NetworkAddress[] {
  const found: NetworkAddress[] = [];
  for (const [network, endpoint] of Object.entries(row.NetworkSettings?.Networks ?? {})) {
    const address = endpoint?.IPAddress || endpoint?.GlobalIPv6Address;
    if (address) found.push({ network, address });
  }
  return found.sort((a, b) => (a.network < b.network ? -1 : 1));
}

/** A port published on two addresses is listed twice. */
function tcpPorts(row: ContainerRow): readonly number[] {
  const ports = new Set<number>();
  for (const { PrivatePort, Type } of row.Ports ?? []) {
    if (PrivatePort !== undefined && PrivatePort > 0 && (Type ?? 'tcp') === 'tcp') ports.add(PrivatePort);
  }
  return [...ports].sort((a, b) => a - b);
}

/** Ports bound to one address; those of every address say nothing about how to reach them. IPv4 first. */
function portBindings(row: ContainerRow): readonly PortBinding[] {
  const found: PortBinding[] = [];
  for (const { PrivatePort, Type, IP, PublicPort } of row.Ports ?? []) {
    const isOne = IP !== undefined && !['', '0.0.0.0', '::'].includes(IP);
    if (!isOne || !PrivatePort || !PublicPort || (Type ?? 'tcp') !== 'tcp') continue;
    found.push({ port: PrivatePort, address: IP, hostPort: PublicPort });
  }
  const key = ({ port, address, hostPort }: PortBinding): string =>
    `${address.includes(':') ? 1 : 0} ${address} ${port} ${hostPort}`;
  return found.sort((left, right) => (key(left) < key(right) ? -1 : 1));
}
