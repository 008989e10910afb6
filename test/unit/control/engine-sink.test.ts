import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { RouterPlace, Workload } from '../../../src/config/workload.ts';
import { EngineSink } from '../../../src/control/engine-sink.ts';
import type { KnownWorkloads, LastKnownGood } from '../../../src/control/last-known-good.ts';
import { LINGER_MS } from '../../../src/control/lingering.ts';
import { collectLogger } from '../../support/collect-logger.ts';
import { workload } from '../../support/workloads.ts';

const place: RouterPlace = { networks: ['edge'] };
const web = workload({ name: 'web', health: 'healthy' });
const known: KnownWorkloads = { workloads: [web], place: { networks: ['old'] }, ageMs: 90_000 };

let told: string[];
let saved: (readonly Workload[])[];
let log: ReturnType<typeof collectLogger>;
let sink: EngineSink;

function start(stored: KnownWorkloads | undefined): void {
  sink = new EngineSink({
    inner: {
      workloads: (list, facts) =>
        told.push(
          `${list.map((one) => `${one.name} ${one.health}${one.isLingering === true ? ' gone' : ''}`).join(', ')} in ${facts.place.networks?.join()}`,
        ),
      stopping: (id) => told.push(`stopping ${id}`),
      started: (id) => told.push(`started ${id}`),
      reachable: (isReachable, detail) => told.push(`${isReachable} ${detail}`),
    },
    memory: { save: (list: readonly Workload[]) => void saved.push(list) } as unknown as LastKnownGood,
    known: stored,
    now: () => performance.now(),
    logger: log.logger,
  });
}

const say = (...list: Workload[]) => sink.workloads(list, { at: 0, place, problems: [] });

beforeEach(() => {
  vi.useFakeTimers();
  told = [];
  saved = [];
  log = collectLogger();
  start(known);
});

afterEach(() => {
  sink.stop();
  vi.useRealTimers();
});

describe('an engine that does not answer', () => {
  test('is stood in for by what it said last, whose health must show anew', () => {
    sink.reachable(false, 'away');
    expect(told).toEqual(['false away', 'web none in old']);
    expect(log.lines).toMatchObject([{ level: 'warn', fields: { containers: 1, ageSeconds: 90 } }]);
    // Nobody learns from it what the engine said.
    expect(saved).toEqual([]);
  });

  test('is so once, whatever happens then', () => {
    sink.fallBack();
    sink.reachable(false, 'away');
    sink.fallBack();
    expect(told.filter((line) => line.startsWith('web'))).toHaveLength(1);
  });

  test('and answers at last says all itself', () => {
    sink.fallBack();
    say(workload({ name: 'web', id: 'new' }));
    expect(told.at(-1)).toBe('web none in edge');
  });

  test.for([
    ['has said something', () => say()],
    ['was never known', () => start(undefined)],
    ['had nothing', () => start({ ...known, workloads: [] })],
  ] as const)('but %s: nothing stands in', ([, prepare]) => {
    prepare();
    told = [];
    sink.reachable(false, 'away');
    sink.fallBack();
    expect([told, log.lines]).toEqual([['false away'], []]);
  });
});

test('what the engine says is passed on and kept', () => {
  say(web);
  sink.stopping('a');
  sink.started('b');
  expect(told).toEqual(['web healthy in edge', 'stopping a', 'started b']);
  expect(saved).toEqual([[web]]);
});

test('a container that is gone is told as lingering, and is gone without any further word after its time', () => {
  say(web);
  say();
  expect(told.at(-1)).toBe('web healthy gone in edge');
  expect(saved.at(-1)).toEqual([]);
  vi.advanceTimersByTime(LINGER_MS - 1);
  expect(told).toHaveLength(2);
  vi.advanceTimersByTime(2);
  expect(told.slice(2)).toEqual([' in edge']);
  vi.advanceTimersByTime(10 * LINGER_MS);
  expect(told).toHaveLength(3);
});

test('after a stop nothing more is told', () => {
  say(web);
  say();
  sink.stop();
  vi.advanceTimersByTime(2 * LINGER_MS);
  expect(told).toHaveLength(2);
});
