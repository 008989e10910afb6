import { expect, test } from 'vitest';
import type { Mirror } from '../../../src/balance/composed.ts';
import { RoundRobin } from '../../../src/balance/round-robin.ts';
import { Service } from '../../../src/balance/service.ts';
import { Counters } from '../../../src/http/counters.ts';
import type { Exchange } from '../../../src/http/exchange.ts';
import { CHUNKED, LENGTH } from '../../../src/http/message.ts';
import { MAX_KEPT_BYTES, type MirrorRequest, Mirrors } from '../../../src/http/mirrors.ts';
import type { UpstreamConnection } from '../../../src/http/upstream-connection.ts';
import { Upstream } from '../../../src/upstream/upstream.ts';
import { server } from '../../support/server-config.ts';

const MIB = 1_048_576;

function lab() {
  const upstream = new Upstream<UpstreamConnection>(server(1));
  upstream.state = 'ready';
  const target = new Service('m', [upstream], new RoundRobin(), { passHostHeader: false });
  const sent: MirrorRequest[] = [];
  const pending: (() => void)[] = [];
  const counters = new Counters();
  const mirrors = new Mirrors(counters, async () => (_upstream, request) => {
    sent.push(request);
    return new Promise((resolve) => pending.push(resolve));
  });
  const mirror: Mirror<UpstreamConnection> = {
    ...{ name: 'm', target, percent: 100, credentials: false, maxBodyBytes: 16 * MIB, hasBody: true },
  };
  const exchange = (body: typeof LENGTH | typeof CHUNKED = CHUNKED, contentLength = 0): Exchange => {
    const request = { method: 'POST', query: '?q', body, contentLength };
    const texts = {
      path: '/p',
      fields: 'A: 1\r\nCookie: c=d\r\n',
      addedFields: 'authorization: x\r\n',
      forwardingFields: 'B: 2\r\n',
    };
    return { request, ...texts, sentHost: '', authority: { text: 'a.test' } } as unknown as Exchange;
  };
  return { upstream, sent, pending, counters, mirrors, mirror, exchange };
}

test('a copy takes a lease on the server of the mirror while it runs, and keeps the payload as long', async () => {
  const { mirrors, mirror, exchange, upstream, sent, pending, counters } = lab();
  const copy = mirrors.copy(exchange(), [mirror]);
  const buffer = Buffer.from('xhellox');
  copy.add(buffer, 1, 6);
  // What comes into the buffer next is not the copy's.
  buffer.fill('-');
  expect([mirrors.keptBytes, upstream.inFlight]).toEqual([4096, 0]);
  copy.complete();
  expect(upstream.inFlight).toBe(1);
  await expect.poll(() => pending.length).toBe(1);
  expect(sent).toEqual([
    { method: 'POST', path: '/p?q', host: '127.0.0.1:1', fields: 'A: 1\r\nB: 2\r\n', body: Buffer.from('hello') },
  ]);
  expect(mirrors.keptBytes).toBe(4096);
  pending[0]!();
  await expect.poll(() => [mirrors.keptBytes, upstream.inFlight]).toEqual([0, 0]);
  expect(counters.mirrors).toEqual({ mirror_sent: 1, mirror_failed: 0, mirror_dropped: 0 });
});

test('what is kept of all payloads together is bounded, and freed', () => {
  const { mirrors, mirror, exchange, counters, upstream } = lab();
  const piece = Buffer.alloc(MIB);
  const copies = Array.from({ length: 6 }, () => mirrors.copy(exchange(), [mirror]));
  for (const copy of copies) {
    for (let n = 0; n < 15; n++) copy.add(piece, 0, MIB);
    expect(mirrors.keptBytes).toBeLessThanOrEqual(MAX_KEPT_BYTES);
  }
  expect(mirrors.keptBytes).toBeGreaterThanOrEqual(45 * MIB);
  // Those that had no room are left out.
  for (const copy of copies.slice(4)) copy.complete();
  expect([counters.mirrors.mirror_dropped, upstream.inFlight]).toEqual([2, 0]);
  for (const copy of copies.slice(0, 4)) copy.cancel();
  expect([mirrors.keptBytes, counters.mirrors.mirror_dropped]).toEqual([0, 6]);
});

test('a payload in pieces of a byte is kept whole, in little more than its bytes', async () => {
  const { mirrors, mirror, exchange, sent, pending } = lab();
  const copy = mirrors.copy(exchange(), [mirror]);
  const text = 'abcdefghij'.repeat(2000);
  for (const byte of Buffer.from(text)) copy.add(Buffer.from([byte]), 0, 1);
  expect(mirrors.keptBytes).toBeLessThanOrEqual(2 * text.length);
  copy.complete();
  await expect.poll(() => pending.length).toBe(1);
  expect(sent[0]!.body?.toString()).toBe(text);
});

test.for([
  ['a length', LENGTH, 17 * MIB, 1],
  ['chunks', CHUNKED, 0, 17],
] as const)('nothing is kept of a payload over the limit, by %s', ([, kind, length, pieces]) => {
  const { mirrors, mirror, exchange, counters, upstream } = lab();
  const copy = mirrors.copy(exchange(kind, length), [mirror]);
  for (let n = 0; n < pieces; n++) copy.add(Buffer.alloc(MIB), 0, MIB);
  expect(mirrors.keptBytes).toBe(0);
  copy.complete();
  expect([counters.mirrors.mirror_dropped, upstream.inFlight]).toEqual([1, 0]);
});

test('a fault of what sends is a failed copy, and ends its lease', async () => {
  const { mirror, exchange, upstream } = lab();
  const counters = new Counters();
  const mirrors = new Mirrors(counters, () => Promise.reject(new Error('not there')));
  mirrors.copy(exchange(), [mirror, mirror]).complete();
  await expect.poll(() => counters.mirrors.mirror_failed).toBe(2);
  expect([upstream.inFlight, mirrors.keptBytes]).toEqual([0, 0]);
});
