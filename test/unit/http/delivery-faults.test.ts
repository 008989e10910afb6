import { expect, test } from 'vitest';
import { RoundRobin } from '../../../src/balance/round-robin.ts';
import { Service } from '../../../src/balance/service.ts';
import { DEFAULT_CLIENT_LIMITS } from '../../../src/config/client-limits.ts';
import { DEFAULT_EJECTION } from '../../../src/config/default-ejection.ts';
import { DEFAULT_TRANSPORT } from '../../../src/config/default-transport.ts';
import { Delivery } from '../../../src/http/delivery.ts';
import type { Exchange } from '../../../src/http/exchange.ts';
import type { FailureReason } from '../../../src/http/failure.ts';
import { NO_BODY } from '../../../src/http/message.ts';
import type { UpstreamConnection } from '../../../src/http/upstream-connection.ts';
import { Upstream } from '../../../src/upstream/upstream.ts';
import { server } from '../../support/server-config.ts';

interface Caller {
  readonly isGrpc: boolean;
  readonly isUpgrade: boolean;
  readonly fields: string;
}

const PLAIN: Caller = { isGrpc: false, isUpgrade: false, fields: '' };
const GRPC: Caller = { ...PLAIN, isGrpc: true };
const IMPATIENT: Caller = { ...GRPC, fields: 'grpc-timeout: 0n\r\n' };
const PATIENT: Caller = { ...GRPC, fields: 'grpc-timeout: 1H\r\n' };
const UPGRADE: Caller = { ...PLAIN, isUpgrade: true };

/** Sends this request to a server that is not there any more. */
function failing(delivery: Delivery, reason: FailureReason, nothingSent: boolean): void {
  const connection = { isHttp2: true, send: () => {}, flush: () => {} } as unknown as UpstreamConnection;
  delivery.handOver(connection);
  delivery.onFault(connection, reason, nothingSent);
}

/** How often a server was said to fail while so many requests of this caller failed as many times as eject it. */
function ejections(caller: Caller, reason: FailureReason): number {
  const upstreams = [1, 2].map((n) => new Upstream<UpstreamConnection>(server(n), DEFAULT_TRANSPORT));
  for (const one of upstreams) one.state = 'ready';
  const service = new Service<UpstreamConnection>('s', upstreams, new RoundRobin(), { passHostHeader: true });
  let said = 0;
  const plane = { limits: DEFAULT_CLIENT_LIMITS, serverFailing: () => (said += 1) };
  const request = { ...caller, method: 'POST' };
  for (let n = 0; n < DEFAULT_EJECTION.consecutive; n++) {
    const delivery = new Delivery({ plane, request, fail: () => {} } as unknown as Exchange);
    [delivery.upstream, delivery.service] = [upstreams[0]!, service];
    failing(delivery, reason, false);
  }
  return said;
}

test('a request that breaks two servers is held against one of them', () => {
  const upstreams = [1, 2].map((n) => new Upstream<UpstreamConnection>(server(n), DEFAULT_TRANSPORT));
  for (const one of upstreams) one.state = 'ready';
  const service = new Service<UpstreamConnection>('s', upstreams, new RoundRobin(), { passHostHeader: true });
  const failed: unknown[] = [];
  const dialled: UpstreamConnection[] = [];
  const connection = (): UpstreamConnection =>
    ({ isReused: false, isHttp2: true, send: () => {}, flush: () => {} }) as unknown as UpstreamConnection;
  const plane = {
    limits: DEFAULT_CLIENT_LIMITS,
    serverFailing: (upstream: unknown) => void failed.push(upstream),
    dial: () => dialled[dialled.push(connection()) - 1],
  };
  const request = { ...PLAIN, method: 'GET', body: NO_BODY };
  for (let n = 0; n < DEFAULT_EJECTION.consecutive; n++) {
    const delivery = new Delivery({ plane, request, fail: () => {} } as unknown as Exchange);
    [delivery.upstream, delivery.service] = [upstreams[0]!, service];
    const first = connection();
    delivery.handOver(first);
    delivery.onFault(first, 'upstream_reset', false);
    delivery.onFault(dialled.at(-1)!, 'upstream_reset', false);
  }
  expect([dialled.length, failed]).toEqual([DEFAULT_EJECTION.consecutive, [upstreams[0]]]);
});

test.for<[caller: string, Caller, FailureReason, said: number]>([
  ['anybody', PLAIN, 'response_timeout', 1],
  ['anybody', PLAIN, 'upstream_invalid', 1],
  ['a call without a deadline', GRPC, 'response_timeout', 1],
  // Who gives a server no time would have it ejected else; some servers break the call off by themselves then.
  ['a call behind its own deadline', IMPATIENT, 'response_timeout', 0],
  ['a call behind its own deadline', IMPATIENT, 'upstream_reset', 0],
  ['a call before its own deadline', PATIENT, 'upstream_reset', 1],
  // A server that knows no upgrades, or only HTTP/2, answers whoever asks for one with nonsense.
  ['an upgrade', UPGRADE, 'upstream_invalid', 0],
  ['an upgrade', UPGRADE, 'upstream_reset', 0],
  ['an upgrade', UPGRADE, 'upstream_tls', 0],
  ['an upgrade', UPGRADE, 'connect_timeout', 1],
  ['an upgrade', UPGRADE, 'upstream_refused', 1],
])('%s: whether a server is out for the reason %s', ([, caller, reason, said]) => {
  expect(ejections(caller, reason)).toBe(said);
});
