import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Ejector } from '../../../src/health/ejector.ts';

let states: Map<string, string>;
let ejected: Set<string>;
let log: string[];
let now: number;
let ejector: Ejector;

beforeEach(() => {
  vi.useFakeTimers();
  now = 0;
  ejected = new Set();
  log = [];
  states = new Map();
  ejector = new Ejector(
    {
      stateOf: (id) => (ejected.has(id) ? 'down' : states.get(id)),
      eject: (id) => void ejected.add(id),
      restore: (id) => void ejected.delete(id),
    },
    (event, { server, forMs }) => log.push(`${event} ${server}${forMs === undefined ? '' : ` ${forMs}`}`),
    () => now,
  );
});

afterEach(() => {
  ejector.stop();
  vi.useRealTimers();
});

const service = (...ids: readonly string[]) => ({ servers: ids.map((id) => ({ id })) });

function serve(...services: readonly (readonly string[])[]): void {
  for (const id of services.flat()) states.set(id, states.get(id) ?? 'ready');
  ejector.reconcile(services.map((ids) => service(...ids)));
}

function fail(serverId: string, baseMs = 1000, maxMs = 8000): void {
  ejector.failing({ serverId, detail: 'x', baseMs, maxMs });
}

async function pass(ms: number): Promise<void> {
  now += ms;
  await vi.advanceTimersByTimeAsync(ms);
}

describe('who is ejected', () => {
  test.for<[string, readonly (readonly string[])[], string, string]>([
    ['never a sole one', [['a']], 'a', ''],
    ['one of two', [['a', 'b']], 'ab', 'a'],
    ['never more than half of three', [['a', 'b', 'c']], 'abc', 'a'],
    ['two of four', [['a', 'b', 'c', 'd']], 'abcd', 'ab'],
    ['nobody that is unknown', [['a', 'b']], 'x', ''],
    ['nobody that is the only one of another service', [['a', 'b'], ['a']], 'a', ''],
    ['the same one once', [['a', 'b', 'c', 'd']], 'aaa', 'a'],
  ])('%s', ([, services, failing, out]) => {
    serve(...services);
    for (const id of failing) fail(id);
    expect([...ejected].join('')).toBe(out);
  });

  test('not one that is out already for another reason, and what is out counts', () => {
    states.set('b', 'down');
    serve(['a', 'b', 'c']);
    fail('b');
    expect([...ejected]).toEqual([]);
    fail('a');
    expect([...ejected]).toEqual(['a']);
    fail('c');
    expect([...ejected]).toEqual(['a']);
  });
});

describe('for how long', () => {
  test('twice as long each time, up to the most; who holds out begins anew', async () => {
    serve(['a', 'b']);
    for (const forMs of [1000, 2000, 4000, 8000, 8000]) {
      fail('a');
      await pass(forMs - 1);
      expect(ejected.has('a')).toBe(true);
      await pass(1);
      expect(ejected.has('a')).toBe(false);
    }
    await pass(8001);
    fail('a');
    expect(log.at(-1)).toBe('ejected a 1000');
  });

  test('a time longer than any timer ends at the longest one', () => {
    serve(['a', 'b']);
    fail('a', 1e12, 1e12);
    expect(log).toEqual(['ejected a 2147483647']);
  });
});

describe('when the others go', () => {
  test('the ejected one is used again', () => {
    serve(['a', 'b']);
    fail('a');
    states.set('b', 'draining');
    ejector.settle();
    expect([log, [...ejected]]).toEqual([['ejected a 1000', 'restored a'], []]);
  });

  test('the one that was ejected first, and no more than needed', async () => {
    serve(['a', 'b', 'c', 'd']);
    fail('b');
    await pass(10);
    fail('a');
    states.set('c', 'down');
    ejector.settle();
    expect([...ejected]).toEqual(['a']);
  });

  test('a snapshot without the other one', () => {
    serve(['a', 'b']);
    fail('a');
    serve(['a']);
    expect([...ejected]).toEqual([]);
  });

  test('one that was gone, or is another process, begins anew', async () => {
    serve(['a', 'b']);
    fail('a');
    await pass(1000);
    serve(['b']);
    serve(['a', 'b']);
    fail('a');
    ejector.forgive('a');
    fail('a');
    expect(log.filter((line) => line.startsWith('ejected'))).toEqual([
      'ejected a 1000',
      'ejected a 1000',
      'ejected a 1000',
    ]);
  });

  test('one that is gone is forgotten, with its timer', async () => {
    serve(['a', 'b']);
    fail('a');
    serve(['b']);
    expect(vi.getTimerCount()).toBe(0);
    await pass(5000);
    expect(log).toEqual(['ejected a 1000']);
  });
});
