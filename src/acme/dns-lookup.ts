import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import { createLimiter } from '../lib/limiter.ts';

const TIMEOUT_MS = 2000;
const TRIES = 2;
const AT_ONCE = 10;
const MAX_NAME_SERVERS = 8;
const DNS_PORT = 53;

/** What DNS says of a name's addresses. `unknown`: it could not be asked, or did not know itself. */
export type AddressAnswer =
  | {
      readonly kind: 'found';
      readonly v4: readonly string[];
      readonly v6: readonly string[];
      /** One of the two could not be asked. */
      readonly isPartial: boolean;
    }
  | { readonly kind: 'absent' | 'unknown'; readonly detail: string };

/** A record as `dns.resolveCaa` gives it: the tag is a property of its own (RFC 8659 4.1). */
export type CaaRecord = Readonly<Record<string, unknown>> & { readonly critical: number };

/** Questions to DNS, ten at once at most. None rejects: what cannot be found out is `undefined` or `unknown`. */
export interface DnsLookup {
  addresses(name: string): Promise<AddressAnswer>;
  /** The same from the name's own servers, past the caches; as `addresses` when they cannot be asked. */
  freshAddresses(name: string): Promise<AddressAnswer>;
  /** Where the name points to; itself when it points nowhere. Follows at most eight steps. */
  follow(name: string): Promise<string>;
  /** The records that hold for a name, from the nearest parent that has any (RFC 8659 3); empty: everybody may sign. */
  caa(name: string): Promise<readonly CaaRecord[] | undefined>;
  /** Addresses of the servers that are the authority for the name; empty when they cannot be found out. */
  authorities(name: string): Promise<readonly string[]>;
  /** Texts that one server has for the name. */
  texts(name: string, server: string): Promise<readonly string[] | undefined>;
}

type Asked<T> = { readonly records: readonly T[] } | { readonly code: string };

/** `servers`: `ip` or `ip:port`; none means the system's. `authorityPort` differs from 53 in tests only. */
export function createDnsLookup(
  options: { readonly servers?: readonly string[]; readonly authorityPort?: number } = {},
): DnsLookup {
  const limit = createLimiter(AT_ONCE);
  const open = (servers: readonly string[]): Resolver => {
    const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
    if (servers.length > 0) resolver.setServers(servers);
    return resolver;
  };
  const recursive = open(options.servers ?? []);
  const ask = async <T>(question: () => Promise<readonly T[]>): Promise<Asked<T>> => {
    try {
      return { records: await limit(question) };
    } catch (cause) {
      return { code: (cause as { readonly code?: string }).code ?? 'EUNKNOWN' };
    }
  };
  const addressesFrom = async (resolver: Resolver, name: string): Promise<AddressAnswer> => {
    const [v4, v6] = await Promise.all([ask(() => resolver.resolve4(name)), ask(() => resolver.resolve6(name))]);
    const failed = [v4, v6].flatMap((one) => ('code' in one && !isAbsent(one.code) ? one.code : []))[0];
    if (recordsOf(v4).length > 0 || recordsOf(v6).length > 0) {
      return { kind: 'found', v4: recordsOf(v4), v6: recordsOf(v6), isPartial: failed !== undefined };
    }
    if (failed !== undefined) return { kind: 'unknown', detail: failed };
    const isNoName = [v4, v6].some((one) => 'code' in one && one.code === 'ENOTFOUND');
    return { kind: 'absent', detail: isNoName ? 'there is no such name (NXDOMAIN)' : 'it has no address (A or AAAA)' };
  };
  const addresses = (name: string): Promise<AddressAnswer> => addressesFrom(recursive, name);
  const openAt = (server: string): Resolver => {
    const port = options.authorityPort ?? DNS_PORT;
    return open([isIP(server) === 6 ? `[${server}]:${port}` : `${server}:${port}`]);
  };
  const authorities = async (name: string): Promise<readonly string[]> => {
    for (const parent of withParents(name)) {
      const hosts = recordsOf(await ask(() => recursive.resolveNs(parent))).slice(0, MAX_NAME_SERVERS);
      if (hosts.length === 0) continue;
      const found = await Promise.all(hosts.map((host) => addresses(host)));
      return [...new Set(found.flatMap((one) => (one.kind === 'found' ? [...one.v4, ...one.v6] : [])))];
    }
    return [];
  };
  const follow = async (name: string): Promise<string> => {
    let target = name;
    for (let step = 0; step < 8; step++) {
      const [next] = recordsOf(await ask(() => recursive.resolveCname(target)));
      if (next === undefined) break;
      target = next.toLowerCase();
    }
    return target;
  };
  return {
    addresses,
    follow,
    caa: async (name) => {
      for (const parent of withParents(name.replace(/^\*\./, ''))) {
        const answer = await ask(() => recursive.resolveCaa(parent));
        if ('records' in answer && answer.records.length > 0) return answer.records as unknown as readonly CaaRecord[];
        if ('code' in answer && !isAbsent(answer.code)) return undefined;
      }
      return [];
    },
    freshAddresses: async (name) => {
      const [server] = await authorities(name);
      if (server === undefined) return addresses(name);
      const resolver = openAt(server);
      const answer = await addressesFrom(resolver, name);
      if (answer.kind === 'found') return answer;
      const isAlias = recordsOf(await ask(() => resolver.resolveCname(name))).length > 0;
      return answer.kind === 'unknown' || isAlias ? addresses(name) : answer;
    },
    authorities,
    texts: async (name, server) => {
      const resolver = openAt(server);
      const answer = await ask(() => resolver.resolveTxt(name));
      if ('records' in answer) return answer.records.map((parts) => parts.join(''));
      return isAbsent(answer.code) ? [] : undefined;
    },
  };
}

function recordsOf<T>(answer: Asked<T>): readonly T[] {
  return 'records' in answer ? answer.records : [];
}

function isAbsent(code: string): boolean {
  return code === 'ENOTFOUND' || code === 'ENODATA';
}

/** The name and what is above it, without the root. */
function withParents(name: string): readonly string[] {
  const labels = name.split('.');
  return labels.map((_label, index) => labels.slice(index).join('.'));
}
