import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { AllowedName, AllowedNames } from '../../../src/acme/allowed-names.ts';
import type { AskAnswer } from '../../../src/acme/ask-url.ts';
import { OnDemand } from '../../../src/acme/on-demand.ts';
import { collectLogger } from '../../support/collect-logger.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const MATCHER = { kind: 'match', name: 'Host', args: ['*.shop.example.com'] } as const;

let now: number;
let asked: string[];
let changes: number;
let answer: (name: string) => AskAnswer['verdict'];
let answering: (() => void)[] | undefined;
let logger: ReturnType<typeof collectLogger>;

beforeEach(() => {
  now = Date.UTC(2026, 10, 1);
  names = rememberedNames();
  asked = [];
  changes = 0;
  answer = () => 'allowed';
  answering = undefined;
  logger = collectLogger();
});

/** The disk has tests of its own. */
function rememberedNames(): AllowedNames {
  const names = new Map<string, AllowedName>();
  return {
    list: () => [...names.values()],
    has: (name) => names.has(name),
    get: (name) => names.get(name),
    put: async (allowed) => void names.set(allowed.name, allowed),
    remove: async (name) => void names.delete(name),
  };
}

let names: AllowedNames;

function start({ customDirectory = false, isAsking = true } = {}): OnDemand {
  const onDemand = new OnDemand({
    acme: { customDirectory },
    ask: isAsking
      ? async (name) => {
          asked.push(name);
          if (answering !== undefined) await new Promise<void>((resolve) => void answering!.push(resolve));
          return { verdict: answer(name), reason: 'so it says' };
        }
      : undefined,
    names,
    now: () => now,
    logger: logger.logger,
    onChange: () => (changes += 1),
  });
  onDemand.setRouters([{ name: 'shops@docker', matcher: MATCHER }]);
  return onDemand;
}

const namesOf = (onDemand: OnDemand): readonly string[] => onDemand.wanted().flatMap(({ names }) => names);
const settled = (isTrue: () => boolean): Promise<void> => vi.waitFor(() => expect(isTrue()).toBe(true), 10_000);

test('an allowed name is wanted for its router, and still is after a restart', async () => {
  const onDemand = start();
  onDemand.asked('a.shop.example.com');
  await settled(() => changes === 1);
  const wanted = [{ names: ['a.shop.example.com'], issuer: 'acme', routers: ['shops@docker'] }];
  expect(onDemand.wanted()).toEqual(wanted);
  onDemand.asked('a.shop.example.com');
  expect(asked).toEqual(['a.shop.example.com']);
  const again = start();
  expect(again.wanted()).toEqual(wanted);
  again.setRouters([]);
  expect(again.wanted()).toEqual([]);
});

describe('never an order without an allowed answer', () => {
  test.for<AskAnswer['verdict']>(['refused', 'unanswered'])('%s', async (verdict) => {
    answer = () => verdict;
    const onDemand = start();
    onDemand.asked('a.shop.example.com');
    await settled(() => logger.lines.length === 1);
    expect([namesOf(onDemand), changes]).toEqual([[], 0]);
  });

  test('nobody to ask', async () => {
    const onDemand = start({ isAsking: false });
    onDemand.asked('a.shop.example.com');
    expect(namesOf(onDemand)).toEqual([]);
  });

  test.for([
    'other.example.com',
    'x.y.shop.example.com',
    '*.shop.example.com',
    'a.shop.example.com:443',
    'a_b.shop.example.com',
    '192.0.2.1',
    '',
  ])('%j is not even asked about', async (name) => {
    start().asked(name);
    expect(asked).toEqual([]);
  });

  test('a name no public CA signs, but a CA of the user’s own may', async () => {
    const internal = { name: 'shops@docker', matcher: { ...MATCHER, args: ['*.shop.internal'] } };
    for (const customDirectory of [false, true]) {
      const onDemand = start({ customDirectory });
      onDemand.setRouters([internal]);
      onDemand.asked('a.shop.internal');
    }
    expect(asked).toEqual(['a.shop.internal']);
  });
});

test.for<[verdict: AskAnswer['verdict'], waitMs: number]>([
  ['refused', HOUR],
  ['unanswered', MINUTE],
])('a name that was %s is asked about again after %i ms, not before', async ([verdict, waitMs]) => {
  answer = () => verdict;
  const onDemand = start();
  onDemand.asked('a.shop.example.com');
  await settled(() => logger.lines.length === 1);
  now += waitMs - 1;
  onDemand.asked('a.shop.example.com');
  expect(asked).toHaveLength(1);
  now += 1;
  onDemand.asked('a.shop.example.com');
  expect(asked).toHaveLength(2);
});

test('one question for a name that many ask for at once', async () => {
  answering = [];
  const onDemand = start();
  for (let i = 0; i < 10; i++) onDemand.asked('a.shop.example.com');
  expect(asked).toHaveLength(1);
  answering[0]!();
  await settled(() => changes === 1);
});

test('made-up names cost a question a second and no certificate', async () => {
  answer = () => 'refused';
  const onDemand = start();
  for (let second = 0; second < 60; second++) {
    for (let i = 0; i < 100; i++) onDemand.asked(`n${second}-${i}.shop.example.com`);
    await settled(() => logger.lines.length === asked.length);
    now += 1000;
  }
  expect(asked.length).toBeGreaterThan(60);
  expect(asked.length).toBeLessThanOrEqual(80);
  answer = () => 'allowed';
  now += HOUR;
  onDemand.asked('real.shop.example.com');
  await settled(() => namesOf(onDemand).length === 1);
});

test('twenty new certificates an hour, however many are allowed', async () => {
  const onDemand = start();
  for (let second = 0; second < 3600; second++) {
    onDemand.asked(`n${second}.shop.example.com`);
    if (second % 20 === 0) await new Promise(setImmediate);
    now += 1000;
  }
  await settled(() => namesOf(onDemand).length >= 24);
  expect(namesOf(onDemand).length).toBeLessThanOrEqual(25);
});

describe('an allowed name is asked about once a day', () => {
  async function afterADay(verdict: AskAnswer['verdict']): Promise<OnDemand> {
    const onDemand = start();
    onDemand.asked('a.shop.example.com');
    await settled(() => changes === 1);
    onDemand.review();
    expect(asked).toHaveLength(1);
    answer = () => verdict;
    now += 24 * HOUR + 1;
    onDemand.review();
    expect(asked).toHaveLength(2);
    return onDemand;
  }

  test('one that is refused now is given up', async () => {
    const onDemand = await afterADay('refused');
    await settled(() => changes === 2);
    expect(namesOf(onDemand)).toEqual([]);
    expect(namesOf(start())).toEqual([]);
  });

  test.for<AskAnswer['verdict']>(['allowed', 'unanswered'])('one that is %s stays', async (verdict) => {
    const onDemand = await afterADay(verdict);
    await new Promise(setImmediate);
    expect(namesOf(onDemand)).toEqual(['a.shop.example.com']);
  });
});
