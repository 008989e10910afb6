import { describe, expect, test } from 'vitest';
import type { Workload } from '../../../src/config/workload.ts';
import { Lingering, LINGER_MS } from '../../../src/control/lingering.ts';
import { workload } from '../../support/workloads.ts';

const web = workload({ name: 'web', id: 'old' });
const other = workload({ name: 'other' });
const names = (list: readonly Workload[]) =>
  list.map(({ name, isLingering }) => (isLingering === true ? `(${name})` : name));

/** Who is there after these lists, one second apart. */
function after(...lists: readonly (readonly Workload[])[]): string[] {
  const lingering = new Lingering();
  let last: readonly Workload[] = [];
  for (const [index, list] of lists.entries()) last = lingering.take(list, index * 1000);
  return names(last);
}

describe('a container that left the list', () => {
  test('stays as a stopped one, junior to all', () => {
    const lingering = new Lingering();
    lingering.take([web, other], 0);
    expect(lingering.take([other], 1000)).toEqual([
      other,
      { ...web, running: false, networks: [], createdAt: Number.MAX_SAFE_INTEGER - 1, isLingering: true },
    ]);
  });

  test.for<readonly [string, readonly (readonly Workload[])[], readonly string[]]>([
    ['was never running', [[{ ...web, running: false }], []], []],
    ['was stopped before', [[web], [{ ...web, running: false }], []], ['(web)']],
    ['has a successor of its name', [[web], [], [workload({ name: 'web', id: 'new' })]], ['web']],
    ['has one that does not run yet', [[web], [], [workload({ name: 'web', id: 'new', running: false })]], ['web']],
    ['has one of its service', [[web], [workload({ name: 'x', id: 'new', baseName: 'web' })]], ['x']],
    ['has a neighbour of another service', [[web], [other]], ['other', '(web)']],
    ['is back', [[web], [], [web]], ['web']],
    ['left twice', [[web], [], [web], []], ['(web)']],
    ['left with a replica', [[web, { ...web, id: 'b', name: 'web-2', baseName: 'web' }], []], ['(web)', '(web-2)']],
  ])('and %s', ([, lists, expected]) => {
    expect(after(...lists)).toEqual(expected);
  });

  test('is senior to those that left before: its visitors wait', () => {
    const lingering = new Lingering();
    lingering.take([web, other], 0);
    lingering.take([other], 1000);
    const [first, second] = lingering.take([], 2000);
    expect([first!.name, second!.name]).toEqual(['web', 'other']);
    expect(second!.createdAt).toBeLessThan(first!.createdAt);
  });

  test('is forgotten after its time, and not before', () => {
    const lingering = new Lingering();
    lingering.take([web, other], 0);
    lingering.take([other], 1000);
    lingering.take([], 2000);
    expect(lingering.nextEnd).toBe(1000 + LINGER_MS);
    expect(names(lingering.at(999 + LINGER_MS))).toEqual(['(web)', '(other)']);
    expect(names(lingering.at(1000 + LINGER_MS))).toEqual(['(other)']);
    expect(lingering.nextEnd).toBe(2000 + LINGER_MS);
    expect(names(lingering.at(2000 + LINGER_MS))).toEqual([]);
    expect(lingering.nextEnd).toBeUndefined();
  });
});
