import type { Problem } from '../config/problem.ts';
import { withMembers } from '../config/composed.ts';
import type { ComposedConfig, ServerConfig } from '../config/dynamic.ts';
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
    const serves = rows.some(({ state }) => state === 'ready');
    return {
      name,
      provider,
      containers,
      composeServices: [...new Set(containers.map((one) => composeNames.get(one)).filter((one) => one !== undefined))],
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
  const members = withMembers(services, [name]);
  const servers = services.filter((one) => members.has(one.name)).flatMap((one) => one.servers);
  return [...new Map(servers.map((server) => [server.id, server])).values()];
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
