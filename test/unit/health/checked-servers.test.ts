import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { HealthCheckConfig, ServerConfig, TransportTls } from '../../../src/config/dynamic.ts';
import { checkedServerId } from '../../../src/config/server-id.ts';
import { ServerStates } from '../../../src/health/server-states.ts';
import { ScriptedChecker } from '../../support/scripted-checker.ts';
import { healthCheck, server } from '../../support/server-config.ts';

/** Every checker that was made, the newest last, with what it was made for. */
let made: { readonly checker: ScriptedChecker; readonly id: string; readonly tls: TransportTls }[];
let next: ScriptedChecker['next'];
let log: string[];
let batches: number;
/** Whether the servers' ports accept connections. */
let accepts: boolean;
let reports: string[];
let states: ServerStates;

beforeEach(() => {
  vi.useFakeTimers();
  [made, next, log, batches, reports, accepts] = [[], 'pass', [], 0, [], true];
  states = new ServerStates({
    changed: (changes) => {
      batches += 1;
      log.push(...changes.map(([id, state]) => `${id.replace(/ .*/, '')} ${state}`));
    },
    report: ({ server: id, isUp, reason }) =>
      reports.push(`${id.replace(/ .*/, '')} ${isUp ? 'up' : 'down'} ${reason}`),
    probe: async () => accepts,
    random: () => 0.5,
    createChecker: (config, _check, tls) => {
      const checker = new ScriptedChecker();
      checker.next = next;
      made.push({ checker, id: config.id, tls });
      return checker;
    },
  });
});

afterEach(() => {
  states.stop();
  vi.useRealTimers();
});

const settle = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
const ADDRESS = 'c/127.0.0.1:1';

function checked(check: Partial<HealthCheckConfig> = {}, overrides: Partial<ServerConfig> = {}): ServerConfig {
  const plain = server(1, overrides);
  const config = healthCheck({ intervalMs: 1000, unhealthyIntervalMs: 1000, ...check });
  return { ...plain, id: checkedServerId(plain.id, config), check: config };
}

function reconcile(...servers: readonly ServerConfig[]): readonly string[] {
  return states.reconcile([{ servers }]);
}

/** The newest checker finds this from now on. */
function findFromNow(found: ScriptedChecker['next']): void {
  made.at(-1)!.checker.next = found;
}

describe('the check decides', () => {
  test('a server is starting until it has passed, and a TCP connection says nothing', async () => {
    next = 'fail';
    const one = checked();
    reconcile(one);
    await settle(500);
    expect(states.judgementOf(one.id)).toEqual({ state: 'starting', reason: 'answered 500' });
    findFromNow('pass');
    await settle(500);
    expect(states.judgementOf(one.id)).toEqual({ state: 'ready', reason: 'answered 200' });
    expect(log).toEqual([`${ADDRESS} starting`, `${ADDRESS} ready`]);
  });

  test('it is down after three failures and up after two passes, each reported once', async () => {
    const one = checked();
    reconcile(one);
    await settle();
    findFromNow('fail');
    await settle(2500);
    expect(states.stateOf(one.id)).toBe('ready');
    await settle(1000);
    expect(states.judgementOf(one.id)).toEqual({ state: 'down', reason: 'answered 500' });
    findFromNow('pass');
    await settle(1000);
    expect(states.stateOf(one.id)).toBe('down');
    await settle(1000);
    expect(states.stateOf(one.id)).toBe('ready');
    expect(log).toEqual(['starting', 'ready', 'down', 'ready'].map((state) => `${ADDRESS} ${state}`));
    expect(reports).toEqual([`${ADDRESS} down answered 500`, `${ADDRESS} up answered 200`]);
  });

  test('all may be down', async () => {
    const servers = [checked(), { ...checked({}, { id: 'd/127.0.0.1:2' }) }];
    reconcile(...servers);
    await settle();
    for (const { checker } of made) checker.next = 'fail';
    await settle(4000);
    expect(servers.map(({ id }) => states.stateOf(id))).toEqual(['down', 'down']);
  });
});

describe('others decide before the check', () => {
  test.for([
    ['unhealthy', 'down'],
    ['starting', 'starting'],
  ] as const)("Docker's %s is %s, and nothing is asked", async ([health, state]) => {
    const one = checked({}, { health });
    reconcile(one);
    await settle(5000);
    expect([states.stateOf(one.id), made.length]).toEqual([state, 0]);
  });

  test("Docker's healthy is not enough", async () => {
    next = 'fail';
    const one = checked({}, { health: 'healthy' });
    reconcile(one);
    await settle(5000);
    expect(states.stateOf(one.id)).toBe('starting');
  });

  test("what Docker's health turns to is followed, and healthy after none changes nothing", async () => {
    reconcile(checked());
    await settle();
    reconcile(checked({}, { health: 'healthy' }));
    reconcile(checked({}, { health: 'unhealthy' }));
    await settle();
    reconcile(checked({}, { health: 'healthy' }));
    await settle();
    expect(log).toEqual(['starting', 'ready', 'down', 'starting', 'ready'].map((state) => `${ADDRESS} ${state}`));
  });

  test('one that was told to stop is draining, and not asked', async () => {
    const one = checked();
    reconcile(one);
    await settle();
    states.stopping('c');
    const asked = made.at(-1)!.checker.count;
    await settle(20_000);
    expect([states.stateOf(one.id), made.at(-1)!.checker.count]).toEqual(['draining', asked]);
    await settle(10_000);
    expect(states.stateOf(one.id)).toBe('ready');
  });

  test('a new process is judged anew', async () => {
    const one = checked();
    reconcile(one);
    await settle();
    next = 'fail';
    states.started('c');
    await settle(100);
    expect(states.stateOf(one.id)).toBe('starting');
    findFromNow('pass');
    await settle(1000);
    expect(states.stateOf(one.id)).toBe('ready');
  });

  test('a refused connection takes it out at once, and one pass brings it back', async () => {
    const one = checked();
    reconcile(one);
    await settle();
    findFromNow('fail');
    const { closed } = made.at(-1)!.checker;
    states.refused(one.id);
    expect(states.judgementOf(one.id)).toEqual({ state: 'starting', reason: '127.0.0.1:1 refuses connections' });
    // A connection that stood before would prove nothing.
    expect(made.at(-1)!.checker.closed).toBe(closed + 1);
    await settle(100);
    findFromNow('pass');
    await settle(100);
    expect(states.stateOf(one.id)).toBe('ready');
  });
});

describe('a check of another port', () => {
  test('does not speak for one that refuses connections: it begins anew when that accepts again', async () => {
    const one = checked({ port: 8081 });
    reconcile(one);
    await settle();
    expect(states.stateOf(one.id)).toBe('ready');
    accepts = false;
    states.refused(one.id);
    await settle(5000);
    expect(states.judgementOf(one.id)).toEqual({ state: 'starting', reason: '127.0.0.1:1 refuses connections' });
    accepts = true;
    findFromNow('fail');
    await settle(1000);
    expect(states.judgementOf(one.id)).toEqual({ state: 'starting', reason: 'answered 500' });
    findFromNow('pass');
    await settle(1000);
    expect(states.judgementOf(one.id)).toEqual({ state: 'ready', reason: 'answered 200' });
  });

  test('a server that is gone meanwhile leaves nothing', async () => {
    const one = checked({ port: 8081 });
    reconcile(one);
    await settle();
    accepts = false;
    states.refused(one.id);
    await settle(100);
    reconcile();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('over snapshots', () => {
  test('a reload that changes nothing of the check resets nothing', async () => {
    reconcile(checked());
    await settle();
    findFromNow('fail');
    await settle(2500);
    expect(reconcile(checked(), server(2))).toEqual([]);
    await settle(700);
    expect(states.stateOf(checked().id)).toBe('down');
    expect(made).toHaveLength(1);
  });

  test('two checks of one address do not mix', async () => {
    const [one, two] = [checked({ path: '/one' }), checked({ path: '/two' })];
    states.reconcile([{ servers: [one] }, { servers: [two] }]);
    await settle();
    made.find(({ id }) => id === one.id)!.checker.next = 'fail';
    await settle(5000);
    expect([states.stateOf(one.id), states.stateOf(two.id)]).toEqual(['down', 'ready']);
    states.stopping('c');
    expect([states.stateOf(one.id), states.stateOf(two.id)]).toEqual(['draining', 'draining']);
  });

  test.for(['ready', 'down', 'starting', 'draining'] as const)(
    'a server whose check changed goes on as %s',
    async (state) => {
      next = state === 'starting' ? 'fail' : 'pass';
      const [one, two] = [checked({ path: '/one' }), checked({ path: '/two' })];
      reconcile(one);
      await settle();
      if (state === 'down') {
        findFromNow('fail');
        await settle(4000);
      }
      if (state === 'draining') states.stopping('c');
      expect(states.stateOf(one.id)).toBe(state);
      next = 'hang';
      expect(reconcile(two)).toEqual([one.id]);
      expect(states.stateOf(two.id)).toBe(state);
      expect(states.stateOf(one.id)).toBeUndefined();
    },
  );

  test('one that was down is up as the new check says', async () => {
    reconcile(checked({ path: '/one' }));
    await settle();
    findFromNow('fail');
    await settle(4000);
    reconcile(checked({ path: '/two', rise: 1 }));
    await settle(1100);
    expect(states.stateOf(checked({ path: '/two', rise: 1 }).id)).toBe('ready');
  });

  test('a check that comes or goes moves no server that is ready', async () => {
    reconcile(server(1));
    await settle();
    next = 'hang';
    reconcile(checked());
    await settle(900);
    reconcile(server(1));
    await settle(10);
    expect(log).toEqual(['starting', 'ready', 'ready', 'ready'].map((state) => `${ADDRESS} ${state}`));
  });

  test('a server that goes takes its check with it', async () => {
    reconcile(checked());
    await settle();
    expect(reconcile()).toEqual([checked().id]);
    expect([vi.getTimerCount(), made.at(-1)!.checker.closed > 0]).toEqual([0, true]);
  });

  test('another way to verify its certificate is used from the next check on, and changes no state', async () => {
    const tls = { insecureSkipVerify: true };
    states.reconcile([{ servers: [checked()] }]);
    await settle();
    states.reconcile([{ servers: [checked()], tls }]);
    states.reconcile([{ servers: [checked()], tls: { ...tls } }]);
    await settle(1100);
    expect(made.map((one) => [one.tls, one.checker.count])).toEqual([
      [{ insecureSkipVerify: false }, 1],
      [tls, 1],
    ]);
    expect(log).toEqual([`${ADDRESS} starting`, `${ADDRESS} ready`]);
  });

  test('the changes of one snapshot are one message', () => {
    reconcile(...Array.from({ length: 500 }, (_, at) => server(at + 1)));
    expect([batches, log.length]).toEqual([1, 500]);
  });

  test('to stop leaves no timer and no connection', async () => {
    reconcile(checked(), checked({ path: '/two' }), server(2));
    await settle();
    states.stop();
    expect([vi.getTimerCount(), made.every(({ checker }) => checker.closed > 0)]).toEqual([0, true]);
  });
});

describe('ejection', () => {
  test('a server that would be ready is down, for that reason, until it is restored', async () => {
    const one = checked();
    reconcile(one);
    await settle();
    states.eject(one.id, 'five failures');
    expect(states.judgementOf(one.id)).toEqual({ state: 'down', reason: 'five failures' });
    await settle(3000);
    expect(states.stateOf(one.id)).toBe('down');
    states.restore(one.id);
    expect(states.judgementOf(one.id)).toEqual({ state: 'ready', reason: 'answered 200' });
    expect(log.slice(1)).toEqual([`${ADDRESS} ready`, `${ADDRESS} down`, `${ADDRESS} ready`]);
    expect(reports).toEqual([]);
  });

  test('what is known of it otherwise goes before, and goes on', async () => {
    const one = checked();
    reconcile(one);
    await settle();
    states.eject(one.id, 'five failures');
    findFromNow('fail');
    await settle(4000);
    expect(states.judgementOf(one.id)?.reason).toBe('answered 500');
    states.restore(one.id);
    states.restore('nobody');
    expect(states.stateOf(one.id)).toBe('down');
    states.eject(one.id, 'five failures');
    states.stopping('c');
    expect(states.stateOf(one.id)).toBe('draining');
  });
});
