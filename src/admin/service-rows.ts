import type { Problem } from '../config/problem.ts';
import { answeringNames, withMembers } from '../config/composed.ts';
import type { ComposedConfig, ServerConfig } from '../config/dynamic.ts';
import { printComposed } from '../routing/print-composed.ts';
import type { AdminFacts, LeavingServer } from './admin-facts.ts';
import { problemsByObject, problemsOf } from './router-rows.ts';

const COMPOSE_SERVICE = 'com.docker.compose.service';

/** A server as the API shows it. */
export interface ServerRow {
  readonly url: string;
  readonly container: string;
  readonly state: 'starting' | 'ready' | 'draining' | 'down' | 'unused';
  /** Why it is in that state. */
  readonly reason: string;
}

/** A service as `GET /api/services` shows it. */
export interface ServiceRow {
  readonly name: string;
  readonly provider: string;
  readonly containers: readonly string[];
  /** What compose files call it. */
  readonly composeServices: readonly string[];
  /** What it is made of, where that is other services; their servers are `servers`. */
  readonly madeOf?: string;
  readonly servers: readonly ServerRow[];
  /** Servers that get no new requests and still finish some. */
  readonly leaving: readonly Omit<LeavingServer, 'service'>[];
  /** Until then requests wait, whether or not servers are ready (ISO 8601). */
  readonly pausedUntil?: string;
  readonly usedBy: readonly string[];
  readonly status: 'enabled' | 'warning' | 'disabled';
  readonly problems: readonly Problem[];
}

/** Every configured service. `disabled`: no server of it takes requests. */
export async function serviceRows(facts: AdminFacts): Promise<readonly ServiceRow[]> {
  const leaving = Map.groupBy(await facts.leavingServers(), ({ service }) => service);
  const { config, snapshot, problems: all, workloads } = facts.view();
  const composeNames = new Map(workloads.map(({ name, labels }) => [name, labels[COMPOSE_SERVICE]]));
  const problems = problemsByObject(all);
  const users = Map.groupBy(snapshot.routers, ({ service }) => service);
  return config.services.map((service) => {
    const { name, provider, containers } = service;
    // Looking through all services is for the few that are made of others.
    const isMade = service.composed !== undefined;
    const members = isMade ? [...withMembers(config.services, [name])] : [name];
    const servers = isMade ? serversOf(name, config.services) : service.servers;
    const rows = servers.map((server) => serverRow(server, facts));
    const own = problemsOf(problems, [name]);
    const serves = isServing(service, servers, config.services, facts);
    return {
      name,
      provider,
      containers,
      composeServices: [...new Set(containers.map((one) => composeNames.get(one)).filter((one) => one !== undefined))],
      ...madeOf(service),
      servers: rows,
      leaving: members
        .flatMap((one) => leaving.get(one) ?? [])
        .map(({ url, container, state, requests }) => ({
          url,
          container,
          state,
          requests,
        })),
      ...pauseOf(name, facts),
      usedBy: users.get(name)?.map((router) => router.name) ?? [],
      status: !serves ? 'disabled' : own.length > 0 ? 'warning' : 'enabled',
      problems: own,
    };
  });
}

/** The servers of a service, or of those that it is made of. */
export function serversOf(
  name: string,
  services: readonly {
    readonly name: string;
    readonly servers: readonly ServerConfig[];
    readonly composed?: ComposedConfig;
  }[],
): readonly ServerConfig[] {
  return serversIn(withMembers(services, [name]), services);
}

function serversIn(names: ReadonlySet<string>, services: Parameters<typeof serversOf>[1]): readonly ServerConfig[] {
  const servers = services.filter((one) => names.has(one.name)).flatMap((one) => one.servers);
  return [...new Map(servers.map((server) => [server.id, server])).values()];
}

/** Some server of it may answer; one that gets copies only may not. `servers` are all of them. */
export function isServing(
  service: { readonly name: string; readonly composed?: ComposedConfig },
  servers: readonly ServerConfig[],
  services: Parameters<typeof serversOf>[1],
  facts: Pick<AdminFacts, 'serverJudgement'>,
): boolean {
  const isReady = ({ id }: ServerConfig): boolean => facts.serverJudgement(id)?.state === 'ready';
  if (service.composed === undefined) return servers.some(isReady);
  return serversIn(withMembers(services, [service.name], answeringNames), services).some(isReady);
}

/** What a service is made of, where that is other services. */
export function madeOf(service: { readonly composed?: ComposedConfig } | undefined): { readonly madeOf?: string } {
  return service?.composed === undefined ? {} : { madeOf: printComposed(service.composed) };
}

/** What is said of a service that an operator has paused. */
export function pauseOf(service: string, facts: Pick<AdminFacts, 'pausedUntil'>): { readonly pausedUntil?: string } {
  const until = facts.pausedUntil(service);
  return until === undefined ? {} : { pausedUntil: new Date(until).toISOString() };
}

/** One server with the judgement that the data plane has of it. */
export function serverRow(server: ServerConfig, facts: Pick<AdminFacts, 'serverJudgement'>): ServerRow {
  const { scheme, host, port, container } = server;
  const url = `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const judgement = facts.serverJudgement(server.id);
  if (judgement === undefined) return { url, container, state: 'unused', reason: 'no router sends to it' };
  return { url, container, ...judgement };
}
