import { createServer } from 'node:net';
import type { EntrypointConfig, ListenAddress } from '../config/static-config.ts';
import { listen } from '../lib/listen.ts';
import { portOwner } from './port-owner.ts';

/**
 * Opens and closes every address without `reusePort`, which would hide that it is taken. Returns one line for each that
 * cannot be used: what, why, and what to do.
 */
export async function probeAddresses(
  entrypoints: readonly EntrypointConfig[],
  admin: ListenAddress | undefined,
): Promise<readonly string[]> {
  const faults: string[] = [];
  const wanted = entrypoints.flatMap(({ name, addresses }) =>
    addresses.map((address) => ({ what: `entrypoint ${name}`, address })),
  );
  if (admin !== undefined) wanted.push({ what: 'admin address', address: admin });
  for (const { what, address } of wanted) {
    // Port 0 is any free port; nobody can be in the way.
    if (address.port === 0) continue;
    const fault = await probe(address);
    if (fault !== undefined) faults.push(`${what}: ${fault}`);
  }
  return faults;
}

async function probe(address: ListenAddress): Promise<string | undefined> {
  const text = `${address.host ?? ''}:${address.port}`;
  const server = createServer();
  try {
    await listen(server, address);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') {
      const owner = await portOwner(address.port);
      return `${text} is already in use${owner === undefined ? '' : ` by ${owner}`}; stop that program or choose another port`;
    }
    if (code === 'EACCES') {
      return `${text} needs permission to bind a port below 1024; run as root, in a container, or choose a higher port`;
    }
    if (code === 'EADDRNOTAVAIL') return `${text} is not an address of this machine`;
    return `${text} cannot be opened: ${message}`;
  }
  await new Promise((resolve) => server.close(resolve));
  return undefined;
}
