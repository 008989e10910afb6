import type { HealthCheckConfig, ServerConfig } from '../../src/config/dynamic.ts';

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

/** An active check with the defaults of the shorthand. */
export function healthCheck(overrides: Partial<HealthCheckConfig> = {}): HealthCheckConfig {
  return {
    mode: 'http',
    path: '/health',
    method: 'GET',
    status: [[200, 399]],
    headers: [],
    followRedirects: false,
    intervalMs: 10_000,
    unhealthyIntervalMs: 10_000,
    timeoutMs: 5_000,
    fall: 3,
    rise: 2,
    ...overrides,
  };
}
