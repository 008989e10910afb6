import { expect, test } from 'vitest';
import type { AddressAnswer } from '../../../src/acme/dns-lookup.ts';
import { createDnsWatch, type WaitingNames } from '../../../src/acme/dns-watch.ts';
import type { AttemptRecord, FailureClass } from '../../../src/certs/store-records.ts';

const ABSENT: AddressAnswer = { kind: 'absent', detail: 'NXDOMAIN' };
const UNKNOWN: AddressAnswer = { kind: 'unknown', detail: 'ETIMEOUT' };
const found = (...addresses: readonly string[]): AddressAnswer => ({
  kind: 'found',
  v4: addresses.filter((address) => !address.includes(':')),
  v6: addresses.filter((address) => address.includes(':')),
  isPartial: false,
});

function waiting(failureClass: FailureClass, ...names: readonly string[]): WaitingNames {
  const attempt: AttemptRecord = {
    failures: 1,
    validations: 1,
    class: failureClass,
    since: 0,
    lastAt: 0,
    nextAt: 9e12,
    error: { type: 'dns', detail: '', hint: '' },
  };
  return { directory: 'https://ca.test/dir', names, attempt };
}

function open(): {
  readonly heard: (answer: AddressAnswer) => void;
  readonly look: (answer: AddressAnswer, failureClass?: FailureClass) => Promise<number>;
  readonly pass: (ms: number) => void;
} {
  let now = 1e9;
  let current = UNKNOWN;
  let turns = 0;
  const watch = createDnsWatch({
    lookup: { freshAddresses: async () => current },
    now: () => now,
    turned: () => void (turns += 1),
  });
  return {
    heard: (answer) => watch.heard('a.example.com', answer),
    look: async (answer, failureClass = 'validation') => {
      current = answer;
      const before = turns;
      await watch.look([waiting(failureClass, 'a.example.com')]);
      return turns - before;
    },
    pass: (ms) => void (now += ms),
  };
}

test.for<{ name: string; before: AddressAnswer; now: AddressAnswer; class?: FailureClass; turns: number }>([
  { name: 'an address where there was none', before: ABSENT, now: found('192.0.2.1'), turns: 1 },
  { name: 'another address', before: found('192.0.2.1'), now: found('192.0.2.2'), turns: 1 },
  {
    name: 'the wrong IPv6 address is gone',
    before: found('192.0.2.1', '2001:db8::1'),
    now: found('192.0.2.1'),
    turns: 1,
  },
  { name: 'the same', before: found('192.0.2.1'), now: found('192.0.2.1'), turns: 0 },
  { name: 'one of those there were', before: found('192.0.2.1', '192.0.2.2'), now: found('192.0.2.2'), turns: 0 },
  { name: 'one more', before: found('192.0.2.1'), now: found('192.0.2.1', '192.0.2.2'), turns: 0 },
  { name: 'gone', before: found('192.0.2.1'), now: ABSENT, turns: 0 },
  { name: 'not to be found out', before: ABSENT, now: UNKNOWN, turns: 0 },
  {
    name: 'half of it not to be found out',
    before: found('192.0.2.1', '2001:db8::1'),
    now: { ...found('192.0.2.1'), isPartial: true } as AddressAnswer,
    turns: 0,
  },
  { name: 'a failure of another kind', before: ABSENT, now: found('192.0.2.1'), class: 'config', turns: 0 },
])('$name: $turns', async ({ before, now, class: failureClass, turns }) => {
  const watch = open();
  watch.heard(before);
  expect(await watch.look(now, failureClass)).toBe(turns);
});

test('after a restart an address ends a wait for one, and nothing else', async () => {
  expect(await open().look(found('192.0.2.1'), 'dns')).toBe(1);
  expect(await open().look(found('192.0.2.1'), 'validation')).toBe(0);
});

test('once in ten minutes, however often it changes', async () => {
  const watch = open();
  watch.heard(ABSENT);
  expect(await watch.look(found('192.0.2.1'))).toBe(1);
  watch.heard(found('192.0.2.1'));
  watch.pass(599_000);
  expect(await watch.look(found('192.0.2.2'))).toBe(0);
  watch.pass(1000);
  expect(await watch.look(found('192.0.2.3'))).toBe(1);
});

test('addresses that take turns are no change after the first round', async () => {
  const watch = open();
  watch.heard(found('192.0.2.1'));
  expect(await watch.look(found('192.0.2.2'))).toBe(1);
  watch.pass(3_600_000);
  expect(await watch.look(found('192.0.2.1'))).toBe(0);
  expect(await watch.look(found('192.0.2.2'))).toBe(0);
});

test('of many names all have their turn, thirty in a round, four at once', async () => {
  const asked: string[] = [];
  let running = 0;
  let most = 0;
  const watch = createDnsWatch({
    lookup: {
      freshAddresses: async (name) => {
        asked.push(name);
        most = Math.max(most, ++running);
        await new Promise(setImmediate);
        running -= 1;
        return UNKNOWN;
      },
    },
    now: () => 0,
    turned: () => undefined,
  });
  const all = Array.from({ length: 75 }, (_, index) => waiting('dns', `n${index}.example.com`));
  for (const round of [30, 60, 90]) {
    await watch.look(all);
    expect(asked).toHaveLength(round);
  }
  expect(new Set(asked).size).toBe(75);
  expect(most).toBe(4);
});

test('names that wait at two CAs go on at both', async () => {
  const turned: string[] = [];
  let answer = ABSENT as AddressAnswer;
  const watch = createDnsWatch({
    lookup: { freshAddresses: async () => answer },
    now: () => 1e9,
    turned: ({ directory }) => void turned.push(directory),
  });
  const one = waiting('dns', 'a.example.com');
  const both = [one, { ...one, directory: 'https://other.test/dir' }];
  await watch.look(both);
  answer = found('192.0.2.1');
  await watch.look(both);
  expect(turned).toEqual(both.map(({ directory }) => directory));
});
