import type { DataPlane } from '../http/data-plane.ts';
import type { UpstreamConnection } from '../http/upstream-connection.ts';
import { ClientConnection } from '../http1/client-connection.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { SessionPool } from './session-pool.ts';

/** Gone with their upstreams. */
const pools = new WeakMap<Upstream<UpstreamConnection>, SessionPool>();

/**
 * A way to a server for one request, in the protocol of the server: `http` is HTTP/1.1, `h2c` is HTTP/2, over `https` the server chooses (ALPN),
 * unless the transport forbids HTTP/2. A request that upgrades gets HTTP/1.1 everywhere, on a connection that no other request gets where the
 * others speak HTTP/2.
 */
export function dialUpstream(
  plane: DataPlane,
  upstream: Upstream<UpstreamConnection>,
  isUpgrade: boolean,
): UpstreamConnection {
  const { config, transport } = upstream;
  const isOnlyHttp1 = config.scheme === 'http' || (config.scheme === 'https' && transport.disableHttp2 === true);
  if (isOnlyHttp1) return new ClientConnection(plane, upstream);
  const pool = pools.getOrInsertComputed(upstream, () => new SessionPool(plane, upstream));
  if (pool.isHttp1) return new ClientConnection(plane, upstream);
  return isUpgrade ? new ClientConnection(plane, upstream, false) : pool.open();
}
