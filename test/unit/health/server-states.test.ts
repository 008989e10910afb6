import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ServerStates } from '../../../src/health/server-states.ts';
import { server } from '../../support/server-config.ts';

let accepts: boolean;
let probes: number;
let log: string[];
let states: ServerStates;

beforeEach(() => {
  vi.useFakeTimers();
  accepts = true;
  probes = 0;
  log = [];
  states = new ServerStates({
    changed: (changes) => log.push(...changes.map(([id, state]) => `${id} ${state}`)),
    probe: async () => {
      probes += 1;
      return accepts;
    },
  });
});

afterEach(() => {
  states.stop();
  vi.useRealTimers();
});

const ID = 'c/127.0.0.1:1';
const settle = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

describe('readiness (design section 8)', () => {
  test('a server without health check is ready once its port accepts', async () => {
    accepts = false;
    states.reconcile([{ servers: [server(1)] }]);
    await settle(60);
    expect([log, probes]).toEqual([[`${ID} starting`], 3]);
    accepts = true;
    await settle(40);
    expect(states.stateOf(ID)).toBe('ready');
  });

  test('probes come at 0, 25, 50, 100 … 1000 ms, then each second', async () => {
    accepts = false;
    states.reconcile([{ servers: [server(1)] }]);
    await settle(1000);
    expect(probes).toBe(10);
    await settle(3000);
    expect(probes).toBe(13);
  });

  test('one that refuses a connection gets no request until it accepts again', async () => {
    states.reconcile([{ servers: [server(1)] }]);
    await settle();
    accepts = false;
    states.refused(ID);
    await settle(300);
    expect([states.stateOf(ID), states.judgementOf(ID)?.reason]).toEqual([
      'starting',
      '127.0.0.1:1 refuses connections',
    ]);
    accepts = true;
    await settle(1000);
    expect(states.stateOf(ID)).toBe('ready');
    states.stopping('c');
    states.refused(ID);
    states.refused('nobody');
    await settle(1000);
    expect(states.stateOf(ID)).toBe('draining');
  });

  test.for([
    ['healthy', 'ready'],
    ['unhealthy', 'down'],
    ['starting', 'starting'],
  ] as const)("Docker's %s decides without a probe: %s", async ([health, state]) => {
    states.reconcile([{ servers: [server(1, { health })] }]);
    await settle(5000);
    expect([states.stateOf(ID) ?? 'down', probes]).toEqual([state, 0]);
  });

  test('health that changes is judged anew', async () => {
    states.reconcile([{ servers: [server(1, { health: 'starting' })] }]);
    states.reconcile([{ servers: [server(1, { health: 'healthy' })] }]);
    states.reconcile([{ servers: [server(1, { health: 'unhealthy' })] }]);
    expect(log).toEqual([`${ID} starting`, `${ID} ready`, `${ID} down`]);
  });

  test('health that changes while it is told to stop brings nobody back', () => {
    states.reconcile([{ servers: [server(1, { health: 'starting' })] }]);
    states.stopping('c');
    states.reconcile([{ servers: [server(1, { health: 'healthy' })] }]);
    expect(states.stateOf(ID)).toBe('draining');
  });

  test('the same health once more brings none back that refuses connections', async () => {
    states.reconcile([{ servers: [server(1, { health: 'healthy' })] }]);
    accepts = false;
    states.refused(ID);
    states.reconcile([{ servers: [server(1, { health: 'healthy' })] }]);
    await settle(300);
    expect(states.stateOf(ID)).toBe('starting');
  });
});

describe('over snapshots', () => {
  test('a server that stays is not probed again', async () => {
    states.reconcile([{ servers: [server(1)] }]);
    await settle();
    states.reconcile([{ servers: [server(1), server(2)] }]);
    await settle();
    expect(probes).toBe(2);
  });

  test('a server that goes is reported, and no probe of it lives on', async () => {
    accepts = false;
    states.reconcile([{ servers: [server(1)] }]);
    await settle(30);
    expect(states.reconcile([])).toEqual([ID]);
    const before = probes;
    await settle(10_000);
    expect(probes).toBe(before);
    expect(states.stateOf(ID)).toBeUndefined();
  });
});

describe('stopping', () => {
  test('drains at once and returns when the container never died', async () => {
    states.reconcile([{ servers: [server(1)] }]);
    await settle();
    states.stopping('c');
    states.stopping('other');
    expect(states.stateOf(ID)).toBe('draining');
    await settle(29_000);
    expect(states.stateOf(ID)).toBe('draining');
    await settle(2000);
    expect(states.stateOf(ID)).toBe('ready');
  });

  test('a list that still shows it does not undo the drain', async () => {
    states.reconcile([{ servers: [server(1)] }]);
    await settle();
    states.stopping('c');
    states.reconcile([{ servers: [server(1)] }]);
    await settle(100);
    expect(states.stateOf(ID)).toBe('draining');
  });

  test('a new process under the same identity is judged anew', async () => {
    states.reconcile([{ servers: [server(1)] }]);
    await settle();
    states.stopping('c');
    accepts = false;
    states.started('c');
    await settle(10);
    expect(states.stateOf(ID)).toBe('starting');
    accepts = true;
    await settle(1000);
    expect(states.stateOf(ID)).toBe('ready');
  });
});
