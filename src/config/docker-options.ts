import type { OwnOptions } from './own-static.ts';
import type { StaticConfig } from './static-config.ts';
import type { TraefikDocker } from './traefik-docker.ts';
import type { TraefikStatic } from './traefik-static.ts';

const NO_DOCKER: Partial<TraefikDocker> = {};

/** Reads where the engine is and what of it is taken; undefined: no engine is asked. Faults go to `problems`. */
export function readDockerOptions(sources: {
  readonly own: OwnOptions;
  readonly traefik: TraefikStatic | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly problems: string[];
}): StaticConfig['docker'] {
  const { own: options, traefik: all, env, problems } = sources;
  const own = options.get('docker');
  const traefik = all?.docker;
  if (own?.text.toLowerCase() === 'off') return undefined;
  if (all !== undefined && traefik === undefined && own === undefined) return undefined;
  const endpoint = own?.text ?? traefik?.endpoint ?? (env['DOCKER_HOST'] || undefined) ?? 'unix:///var/run/docker.sock';
  if (!/^(unix:\/\/\/|tcp:\/\/.|https?:\/\/.)/.test(endpoint)) {
    const source = own?.source ?? (traefik?.endpoint === undefined ? 'DOCKER_HOST' : '--providers.docker.endpoint');
    const hint = endpoint.startsWith('/') ? `write unix://${endpoint}` : 'write unix:///path, tcp://host:port or off';
    problems.push(`${source}: "${endpoint}" is not a Docker endpoint; ${hint}`);
  }
  const { network, constraint, defaultRule, tls, login, useBindPortIp } = traefik ?? NO_DOCKER;
  return {
    endpoint,
    certPath: options.text('docker-cert-path') ?? (env['DOCKER_CERT_PATH'] || undefined),
    exposedByDefault: traefik?.exposedByDefault ?? true,
    network,
    ...(tls === undefined ? {} : { tls }),
    ...(login === undefined ? {} : { login }),
    ...(constraint === undefined ? {} : { constraint }),
    ...(defaultRule === undefined ? {} : { defaultRule }),
    ...(useBindPortIp === true ? { useBindPortIp } : {}),
  };
}
