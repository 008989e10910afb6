import { expect, test } from 'vitest';
import { LeavingServers } from '../../../src/control/leaving-servers.ts';
import type { CounterReport, ServerState } from '../../../src/protocol.ts';
import { server } from '../../support/server-config.ts';

const report = (leaving: CounterReport['leaving']) => ({ leaving }) as CounterReport;
const service = (name: string, ...ids: readonly string[]) => {
  return { name, servers: ids.map((id) => server(80, { id, container: `c-${id}` })), passHostHeader: true };
};

function listed(
  leaving: LeavingServers,
  reports: readonly CounterReport['leaving'][],
  states: Readonly<Record<string, ServerState>> = {},
): readonly string[] {
  return leaving
    .list(reports.map(report), (id) => states[id])
    .map((row) => `${row.service} ${row.container} ${row.state} ${row.requests}`);
}

test('requests of all workers are one sum, for each service of the server', () => {
  const leaving = new LeavingServers();
  leaving.note([service('one', 'a', 'b'), service('two', 'a')]);
  expect(listed(leaving, [{ a: 1 }, { a: 2, b: 1 }], { a: 'draining', b: 'starting' })).toEqual([
    'one c-a draining 3',
    'two c-a draining 3',
  ]);
});

test('a server that is not configured any more is remembered, until it is again', () => {
  const leaving = new LeavingServers();
  leaving.note([service('one', 'a')]);
  leaving.note([]);
  leaving.note([service('other', 'b')]);
  expect(listed(leaving, [{ a: 1 }])).toEqual(['one c-a gone 1']);
  leaving.note([service('one', 'a')]);
  expect(listed(leaving, [{ a: 1 }], { a: 'ready' })).toEqual([]);
});

test('nobody knows a server that was never here, and the memory has an end', () => {
  const leaving = new LeavingServers();
  const ids = Array.from({ length: 1001 }, (_, index) => `s${index}`);
  leaving.note([service('one', ...ids)]);
  leaving.note([]);
  expect(listed(leaving, [{ s0: 1, s1: 1, strange: 1 }])).toEqual(['one c-s1 gone 1']);
});
