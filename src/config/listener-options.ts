import { formatListenAddress } from './listen-address.ts';
import type { OwnOptions } from './own-static.ts';
import type { EntrypointConfig, ListenAddress } from './static-config.ts';
import type { StaticSources } from './static-sources.ts';
import type { TraefikStatic } from './traefik-static.ts';

interface ListenerSources {
  readonly own: OwnOptions;
  readonly traefik: TraefikStatic | undefined;
  readonly problems: string[];
}

/** Reads on what we listen: the entrypoints and the admin address. No two may share a port; faults go to `problems`. */
export function readListenerOptions(
  from: ListenerSources,
  sources: StaticSources,
): { readonly entrypoints: readonly EntrypointConfig[]; readonly admin: ListenAddress | undefined } {
  const entrypoints = withProxyProtocol(from.own, readEntrypoints(from, sources));
  const admin = readAdmin(from);
  checkPorts(entrypoints, admin, from.problems);
  return { entrypoints, admin };
}

function readEntrypoints(
  { own, traefik, problems }: ListenerSources,
  sources: StaticSources,
): readonly EntrypointConfig[] {
  if (traefik !== undefined) {
    const from = sources.traefikFile === undefined ? '' : ` in ${sources.traefikFile}`;
    for (const name of ['http', 'https']) {
      const value = own.get(name);
      if (value === undefined) continue;
      problems.push(
        `${value.source}: cannot be used beside Traefik's options${from}; use --entrypoints.${name}.address`,
      );
    }
    return traefik.entrypoints;
  }
  const http = own.addresses('http') ?? [{ host: undefined, port: 80 }];
  const https = own.addresses('https') ?? [{ host: undefined, port: 443 }];
  const plain: EntrypointConfig = { name: 'http', addresses: http, transport: 'plain', redirect: undefined };
  const tls: EntrypointConfig = { name: 'https', addresses: https, transport: 'tls', redirect: undefined };
  const entrypoints = [plain, tls].filter(({ addresses }) => addresses.length > 0);
  if (entrypoints.length === 0) problems.push('--http and --https are both off: there is nothing to listen on');
  return entrypoints;
}

/** Our own list holds for every entrypoint and replaces what Traefik's options say. */
function withProxyProtocol(own: OwnOptions, entrypoints: readonly EntrypointConfig[]): readonly EntrypointConfig[] {
  const proxyProtocol = own.networks('proxy-protocol');
  return proxyProtocol === undefined ? entrypoints : entrypoints.map((one) => ({ ...one, proxyProtocol }));
}

function readAdmin({ own: options, traefik, problems }: ListenerSources): ListenAddress | undefined {
  const own = options.addresses('admin');
  if (own !== undefined && own.length > 1) {
    problems.push(`${options.get('admin')?.source}: there can be one address only`);
  }
  if (own !== undefined) return own[0];
  return traefik?.admin ?? { host: '127.0.0.1', port: 8090 };
}

function checkPorts(
  entrypoints: readonly EntrypointConfig[],
  admin: ListenAddress | undefined,
  problems: string[],
): void {
  const users = new Map<string, string>();
  const listeners = entrypoints.flatMap(({ name, addresses }) =>
    addresses.map((address) => ({ name: `entrypoint ${name}`, address })),
  );
  if (admin !== undefined) listeners.push({ name: '--admin', address: admin });
  for (const { name, address } of listeners) {
    const key = formatListenAddress(address);
    const other = users.get(key);
    if (other === undefined) users.set(key, name);
    else problems.push(`${name} and ${other} both listen on ${key}; give one of them another port`);
  }
}
