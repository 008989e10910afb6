import { DEFAULT_CLIENT_LIMITS } from '../../src/config/client-limits.ts';
import { buildConfig } from '../../src/config/build-config.ts';
import { DEFAULT_CONNECTION_LIMITS } from '../../src/config/connection-limits.ts';
import type { ReadUsersFile } from '../../src/config/htpasswd.ts';
import type { Problem } from '../../src/config/problem.ts';
import { isPemText, type ReadRootCas } from '../../src/config/root-cas.ts';
import type { StaticConfig } from '../../src/config/static-config.ts';
import type { RouterPlace, Workload } from '../../src/config/workload.ts';
import { buildSnapshot } from '../../src/routing/build-snapshot.ts';

/** A running container with one exposed port in the network `edge`. */
export function workload(changes: Partial<Workload> = {}): Workload {
  const name = changes.name ?? 'web-1';
  return {
    provider: 'docker',
    id: `id-${name}`,
    name,
    baseName: name.replace(/-\d+$/, ''),
    createdAt: 1000,
    labels: {},
    running: true,
    health: 'none',
    networks: [{ network: 'edge', address: '172.18.0.2' }],
    ports: [80],
    hostNetwork: false,
    ...changes,
  };
}

/** Our own mode with every default; the router's data is nowhere. */
export function staticConfig(changes: Partial<StaticConfig> = {}): StaticConfig {
  return {
    mode: 'sluice',
    entrypoints: [
      { name: 'http', addresses: [{ host: undefined, port: 80 }], transport: 'plain', redirect: undefined },
      { name: 'https', addresses: [{ host: undefined, port: 443 }], transport: 'tls', redirect: undefined },
    ],
    docker: {
      endpoint: 'unix:///var/run/docker.sock',
      certPath: undefined,
      exposedByDefault: true,
      network: undefined,
    },
    file: undefined,
    dataDir: '/data',
    domain: undefined,
    acme: {
      directories: ['https://acme-v02.api.letsencrypt.org/directory'],
      customDirectory: false,
      email: undefined,
      eab: undefined,
      profile: undefined,
      caRootFile: undefined,
      challenges: ['http-01', 'tls-alpn-01'],
    },
    resolvers: [],
    limits: DEFAULT_CLIENT_LIMITS,
    trustedProxies: [],
    connections: DEFAULT_CONNECTION_LIMITS,
    allowForeignServers: false,
    admin: undefined,
    workers: 1,
    logLevel: 'info',
    logFormat: 'json',
    accessLog: 'off',
    graceMs: 10_000,
    ...changes,
  };
}

/** Traefik's mode with the usual two entrypoints and one resolver `le`. */
export function traefikConfig(changes: Partial<StaticConfig> = {}): StaticConfig {
  const entrypoint = (name: string, port: number) =>
    ({ name, addresses: [{ host: undefined, port }], transport: 'auto', redirect: undefined }) as const;
  return staticConfig({
    mode: 'traefik',
    entrypoints: [entrypoint('web', 80), entrypoint('websecure', 443)],
    resolvers: ['le'],
    ...changes,
  });
}

/** The router's own container is in the network `edge`. */
export const PLACE: RouterPlace = { networks: ['edge'] };

/** Files that transports of these tests may name. */
export const readRootCas: ReadRootCas = (source) =>
  source === '/ca.pem' || isPemText(source)
    ? { pem: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' }
    : { message: `${source} cannot be read: ENOENT`, hint: 'mount it' };

/** Files that middlewares of these tests may name. */
export const readUsers: ReadUsersFile = (path) =>
  path === '/users'
    ? { users: [['fay', '{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=']] }
    : { message: `${path} cannot be read: ENOENT`, hint: 'mount it' };

/** Labels to snapshot in one step, with the problems of both. */
export function compile(workloads: readonly Workload[], config = staticConfig(), place: RouterPlace = PLACE) {
  const built = buildConfig(workloads, place, config);
  const { snapshot, wanted, problems } = buildSnapshot(built.config, config, readRootCas, readUsers);
  const all: readonly Problem[] = [...built.problems, ...problems];
  return { config: built.config, snapshot, wanted, problems: all };
}
