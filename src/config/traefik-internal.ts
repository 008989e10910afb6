import type { EntrypointConfig, InternalServices, ListenAddress } from './static-config.ts';
import type { StaticReport, TraefikOptionValues } from './traefik-option-values.ts';

/** Where Traefik's API, dashboard and ping are to be found. */
export interface TraefikInternal {
  /** Traefik's own entrypoint is not one of these when the admin address is in its place. */
  readonly entrypoints: readonly EntrypointConfig[];
  readonly admin: ListenAddress | undefined;
  readonly services: InternalServices;
}

/** The entrypoint that Traefik makes when something needs it and nobody defines it. */
const TRAEFIK: EntrypointConfig = {
  name: 'traefik',
  addresses: [{ host: undefined, port: 8080 }],
  transport: 'auto',
  redirect: undefined,
};

/**
 * Reads `api.*` and `ping.*` (traefik-static.md section 8). `api.insecure` puts our admin address in the place of the entrypoint
 * `traefik`. Else the admin address stays private, and `/ping` is served on the entrypoint it is for: nothing else of it is open.
 */
export function readTraefikInternal(
  options: TraefikOptionValues,
  entrypoints: readonly EntrypointConfig[],
  { problems }: StaticReport,
): TraefikInternal {
  const isInsecure = options.bool('api.insecure') === true;
  const own = entrypoints.find(({ name }) => name === TRAEFIK.name);
  const admin = isInsecure ? (own ?? TRAEFIK).addresses[0] : undefined;
  const isPinged = options.isOn('ping');
  const isManual = options.bool('ping.manualrouting') === true;
  const pingAt = options.get('ping.entrypoint');
  const pingName = pingAt?.text ?? TRAEFIK.name;
  const isDefined = entrypoints.some(({ name }) => name === pingName);
  if (isPinged && !isManual && !isDefined && pingName !== TRAEFIK.name) {
    const known = entrypoints.map(({ name }) => name).join(', ');
    problems.push(`${pingAt?.source}: there is no entrypoint ${pingName}; the entrypoints are ${known}`);
  }
  // The admin address answers /ping itself.
  const isRouted = isPinged && !isManual && !(isInsecure && pingName === TRAEFIK.name);
  const kept = isInsecure ? entrypoints.filter((one) => one !== own) : entrypoints;
  const needsOwn = isRouted && pingName === TRAEFIK.name && own === undefined;
  return {
    entrypoints: needsOwn ? [...kept, TRAEFIK] : kept,
    admin,
    services: {
      api: options.isOn('api'),
      dashboard: options.isOn('api') && options.bool('api.dashboard') !== false,
      ping: isPinged,
      pingEntrypoint: isRouted ? pingName : undefined,
    },
  };
}
