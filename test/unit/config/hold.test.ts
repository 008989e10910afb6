import { expect, test } from 'vitest';
import { compile, workload } from '../../support/workloads.ts';

function holdOf(labels: Readonly<Record<string, string>>) {
  const { snapshot, problems } = compile([workload({ labels: { 'sluice.host': 'a.test', ...labels } })]);
  return { ms: snapshot.services[0]?.holdMs, problems, disabled: snapshot.routers[0]?.disabled };
}

test.for([
  [{}, 15_000],
  [{ 'sluice.hold': '5s' }, 5000],
  [{ 'sluice.hold': '0' }, undefined],
  [{ 'sluice.hold': '1h' }, 3_600_000],
] as const)('%j: %s ms', ([labels, ms]) => {
  expect(holdOf(labels)).toEqual({ ms, problems: [], disabled: undefined });
});

test.for([
  ['soon', /is not a duration/],
  ['2h', /is longer than an hour/],
] as const)('%s is an error', ([value, message]) => {
  const { problems } = holdOf({ 'sluice.hold': value });
  expect(problems).toMatchObject([
    { severity: 'error', label: 'sluice.hold', message: expect.stringMatching(message) },
  ]);
});

test('services of the full form hold as long', () => {
  const labels = {
    'traefik.http.routers.w.rule': 'Host(`b.test`)',
    'traefik.http.services.w.loadbalancer.server.port': '80',
  };
  expect(compile([workload({ labels })]).snapshot.services[0]?.holdMs).toBe(15_000);
});
