import { afterEach, beforeEach, expect, test } from 'vitest';
import { ServerJudge } from '../../../src/control/server-judge.ts';
import type { ServerState } from '../../../src/protocol.ts';
import { collectLogger } from '../../support/collect-logger.ts';
import { server } from '../../support/server-config.ts';

const A = 'a/127.0.0.1:1';
const B = 'b/127.0.0.1:2';

let told: Map<string, ServerState>;
let judge: ServerJudge;

beforeEach(() => {
  told = new Map();
  judge = new ServerJudge((changes) => {
    for (const [id, state] of changes) told.set(id, state);
  }, collectLogger().logger);
  // Docker says healthy, so that nothing is asked.
  const servers = [server(1, { id: A, health: 'healthy' }), server(2, { id: B, health: 'healthy' })];
  judge.reconcile({ routers: [], services: [{ name: 'app', servers, passHostHeader: true }], transports: {} });
});

afterEach(() => judge.stop());

const fail = (serverId: string): void => judge.failing({ serverId, detail: 'x', baseMs: 60_000, maxMs: 60_000 });
const states = () => [told.get(A), told.get(B)];

test('a server whose process began again is no longer ejected, and may be', () => {
  fail(A);
  expect(states()).toEqual(['down', 'ready']);
  judge.started('a');
  expect(states()).toEqual(['ready', 'ready']);
  fail(A);
  expect(states()).toEqual(['down', 'ready']);
});

test('when the other one is told to stop, an ejected one is used again at once', () => {
  fail(A);
  judge.stopping('b');
  expect(states()).toEqual(['ready', 'draining']);
});

test('it counts as any other, so that another one may be ejected', () => {
  fail(A);
  judge.started('a');
  fail(B);
  expect(states()).toEqual(['ready', 'down']);
});
