import type { RouterSnapshot } from './snapshot.ts';
import { hostsOf } from '../rule/hosts-of.ts';

/** Routers of one host do not agree, so the default options hold for it. */
const CONTESTED = Symbol('contested');

/** A router as far as the choice of TLS options is concerned. `options`: their id. */
export interface SniRouter extends Pick<RouterSnapshot, 'matcher' | 'entrypoints'> {
  readonly options: string;
}

/**
 * Which TLS options a connection gets by the name its client asks for (A6), by entrypoint. Only routers decide that have a host in their
 * rule; all of a host must agree.
 */
export class SniTable {
  private readonly entrypoints = new Map<string, Map<string, string | typeof CONTESTED>>();

  /** Returns the hosts of the router for which others want other options. */
  add({ matcher, entrypoints, options }: SniRouter): readonly string[] {
    const { exact, wildcards } = hostsOf(matcher);
    const contested = new Set<string>();
    for (const entrypoint of entrypoints) {
      const hosts = this.entrypoints.getOrInsertComputed(entrypoint, () => new Map());
      for (const host of [...exact, ...wildcards]) {
        const known = hosts.getOrInsert(host, options);
        if (known === options) continue;
        hosts.set(host, CONTESTED);
        contested.add(host);
      }
    }
    return [...contested];
  }

  /** The id of the options for a canonical name (A3); undefined: the default ones. */
  find(entrypoint: string, name: string): string | undefined {
    const hosts = this.entrypoints.get(entrypoint);
    if (hosts === undefined) return undefined;
    const dot = name.indexOf('.');
    const found = hosts.get(name) ?? (dot > 0 ? hosts.get(`*${name.slice(dot)}`) : undefined);
    return found === CONTESTED ? undefined : found;
  }

  /** Hosts of a router that are contested by now, on any of its entrypoints. */
  contestedHosts({ matcher, entrypoints }: Pick<SniRouter, 'matcher' | 'entrypoints'>): readonly string[] {
    const { exact, wildcards } = hostsOf(matcher);
    return [...exact, ...wildcards].filter((host) =>
      entrypoints.some((entrypoint) => this.entrypoints.get(entrypoint)?.get(host) === CONTESTED),
    );
  }
}
