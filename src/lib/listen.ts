import type { Server } from 'node:net';

/** Opens a listener; `host` undefined means every IPv4 and IPv6 address. Rejects with the system's error. */
export async function listen(
  server: Server,
  address: { readonly host: string | undefined; readonly port: number },
  options: { readonly reusePort?: boolean } = {},
): Promise<void> {
  try {
    await listenOn(server, address.host ?? '::', address.port, options);
  } catch (error) {
    // A machine without IPv6 still has every IPv4 address.
    const { code } = error as NodeJS.ErrnoException;
    if (address.host !== undefined || (code !== 'EAFNOSUPPORT' && code !== 'EADDRNOTAVAIL')) throw error;
    await listenOn(server, '0.0.0.0', address.port, options);
  }
}

function listenOn(
  server: Server,
  host: string,
  port: number,
  options: { readonly reusePort?: boolean },
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, backlog: 1024, ...options }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
