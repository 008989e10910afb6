import type { ServiceConfig } from '../config/dynamic.ts';
import type { ListenAddress, StaticConfig } from '../config/static-config.ts';
import type { RouterSnapshot } from './snapshot.ts';

const PING = 'ping@internal';

/**
 * The services that Traefik has without anybody defining them (traefik-labels.md section 7), as far as its options switch them on.
 * Each is our admin address, so that whoever may reach a router to it decides who sees the API.
 */
export function internalServices({ admin, internalServices: on }: StaticConfig): readonly ServiceConfig[] {
  if (admin === undefined || on === undefined) return [];
  const names = (['api', 'dashboard', 'ping'] as const).filter((name) => on[name]);
  const { port } = admin;
  const host = loopbackOf(admin);
  const id = `internal/${host.includes(':') ? `[${host}]` : host}:${port}`;
  return names.map((name) => ({
    name: `${name}@internal`,
    provider: 'internal',
    containers: [],
    servers: [{ id, scheme: 'http', host, port, container: 'sluice', health: 'none' }],
    // The admin address is asked as itself, whichever host the router is for.
    passHostHeader: false,
  }));
}

/** `/ping` on the entrypoint that Traefik's `ping.entrypoint` names, above everything else there. */
export function pingRouter({ admin, internalServices: on }: StaticConfig): readonly RouterSnapshot[] {
  if (admin === undefined || on?.pingEntrypoint === undefined) return [];
  return [
    {
      name: PING,
      of: PING,
      rule: 'Path(`/ping`)',
      matcher: { kind: 'match', name: 'Path', args: ['/ping'] },
      priority: Number.MAX_SAFE_INTEGER,
      entrypoints: [on.pingEntrypoint],
      tls: false,
      middlewares: [],
      service: PING,
      disabled: undefined,
    },
  ];
}

/**
 * A router to `ping@internal` reaches `/ping` and nothing else of the admin address, whatever its rule says: the last step of every
 * request sets the path, so that none of its own middlewares changes it afterwards.
 */
export function confinePing(router: RouterSnapshot): RouterSnapshot {
  if (router.service !== PING) return router;
  return {
    ...router,
    middlewares: [...router.middlewares, { name: PING, options: { type: 'replacePath', path: '/ping' } }],
  };
}

function loopbackOf({ host }: ListenAddress): string {
  if (host === undefined || host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}
