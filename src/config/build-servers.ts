import type { ServiceDraft } from './draft.ts';
import type { HealthCheckConfig, ServerConfig } from './dynamic.ts';
import type { Fault } from './label-group.ts';
import type { Problem } from './problem.ts';
import { quoteText } from './quote-value.ts';
import { chooseAddress, type NamedNetwork } from './server-address.ts';
import { checkedServerId } from './server-id.ts';
import { choosePort } from './server-port.ts';
import { isServerUrl, parseServerUrl } from './server-url.ts';
import type { StaticConfig } from './static-config.ts';
import type { FileService, RouterPlace, Workload } from './workload.ts';

/** What decides a workload's servers beside its labels. */
export interface ServerPlace {
  readonly place: RouterPlace;
  readonly staticConfig: StaticConfig;
  /** Network named for the whole container by a label. */
  readonly network: NamedNetwork | undefined;
}

export interface BuiltServers {
  readonly servers: readonly ServerConfig[];
  /** Why the workload adds no server to the service. */
  readonly fault: Fault | undefined;
  readonly warnings: readonly Fault[];
}

const NO_SERVERS: BuiltServers = { servers: [], fault: undefined, warnings: [] };

/** The servers that one workload adds to one of its services. One that does not run adds none and has no fault. */
export function buildServers(workload: Workload, draft: ServiceDraft, where: ServerPlace): BuiltServers {
  if (!workload.running) return NO_SERVERS;
  return checked(weighed(findServers(workload, draft, where), draft.weight), draft.check);
}

/** What a label says of all servers that say nothing themselves. As in Traefik, one without weight is not there. */
function weighed(built: BuiltServers, usual: number): BuiltServers {
  if (usual === 1 && built.servers.every(({ weight }) => weight === undefined)) return built;
  const servers = built.servers.flatMap(({ weight = usual, ...server }) => {
    if (weight <= 0) return [];
    // One way to say the usual weight, so that equal configurations are equal texts.
    return [weight === 1 ? server : { ...server, weight }];
  });
  return { ...built, servers };
}

/** Servers with a check are others than the same addresses without it, or with another one. */
function checked(built: BuiltServers, check: HealthCheckConfig | undefined): BuiltServers {
  if (check === undefined) return built;
  return { ...built, servers: built.servers.map((one) => ({ ...one, id: checkedServerId(one.id, check), check })) };
}

function findServers(workload: Workload, draft: ServiceDraft, where: ServerPlace): BuiltServers {
  if (workload.services !== undefined) return serversOfFile(workload, workload.services[draft.name]);
  if (draft.url !== undefined) return serverOfUrlLabel(workload, draft.url, draft, where);
  if (workload.urls !== undefined) return serversOfUrls(workload, workload.urls, workload.weights);
  const found =
    draft.port === undefined
      ? choosePort(workload.ports, draft.scheme, where.staticConfig.mode, portLabel(draft, workload))
      : { port: draft.port, warning: undefined };
  const bound = boundServer(workload, draft, found.port, where);
  if (bound !== undefined) return bound;
  const address = chooseAddress(workload, where.place, networkOf(draft, where));
  if (address.address === undefined) return failed(address.fault);
  const warnings = address.warning === undefined ? [] : [address.warning];
  if (found.port === undefined) return failed(found.fault);
  if (found.warning !== undefined) warnings.push(found.warning);
  const server = { scheme: draft.scheme, host: address.address, port: found.port };
  return { servers: [serverOf(workload, server)], fault: undefined, warnings };
}

/** With Traefik's `useBindPortIP`, a port that is bound to one address of the host is reached there (traefik-labels.md section 5). */
function boundServer(
  workload: Workload,
  { scheme }: ServiceDraft,
  port: number | undefined,
  { staticConfig }: ServerPlace,
): BuiltServers | undefined {
  if (staticConfig.docker?.useBindPortIp !== true) return undefined;
  const binding = workload.bindings?.find((one) => one.port === port);
  if (binding === undefined) return undefined;
  const server = serverOf(workload, { scheme, host: binding.address, port: binding.hostPort });
  return { servers: [server], fault: undefined, warnings: [] };
}

function networkOf(draft: ServiceDraft, { network, staticConfig }: ServerPlace): NamedNetwork | undefined {
  if (draft.network !== undefined && draft.network !== '') return { name: draft.network, label: draft.labels.network };
  if (network !== undefined) return network;
  const name = staticConfig.docker?.network;
  return name === undefined ? undefined : { name, label: undefined };
}

/** The label a person would add in order to name the port. */
function portLabel({ name }: ServiceDraft, { baseName, labels }: Workload): string {
  if (name !== baseName) {
    const isSite =
      name.startsWith(`${baseName}-`) && Object.hasOwn(labels, `sluice.${name.slice(baseName.length + 1)}.host`);
    if (isSite) return `sluice.${name.slice(baseName.length + 1)}.port`;
    return `traefik.http.services.${name}.loadbalancer.server.port`;
  }
  return 'sluice.port';
}

function serverOfUrlLabel(workload: Workload, text: string, draft: ServiceDraft, where: ServerPlace): BuiltServers {
  const label = draft.labels.url === undefined ? {} : { label: draft.labels.url };
  const url = parseServerUrl(text);
  if (!isServerUrl(url)) {
    return failed({ code: 'label_value', ...label, message: `${quoteText(text)} ${url.message}`, hint: url.hint });
  }
  const isOwn = workload.networks.some(({ address }) => address.toLowerCase() === url.host);
  if (!isOwn && workload.provider !== 'file' && !where.staticConfig.allowForeignServers) {
    return failed({
      code: 'server_foreign',
      ...label,
      message: `${url.host} is not an address of this container`,
      hint: 'name a port instead, or start the router with --allow-foreign-servers',
    });
  }
  return { servers: [serverOf(workload, url)], fault: undefined, warnings: [] };
}

function serversOfFile(workload: Workload, service: FileService | undefined): BuiltServers {
  if (service?.fault !== undefined) return failed({ code: 'not_acted_on', ...service.fault });
  return serversOfUrls(workload, service?.urls ?? [], service?.weights);
}

function serversOfUrls(workload: Workload, urls: readonly string[], weights: Workload['weights']): BuiltServers {
  const servers: ServerConfig[] = [];
  const faults: Fault[] = [];
  for (const [index, text] of urls.entries()) {
    const url = parseServerUrl(text);
    const weight = weights?.[index];
    const said = weight === undefined ? {} : { weight };
    if (isServerUrl(url)) servers.push({ ...serverOf(workload, url), id: text, ...said });
    else faults.push({ code: 'label_value', message: `${quoteText(text)} ${url.message}`, hint: url.hint });
  }
  if (servers.length > 0) return { servers, fault: undefined, warnings: faults };
  const [first] = faults;
  if (first !== undefined) return failed(first);
  const hint = 'add servers: [http://host:port]';
  return failed({ code: 'address_missing', message: 'the entry names no server', hint });
}

function serverOf(
  workload: Workload,
  { scheme, host, port }: Pick<ServerConfig, 'scheme' | 'host' | 'port'>,
): ServerConfig {
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return { id: `${workload.id}/${authority}`, scheme, host, port, container: workload.name, health: workload.health };
}

function failed(fault: Fault): BuiltServers {
  return { servers: [], fault, warnings: [] };
}

/** A fault of a workload's service as a problem. */
export function serverProblem(
  workload: Workload,
  service: string,
  fault: Fault,
  severity: Problem['severity'],
): Problem {
  return { severity, provider: workload.provider, container: workload.name, object: service, ...fault };
}
