import { expect, test } from 'vitest';
import { DEFAULT_CLIENT_LIMITS } from '../../../src/config/client-limits.ts';
import { DEFAULT_TRANSPORT } from '../../../src/config/default-transport.ts';
import { Delivery } from '../../../src/http/delivery.ts';
import type { Exchange } from '../../../src/http/exchange.ts';
import { type BodyKind, CHUNKED, LENGTH, UNTIL_CLOSE } from '../../../src/http/message.ts';
import type { UpstreamConnection } from '../../../src/http/upstream-connection.ts';
import { Upstream } from '../../../src/upstream/upstream.ts';
import { server } from '../../support/server-config.ts';

const { timeouts } = DEFAULT_TRANSPORT;
const { tunnelIdleMs } = DEFAULT_CLIENT_LIMITS;
const EVENTS = 'Date: now\r\ncontent-type: Text/Event-Stream; charset=utf-8\r\n';

test.for<[what: string, body: BodyKind, fields: string, given: typeof timeouts, ms: number]>([
  ['events in chunks', CHUNKED, EVENTS, timeouts, tunnelIdleMs],
  ['events until the connection closes', UNTIL_CLOSE, EVENTS, timeouts, tunnelIdleMs],
  ['events of a known length', LENGTH, EVENTS, timeouts, timeouts.responseIdleMs],
  ['no events', CHUNKED, 'x: text/event-stream\r\n', timeouts, timeouts.responseIdleMs],
  ['events, and a setting', CHUNKED, EVENTS, { ...timeouts, responseIdleMs: 7000 }, 7000],
])('%s: how long a server may say nothing (T13)', ([, body, fields, given, ms]) => {
  const delivery = new Delivery({ plane: { limits: DEFAULT_CLIENT_LIMITS } } as Exchange);
  delivery.upstream = new Upstream<UpstreamConnection>(server(1), { ...DEFAULT_TRANSPORT, timeouts: given });
  delivery.responseIdleMs = given.responseIdleMs;
  const head = { status: 200, reason: '', fields, body, contentLength: -1, hasDate: true };
  expect(delivery.idleMsOf(head)).toBe(ms);
  expect(delivery.responseIdleMs).toBe(ms);
});
