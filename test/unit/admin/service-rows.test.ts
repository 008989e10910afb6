import { expect, test } from 'vitest';
import { explain, type Explanation } from '../../../src/admin/explain.ts';
import { readQuestion } from '../../../src/admin/explain-question.ts';
import { serviceRows } from '../../../src/admin/service-rows.ts';
import { adminFacts } from '../../support/admin-facts.ts';
import { workload } from '../../support/workloads.ts';

const READY = { state: 'ready', reason: 'it accepts connections' } as const;
const judgements = { 'id-web/172.18.0.2:80': READY, 'id-next/172.18.0.2:80': READY };
const composed = [
  workload({
    name: 'web',
    labels: {
      'com.docker.compose.service': 'shop',
      'sluice.http.routers.r.rule': 'Host(`a.test`)',
      'sluice.http.routers.r.service': 'canary',
      'sluice.http.services.canary.weighted.services[0].name': 'web',
      'sluice.http.services.canary.weighted.services[1].name': 'next',
      'sluice.http.services.web.loadbalancer.server.port': '80',
    },
  }),
  workload({ name: 'next', labels: { 'sluice.http.services.next.loadbalancer.server.port': '80' } }),
];
const leaving = [
  { service: 'web@docker', url: 'http://10.0.0.9:80', container: 'web-old', state: 'gone', requests: 2 },
  { service: 'strange@docker', url: 'http://10.0.0.8:80', container: 'other', state: 'gone', requests: 1 },
] as const;

type Facts = NonNullable<Parameters<typeof adminFacts>[1]>;

async function explained(changes: Facts, labels: Readonly<Record<string, string>> = {}): Promise<Explanation> {
  const question = readQuestion({ url: 'https://a.test/' });
  if ('fault' in question) throw new Error(question.fault);
  const web = workload({ name: 'web', labels: { 'sluice.host': 'a.test', ...labels } });
  const answer = await explain(question, adminFacts([web], { verdict: () => ({ router: 'web@docker' }), ...changes }));
  if ('fault' in answer) throw new Error(answer.fault);
  return answer;
}

test('a service that is made of others has their servers, and those that leave them', async () => {
  const rows = await serviceRows(adminFacts(composed, { judgements, leaving }));
  const row = (name: string) => rows.find((one) => one.name === name);
  expect(row('canary@docker')).toMatchObject({
    status: 'enabled',
    madeOf: 'weighted: web@docker 1, next@docker 1',
    servers: [
      { container: 'next', state: 'ready' },
      { container: 'web', state: 'ready' },
    ],
    leaving: [{ url: 'http://10.0.0.9:80', container: 'web-old', state: 'gone', requests: 2 }],
  });
  expect(row('next@docker')).toMatchObject({ servers: [{ container: 'next' }], leaving: [], composeServices: [] });
  expect(row('web@docker')?.composeServices).toEqual(['shop']);
});

test('a pause is told with its end, of the service that it is for', async () => {
  const rows = await serviceRows(adminFacts(composed, { pausedUntil: { 'web@docker': Date.UTC(2027, 0, 2) } }));
  expect(rows.flatMap(({ name, pausedUntil }) => (pausedUntil === undefined ? [] : [[name, pausedUntil]]))).toEqual([
    ['web@docker', '2027-01-02T00:00:00.000Z'],
  ]);
});

test.for([
  [{}, 'ok', 'requests wait'],
  [{ 'sluice.hold': '0s' }, 'paused', 'requests get 503, as the service holds none'],
] as const)('explain says what becomes of requests meanwhile: %j', async ([labels, reason, words]) => {
  const pausedUntil = { 'web@docker': Date.UTC(2027, 0, 2) };
  const answer = await explained({ judgements, pausedUntil }, labels);
  const message = `paused until 2027-01-02T00:00:00.000Z or \`sluice resume\`: ${words}`;
  expect(answer).toMatchObject({ reason, message, pausedUntil: '2027-01-02T00:00:00.000Z' });
});

test.for([
  ['weighted.services[0].name', 'weighted.services[1].name', 'enabled', 'ok'],
  ['failover.service', 'failover.fallback', 'enabled', 'ok'],
  ['mirroring.service', 'mirroring.mirrors[0].name', 'disabled', 'no_server'],
] as const)(
  'whether %s and %s serve while the second one alone is ready: %s',
  async ([first, second, status, reason]) => {
    const labels = {
      'sluice.http.routers.r.rule': 'Host(`a.test`)',
      'sluice.http.routers.r.service': 'made',
      [`sluice.http.services.made.${first}`]: 'web',
      [`sluice.http.services.made.${second}`]: 'next',
      'sluice.http.services.web.loadbalancer.server.port': '80',
    };
    const workloads = [workload({ name: 'web', labels }), composed[1]!];
    const facts = adminFacts(workloads, {
      judgements: { 'id-next/172.18.0.2:80': READY },
      verdict: () => ({ router: 'r@docker' }),
    });
    const row = (await serviceRows(facts)).find(({ name }) => name === 'made@docker');
    expect(row?.status).toBe(status);
    const question = readQuestion({ url: 'https://a.test/' });
    if ('fault' in question) throw new Error(question.fault);
    const answer = await explain(question, facts);
    expect(answer).toMatchObject({
      reason,
      madeOf: row?.madeOf,
      servers: [{ container: 'next' }, { container: 'web' }],
    });
  },
);
