import type { ServerConfig } from '../../src/config/dynamic.ts';

/** A server entry for a backend on loopback. */
export function server(port: number, overrides: Partial<ServerConfig> = {}): ServerConfig {
  return {
    id: `c/127.0.0.1:${port}`,
    scheme: 'http',
    host: '127.0.0.1',
    port,
    container: 'c',
    health: 'none',
    ...overrides,
  };
}
