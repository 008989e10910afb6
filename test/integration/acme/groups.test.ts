import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { problemAnswer } from '../../support/ca-extras.ts';
import { movableClock, startCaLab, type CaLab, type LabRun } from '../../support/ca-lab.ts';
import { eventually, wantedFor } from '../../support/certificate-bench.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
let lab: CaLab;

beforeAll(async () => {
  lab = await startCaLab();
});

afterEach(() => {
  lab.proxy.heal();
  lab.dead.clear();
});

afterAll(() => lab.stop());

const namesServed = (run: LabRun, name: string): readonly string[] | undefined => {
  const found = run.serving(name);
  return found?.source === 'acme' ? found.names.toSorted() : undefined;
};

/** Orders in the order they were made, as lists of names. */
const ordersOf = (suffix: string): readonly string[] =>
  lab.proxy.requests.flatMap(({ path, payload }) => {
    if (path !== '/order-plz') return [];
    const { identifiers } = payload as { readonly identifiers: readonly { readonly value: string }[] };
    const names = identifiers.map(({ value }) => value);
    return names.every((name) => name.endsWith(suffix)) ? [names.toSorted().join(' ')] : [];
  });

test('of a group only the names that the CA rejects go without; they are asked for by themselves a day later', async () => {
  const names = ['a.part.test', 'b.part.test', 'bad.part.test'];
  const subproblems = [
    {
      type: 'urn:ietf:params:acme:error:rejectedIdentifier',
      detail: 'forbidden by policy',
      identifier: { type: 'dns', value: 'bad.part.test' },
    },
  ];
  lab.proxy.fail('/order-plz', problemAnswer(400, 'rejectedIdentifier', { subproblems }), 1);
  const run = await lab.run([wantedFor(...names)]);
  await eventually(() => expect(namesServed(run, 'a.part.test')).toEqual(['a.part.test', 'b.part.test']));
  await eventually(() => expect(run.serving('bad.part.test')?.source).toBe('local'));
  const alone = run.status('bad.part.test')!;
  expect(alone).toMatchObject({ names: ['bad.part.test'], state: 'failed', lastError: { type: 'rejectedIdentifier' } });
  expect(alone.nextAttempt! - alone.lastError!.at!).toBe(DAY);
  expect(ordersOf('part.test')).toEqual(['a.part.test b.part.test bad.part.test', 'a.part.test b.part.test']);
  await run.manager.stop();

  // A restart knows it still; once the name has a certificate, the group is made whole.
  const again = await lab.run([wantedFor(...names)], { dataDir: run.dataDir, clock: run.clock });
  expect(again.status('a.part.test')).toMatchObject({ names: ['a.part.test', 'b.part.test'], state: 'ok' });
  again.clock.advance(1.3 * DAY);
  await eventually(() => expect(namesServed(again, 'bad.part.test')).toEqual(names));
  expect(ordersOf('part.test').slice(2)).toEqual(['bad.part.test', 'a.part.test b.part.test bad.part.test']);
});

test('a member that cannot be validated for a day costs the others their certificate no longer', async () => {
  const clock = movableClock();
  const names = ['fine.day.test', 'gone.day.test'];
  lab.dead.add('gone.day.test');
  const run = await lab.run([wantedFor(...names)], { clock });
  await eventually(() => expect(run.status('fine.day.test')).toMatchObject({ state: 'failed', failures: 1 }));
  clock.advance(20 * MINUTE);
  await eventually(() => expect(run.status('fine.day.test')).toMatchObject({ state: 'failed', failures: 2 }));
  expect(namesServed(run, 'fine.day.test')).toBeUndefined();
  clock.advance(DAY);
  await eventually(() => expect(namesServed(run, 'fine.day.test')).toEqual(['fine.day.test']));
  await eventually(() => {
    expect(run.status('gone.day.test')).toMatchObject({ names: ['gone.day.test'], state: 'failed' });
  });
  lab.dead.clear();
  clock.advance(DAY);
  await eventually(() => expect(namesServed(run, 'gone.day.test')).toEqual(names));
});
