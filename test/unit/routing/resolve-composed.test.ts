import { expect, test } from 'vitest';
import { compile, workload } from '../../support/workloads.ts';

const service = (name: string, ...members: readonly string[]): Record<string, string> =>
  Object.fromEntries(members.map((one, n) => [`sluice.http.services.${name}.weighted.services[${n}].name`, one]));

test('what is made of a service that cannot work cannot work either, at any depth', () => {
  const labels = {
    'sluice.http.routers.r.rule': 'Host(`a.test`)',
    'sluice.http.routers.r.service': 'outer',
    ...service('outer', 'middle'),
    ...service('middle', 'inner', 'web'),
    ...service('inner', 'nobody'),
    'sluice.http.services.web.loadbalancer.server.port': '80',
  };
  const { snapshot, problems } = compile([workload({ name: 'web', labels })]);
  expect(snapshot.routers.find(({ name }) => name === 'r@docker')).toMatchObject({
    service: 'noop@internal',
    disabled: 'the service outer@docker cannot work: what it is made of cannot',
  });
  expect(problems.map(({ object, message }) => `${object} ${message}`)).toEqual([
    'inner@docker there is no service nobody@docker',
  ]);
});

test.for([
  ['ejection', 'sluice.http.services.s.loadbalancer.passivehealthcheck.maxfailedattempts', ['3', '4']],
  ['composed', 'sluice.http.services.s.weighted.services[0].name', ['x', 'y']],
] as const)('two containers that say otherwise of its %s are told so', ([, label, values]) => {
  const [older, newer] = values.map((value, n) =>
    workload({ name: `w-${n}`, createdAt: n, labels: { [label]: value } }),
  );
  const { problems } = compile([older!, newer!]);
  expect(problems.filter(({ code }) => code === 'service_conflict')).toMatchObject([{ container: 'w-1' }]);
});
