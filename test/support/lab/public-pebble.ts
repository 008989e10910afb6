import { startDns } from '../dns.ts';
import { startPebble, type Pebble, type PebbleOptions } from '../pebble.ts';

/** A certificate authority that containers reach and that reaches containers. */
export interface PublicPebble extends Pebble {
  /** All names lead to this address from now on, on ports 80 and 443. */
  pointNamesTo(address: string): void;
}

/** Starts Pebble on all addresses of this machine; its directory is named by `gateway`, which a container can reach. */
export async function startPublicPebble(gateway: string, options: PebbleOptions = {}): Promise<PublicPebble> {
  let target: string | undefined;
  const dns = await startDns({ answer: () => (target === undefined ? 'nxdomain' : [target]) });
  try {
    const pebble = await startPebble({
      listenHost: '0.0.0.0',
      publicHost: gateway,
      extraSans: [gateway],
      httpPort: 80,
      tlsPort: 443,
      dnsServer: dns.address,
      ...options,
    });
    return {
      ...pebble,
      pointNamesTo: (address) => {
        target = address;
      },
      stop: async () => {
        await pebble.stop();
        await dns.stop();
      },
    };
  } catch (error) {
    await dns.stop();
    throw error;
  }
}
