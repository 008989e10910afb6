import { parseIpNetwork } from '../lib/ip-address.ts';
import { parseList } from './label-value.ts';
import type { StaticValue } from './static-sources.ts';

/** What Traefik's `proxyprotocol` of an entrypoint says. */
export interface TraefikProxyProtocol {
  readonly trustedIps: readonly StaticValue[];
  /** Set when everybody may send a header. */
  readonly insecure: StaticValue | undefined;
}

/**
 * The networks whose connections begin with a PROXY header; undefined: none. Traefik looks whether there is one, which lets a peer
 * leave it out; here it is mandatory (F6), and a notice says so.
 */
export function readProxyNetworks(
  { trustedIps, insecure }: TraefikProxyProtocol,
  problems: string[],
  notices: string[],
): readonly string[] | undefined {
  const said = insecure ?? trustedIps[0];
  if (said === undefined) return undefined;
  const peers = insecure === undefined ? 'connections from these networks' : 'connections of everybody';
  notices.push(`${said.source}: ${peers} must begin with a PROXY header here; those without one are destroyed`);
  if (insecure !== undefined) return ['0.0.0.0/0', '::/0'];
  return trustedIps.flatMap(({ text, source }) =>
    parseList(text).filter((item) => {
      if (parseIpNetwork(item) !== undefined) return true;
      problems.push(`${source}: "${item}" is not a network; write 10.0.0.0/8 or 192.0.2.1`);
      return false;
    }),
  );
}
