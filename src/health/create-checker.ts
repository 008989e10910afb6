import type { HealthCheckConfig, ServerConfig, TransportTls } from '../config/dynamic.ts';
import type { Checker } from './checker.ts';
import { GrpcCheck } from './grpc-check.ts';
import { HttpCheck } from './http-check.ts';
import { TcpCheck } from './tcp-check.ts';

/** What asks a server as its check says. It opens nothing before it is asked. */
export function createChecker(server: ServerConfig, check: HealthCheckConfig, tls: TransportTls): Checker {
  const { mode, port = server.port, timeoutMs } = check;
  if (mode === 'tcp') return new TcpCheck(server.host, port, timeoutMs);
  return mode === 'grpc' ? new GrpcCheck(server, check, tls) : new HttpCheck(server, check, tls);
}
