import type { RouterPlace, Workload } from '../../config/workload.ts';

/** What the router's own process can see of where it runs. */
export interface SelfFacts {
  readonly hostname: string;
  /** Text of /proc/self/mountinfo; empty where there is none. */
  readonly mountinfo: string;
}

const ON_HOST: RouterPlace = { networks: undefined };
const SHORT_ID = /^[0-9a-f]{12,64}$/;
/** An engine mounts these three into every container, from a folder named after the container's id. */
const ENGINE_MOUNT = /^\S+ \S+ \S+ (\S+) \/etc\/(?:hostname|hosts|resolv\.conf) /;

/**
 * Finds the router's own container in the engine's list and says which networks it shares with the others.
 * Not in the list, or on the host's network: it reaches every bridge.
 */
export function decidePlace(workloads: readonly Workload[], self: SelfFacts): RouterPlace {
  const running = workloads.filter((workload) => workload.running);
  const found = ownIds(self).map((id) => running.find((workload) => workload.id.startsWith(id)));
  const own = found.find((workload) => workload !== undefined);
  if (own === undefined || own.hostNetwork) return ON_HOST;
  return { networks: own.networks.map(({ network }) => network) };
}

/** Container ids, whole or shortened, that this process may have; the surest first. */
function ownIds({ hostname, mountinfo }: SelfFacts): readonly string[] {
  const mounted = mountinfo.split('\n').flatMap((line) => {
    const source = ENGINE_MOUNT.exec(line)?.[1] ?? '';
    return /(?:^|\/)([0-9a-f]{64})(?:\/|$)/.exec(source)?.[1] ?? [];
  });
  // A host name is only the id while nobody set another one.
  return SHORT_ID.test(hostname) ? [...mounted, hostname] : mounted;
}
