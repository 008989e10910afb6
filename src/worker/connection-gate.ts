import type { Socket } from 'node:net';
import type { ConnectionLimits } from '../config/connection-limits.ts';
import type { NetworkList } from '../http/network-list.ts';
import { parseIpAddress } from '../lib/ip-address.ts';
import type { SharedCounts } from '../lib/shared-counts.ts';

/** Why a connection may not come in; the reason in the counters. */
export type GateRefusal = 'too_many_connections' | 'too_many_from_address';

const IPV6_NETWORK_BYTES = 8;

/**
 * Limits open connections, in total and by client address (T19). A connection counts from its accept to its close, whatever
 * becomes of it between: a handshake, a wait for the first byte, requests, a tunnel. Whoever speaks for others (trusted proxies,
 * PROXY peers) is not limited by address; the clients that PROXY headers announce are.
 */
export class ConnectionGate {
  private readonly limits: ConnectionLimits;
  private readonly counts: SharedCounts;
  private readonly trusted: NetworkList;

  constructor(limits: ConnectionLimits, counts: SharedCounts, trusted: NetworkList) {
    this.limits = limits;
    this.counts = counts;
    this.trusted = trusted;
  }

  /** A socket that was accepted just now. Counts it, or says why it may not stay; its caller ends it then. */
  enter(socket: Socket, address: string, isProxy: boolean): GateRefusal | undefined {
    const { counts, limits } = this;
    const key = isProxy ? undefined : this.limitedKey(address);
    if (key !== undefined && counts.of(key) >= limits.perAddress) return 'too_many_from_address';
    if (limits.total > 0 && counts.total >= limits.total) return 'too_many_connections';
    counts.add();
    if (key !== undefined) counts.addKey(key);
    socket.once('close', () => {
      counts.remove();
      if (key !== undefined) counts.removeKey(key);
    });
    return undefined;
  }

  /** The client that a PROXY header announces on a socket which came in before. */
  enterAnnounced(socket: Socket, address: string): GateRefusal | undefined {
    const { counts } = this;
    const key = this.limitedKey(address);
    if (key === undefined) return undefined;
    if (counts.of(key) >= this.limits.perAddress) return 'too_many_from_address';
    counts.addKey(key);
    socket.once('close', () => counts.removeKey(key));
    return undefined;
  }

  /** What an address is counted under: all of IPv4, the /64 of IPv6. Undefined: it is not limited. */
  private limitedKey(address: string): readonly number[] | undefined {
    if (this.limits.perAddress === 0 || this.trusted.has(address)) return undefined;
    return parseIpAddress(address)?.slice(0, IPV6_NETWORK_BYTES);
  }
}
