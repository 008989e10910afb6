import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { ConnectionLimits } from '../../../src/config/connection-limits.ts';
import { NetworkList } from '../../../src/http/network-list.ts';
import { createSharedCounts, SharedCounts } from '../../../src/lib/shared-counts.ts';
import { ConnectionGate } from '../../../src/worker/connection-gate.ts';

const REFUSED = 'too_many_from_address';
const FULL = 'too_many_connections';

function gateOf(limits: Partial<ConnectionLimits>, trusted: readonly string[] = []) {
  const counts = new SharedCounts(createSharedCounts(1), 0);
  const gate = new ConnectionGate({ total: 100, perAddress: 100, ...limits }, counts, new NetworkList(trusted));
  const sockets: EventEmitter[] = [];
  const socket = (): Socket => {
    const made = new EventEmitter();
    sockets.push(made);
    return made as Socket;
  };
  return {
    counts,
    enter: (address: string, isProxy = false) => gate.enter(socket(), address, isProxy),
    enterBehindProxy: (client: string) => {
      const made = socket();
      return gate.enter(made, '10.0.0.1', true) ?? gate.enterAnnounced(made, client);
    },
    /** Closes the n-th socket that came. */
    close: (index: number) => sockets[index]!.emit('close'),
  };
}

describe('by address', () => {
  test('the one above the limit is refused, the next after a close is not', () => {
    const { enter, close, counts } = gateOf({ perAddress: 2 });
    expect([enter('192.0.2.1'), enter('192.0.2.1'), enter('192.0.2.1')]).toEqual([undefined, undefined, REFUSED]);
    expect([enter('192.0.2.2'), counts.total]).toEqual([undefined, 3]);
    close(0);
    expect([enter('192.0.2.1'), enter('192.0.2.1')]).toEqual([undefined, REFUSED]);
  });

  test.for<{ first: string; second: string; refused: boolean }>([
    { first: '2001:db8:1:2::1', second: '2001:db8:1:2:ffff::9', refused: true },
    { first: '2001:db8:1:2::1', second: '2001:db8:1:3::1', refused: false },
    { first: '192.0.2.1', second: '192.0.2.1', refused: true },
    { first: '192.0.2.1', second: '192.0.2.129', refused: false },
  ])('$first and $second count as one: $refused', ({ first, second, refused }) => {
    const { enter } = gateOf({ perAddress: 1 });
    expect([enter(first), enter(second)]).toEqual([undefined, refused ? REFUSED : undefined]);
  });

  test.for<{ who: string; limits: Partial<ConnectionLimits>; trusted: string[]; isProxy: boolean }>([
    { who: 'a trusted proxy', limits: { perAddress: 1 }, trusted: ['10.0.0.0/8'], isProxy: false },
    { who: 'a PROXY peer', limits: { perAddress: 1 }, trusted: [], isProxy: true },
    { who: 'anybody when there is no limit', limits: { perAddress: 0 }, trusted: [], isProxy: false },
  ])('$who may have any number', ({ limits, trusted, isProxy }) => {
    const { enter, counts } = gateOf(limits, trusted);
    expect([1, 2, 3].map(() => enter('10.1.1.1', isProxy))).toEqual([undefined, undefined, undefined]);
    expect([counts.total, counts.of([10, 1, 1, 1])]).toEqual([3, 0]);
  });

  test('the clients of a PROXY peer are counted, one by one', () => {
    const { enterBehindProxy, close, counts } = gateOf({ perAddress: 1 });
    expect([enterBehindProxy('192.0.2.1'), enterBehindProxy('192.0.2.2')]).toEqual([undefined, undefined]);
    expect(enterBehindProxy('192.0.2.1')).toBe(REFUSED);
    close(2);
    close(0);
    expect([enterBehindProxy('192.0.2.1'), counts.total]).toEqual([undefined, 2]);
  });

  test('a trusted client behind a PROXY peer is not', () => {
    const { enterBehindProxy } = gateOf({ perAddress: 1 }, ['192.0.2.0/24']);
    expect([enterBehindProxy('192.0.2.1'), enterBehindProxy('192.0.2.1')]).toEqual([undefined, undefined]);
  });
});

describe('in total', () => {
  test('the one above the limit is refused, whoever it is, and a close makes room', () => {
    const { enter, close } = gateOf({ total: 2 }, ['10.0.0.0/8']);
    expect([enter('10.0.0.1'), enter('192.0.2.1')]).toEqual([undefined, undefined]);
    expect([enter('10.0.0.1'), enter('192.0.2.3'), enter('10.0.0.2', true)]).toEqual([FULL, FULL, FULL]);
    close(1);
    expect([enter('192.0.2.3'), enter('192.0.2.3')]).toEqual([undefined, FULL]);
  });

  test('0 is no limit', () => {
    const { enter } = gateOf({ total: 0, perAddress: 0 });
    expect(Array.from({ length: 300 }, () => enter('192.0.2.1')).every((refusal) => refusal === undefined)).toBe(true);
  });

  test('who is refused leaves no trace', () => {
    const { enter, close, counts } = gateOf({ total: 1, perAddress: 1 });
    enter('192.0.2.1');
    for (let i = 0; i < 10; i++) enter(`192.0.2.${i}`);
    close(0);
    expect([counts.total, ...[0, 1, 2].map((i) => counts.of([192, 0, 2, i]))]).toEqual([0, 0, 0, 0]);
  });
});
