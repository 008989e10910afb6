import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { RouterPlace, Workload } from '../../../src/config/workload.ts';
import { createDockerApi } from '../../../src/provider/docker/docker-api.ts';
import { createDockerProvider } from '../../../src/provider/docker/docker-provider.ts';
import type { Provider } from '../../../src/provider/provider.ts';
import { startFakeEngine, type FakeEngine } from '../../support/fake-engine.ts';

interface Told {
  readonly names: readonly string[];
  readonly place: RouterPlace;
  readonly at: number;
}

const row = (name: string, changes: object = {}) => ({
  Id: name.padEnd(64, '0'),
  Names: [`/${name}`],
  State: 'running',
  Status: 'Up 1 second',
  NetworkSettings: { Networks: { bridge: { IPAddress: '172.17.0.2' } } },
  ...changes,
});

const event = (action: string, attributes: object = {}) =>
  `${JSON.stringify({ Type: 'container', Action: action, Actor: { ID: 'c1', Attributes: attributes } })}\n`;

let engine: FakeEngine;
let provider: Provider;
let told: Told[];
let lists: Workload[][];
let log: string[];

const names = () => told.map((entry) => entry.names.join(' '));
const listCalls = () => engine.calls.filter((path) => path === '/containers/json').length;
const until = (condition: () => unknown) => vi.waitFor(condition, { timeout: 10_000, interval: 5 });

const begin = (self = { hostname: 'vps', mountinfo: '' }, now = () => performance.now()) => {
  const api = createDockerApi({ endpoint: engine.endpoint, certPath: undefined });
  provider = createDockerProvider({ api, self, now, random: () => 0 });
  provider.start({
    workloads: (list, { at, place, problems }) => {
      expect(problems).toEqual([]);
      lists.push([...list]);
      told.push({ names: list.map((workload) => workload.name), place, at });
      log.push(`workloads ${list.map((workload) => workload.name).join(' ')}`.trim());
    },
    stopping: (id) => log.push(`stopping ${id}`),
    started: (id) => log.push(`started ${id}`),
    reachable: (isReachable, detail) => log.push(`${isReachable ? 'reached' : 'lost'} ${detail}`),
  });
};

/**
 * Started and calm: the first list and the one that follows it are asked for. By this clock lists cost nothing, so the pause behind
 * one is the shortest and each event gets its two lists, however slow the machine is.
 */
const beginQuietly = async (rows: unknown, now = () => 0) => {
  engine.rows = rows;
  begin(undefined, now);
  await until(() => expect(listCalls()).toBe(2));
};

beforeEach(async () => {
  engine = await startFakeEngine();
  told = [];
  lists = [];
  log = [];
});

afterEach(async () => {
  await provider.stop();
  await engine.stop();
});

describe('at the start', () => {
  test('it subscribes before it lists, so that nothing falls in between', async () => {
    await beginQuietly([row('web')]);
    expect(engine.calls.slice(0, 2)).toEqual(['/events', '/containers/json']);
    expect(names()).toEqual(['web']);
  });

  test('it asks for the events it acts on and no others', async () => {
    await beginQuietly([]);
    const filters = JSON.parse(engine.eventQuery().get('filters')!) as Record<string, string[]>;
    expect(filters['type']).toEqual(['container', 'network']);
    expect(filters['event']).toEqual(expect.arrayContaining(['start', 'die', 'kill', 'health_status', 'connect']));
    expect([...engine.eventQuery().keys()]).toEqual(['filters']);
  });

  test('it makes no call but version, events and the list', async () => {
    await beginQuietly([]);
    expect(new Set(engine.calls)).toEqual(new Set(['/events', '/containers/json', '/version']));
  });

  test('no container at all is an answer', async () => {
    await beginQuietly([]);
    expect(names()).toEqual(['']);
  });

  test('it says once what it reached', async () => {
    await beginQuietly([]);
    await until(() => expect(log).toContain(`reached ${engine.endpoint}: Docker 99.0, API 1.99`));
    expect(log.filter((line) => line.startsWith('reached'))).toHaveLength(1);
  });

  test('an engine that is absent is waited for', async () => {
    await engine.goAway();
    begin();
    await until(() => expect(log.join()).toContain('the socket does not exist'));
    expect(told).toEqual([]);
    engine.rows = [row('web')];
    await engine.comeBack();
    await until(() => expect(names()).toEqual(['web']));
  });

  test('it tells the networks of its own container', async () => {
    engine.rows = [row('ab12ab12ab12'), row('web')];
    begin({ hostname: 'ab12ab12ab12', mountinfo: '' });
    await until(() => expect(told[0]?.place).toEqual({ networks: ['bridge'] }));
  });
});

describe('an event', () => {
  test('is followed by a list, told with the time of the event', async () => {
    await beginQuietly([row('web')], () => performance.now());
    engine.rows = [row('web'), row('api')];
    const sent = performance.now();
    engine.send(event('start'));
    await until(() => expect(names()).toEqual(['web', 'api web']));
    const { at } = told[1]!;
    expect(at).toBeGreaterThanOrEqual(sent);
    expect(at).toBeLessThanOrEqual(performance.now());
  });

  test('arrives whole however it is cut', async () => {
    await beginQuietly([row('web')]);
    engine.rows = [row('web'), row('grün')];
    const text = Buffer.from(event('start', { name: 'grün' }));
    for (const byte of text.subarray(0, -1)) engine.send(Buffer.from([byte]));
    const before = listCalls();
    engine.send(event('kill', { signal: '1' }));
    engine.send('\n');
    await until(() => expect(names()).toEqual(['web', 'grün web']));
    expect(listCalls()).toBe(before + 1);
  });

  test('that changes nothing is not told', async () => {
    await beginQuietly([row('web')]);
    const before = listCalls();
    engine.rows = [row('web', { Status: 'Up 3 seconds' })];
    engine.send(event('health_status: healthy'));
    await until(() => expect(listCalls()).toBe(before + 2));
    engine.rows = [row('web'), row('api')];
    engine.send(event('start'));
    await until(() => expect(names()).toEqual(['web', 'api web']));
  });

  test('that means nothing causes no list', async () => {
    await beginQuietly([row('web')]);
    const before = listCalls();
    engine.send(event('exec_start: true') + event('kill', { signal: '1' }) + event('attach'));
    engine.send(event('kill', { signal: '15' }));
    await until(() => expect(log).toContain('stopping c1'));
    expect(listCalls()).toBe(before);
  });

  test('of a signal drains a container whose image stops at it, and no other', async () => {
    await beginQuietly([row('web')]);
    engine.stopSignals.set('c1', 'SIGWINCH').set('c2', '').set('c3', 'SIGQUIT');
    const of = (id: string, signal: string) =>
      `${JSON.stringify({ Type: 'container', Action: 'kill', Actor: { ID: id, Attributes: { signal } } })}\n`;
    engine.send(of('c2', '3') + of('c3', '28') + of('c1', '28') + of('c4', '3'));
    await until(() => expect(log.filter((line) => line.startsWith('stopping'))).toHaveLength(2));
    expect(log.filter((line) => line.startsWith('stopping')).sort()).toEqual(['stopping c1', 'stopping c4']);
  });

  test('which is garbage causes a list and nothing worse', async () => {
    await beginQuietly([row('web')]);
    engine.rows = [row('api')];
    engine.send('<html>\n{"Type":\n');
    await until(() => expect(names()).toEqual(['web', 'api']));
    expect(engine.streams()).toBe(1);
  });

  test('about a container that died in the meantime is no fault', async () => {
    await beginQuietly([row('web')]);
    engine.rows = [];
    engine.send(event('start') + event('die') + event('destroy'));
    await until(() => expect(names()).toEqual(['web', '']));
    expect(log.filter((line) => line.startsWith('lost'))).toEqual([]);
  });

  test('is followed by one more list, for what the engine says before its list shows it', async () => {
    await beginQuietly([row('web')]);
    const before = listCalls();
    engine.send('{"Type":"network","Action":"connect"}\n');
    await until(() => expect(listCalls()).toBe(before + 1));
    engine.rows = [row('web', { NetworkSettings: { Networks: { net: { IPAddress: '10.0.0.2' } } } })];
    await until(() => expect(lists.at(-1)?.[0]?.networks).toEqual([{ network: 'net', address: '10.0.0.2' }]));
    expect(listCalls()).toBe(before + 2);
  });
});

describe('a container that ended', () => {
  const die = (id: string) => event('die').replace('c1', id.padEnd(64, '0'));

  test('is told as such although the list still shows it running', async () => {
    await beginQuietly([row('web'), row('api')]);
    engine.send(die('web'));
    await until(() => expect(told).toHaveLength(2));
    expect(lists[1]).toMatchObject([
      { name: 'api', running: true, networks: [{ network: 'bridge' }] },
      { name: 'web', running: false, networks: [] },
    ]);
  });

  test('and started again runs', async () => {
    await beginQuietly([row('web')]);
    engine.send(die('web'));
    await until(() => expect(lists.at(-1)?.[0]?.running).toBe(false));
    engine.send(event('start').replace('c1', 'web'.padEnd(64, '0')));
    await until(() => expect(lists.at(-1)?.[0]?.running).toBe(true));
  });

  test('and was shown as ended counts as running when the list says so again', async () => {
    await beginQuietly([row('web')]);
    engine.rows = [row('web', { State: 'exited' })];
    engine.send(die('web'));
    await until(() => expect(lists.at(-1)?.[0]?.running).toBe(false));
    engine.rows = [row('web')];
    engine.send(event('unpause'));
    await until(() => expect(lists.at(-1)?.[0]?.running).toBe(true));
  });

  test('is believed from the list of a new connection', async () => {
    await beginQuietly([row('web')]);
    engine.send(die('web'));
    await until(() => expect(lists.at(-1)?.[0]?.running).toBe(false));
    engine.endStreams();
    await until(() => expect(lists.at(-1)?.[0]?.running).toBe(true));
  });
});

describe('a burst', () => {
  test('of ten events at once is at most two lists', async () => {
    await beginQuietly([row('web')]);
    const before = listCalls();
    engine.rows = [row('api')];
    engine.send(event('start').repeat(10));
    await until(() => expect(names()).toEqual(['web', 'api']));
    engine.rows = [];
    engine.send(event('die'));
    await until(() => expect(names()).toEqual(['web', 'api', '']));
    // One for the burst's first event, one for its rest, one for the die.
    expect(listCalls() - before).toBeLessThanOrEqual(3);
  });

  test('during a slow list ends with a list that saw all of it', async () => {
    await beginQuietly([row('web')]);
    const slow = Promise.withResolvers<void>();
    const before = listCalls();
    engine.beforeList = () => slow.promise;
    engine.send(event('start'));
    await until(() => expect(listCalls()).toBe(before + 1));
    engine.send(event('start').repeat(5));
    engine.rows = [row('api')];
    engine.beforeList = () => {
      engine.rows = [row('api'), row('last')];
    };
    slow.resolve();
    await until(() => expect(names().at(-1)).toBe('api last'));
    expect(listCalls()).toBe(before + 2);
  });
});

describe('a container told to stop', () => {
  test('is named at once, before any list', async () => {
    await beginQuietly([row('c1')]);
    const never = Promise.withResolvers<void>();
    engine.beforeList = () => never.promise;
    engine.send(event('start') + event('kill', { signal: '15' }));
    await until(() => expect(log).toContain('stopping c1'));
    expect(names()).toEqual(['c1']);
    never.resolve();
  });

  test('comes before the list that shows it gone', async () => {
    await beginQuietly([row('c1')]);
    engine.rows = [];
    engine.send(event('kill', { signal: '15' }) + event('die'));
    await until(() => expect(names()).toEqual(['c1', '']));
    expect(log.slice(-2)).toEqual(['stopping c1', 'workloads']);
  });
});

describe('a container that starts', () => {
  test('is named before the list that shows it', async () => {
    await beginQuietly([]);
    engine.rows = [row('c1')];
    engine.send(event('start'));
    await until(() => expect(names()).toEqual(['', 'c1']));
    expect(log.slice(-2)).toEqual(['started c1', 'workloads c1']);
  });

  test('again is named although the list is as before', async () => {
    await beginQuietly([row('c1')]);
    const before = listCalls();
    engine.send(event('kill', { signal: '15' }) + event('die') + event('start'));
    await until(() => expect(listCalls()).toBeGreaterThan(before));
    expect(log.slice(-2)).toEqual(['stopping c1', 'started c1']);
    expect(names()).toEqual(['c1']);
  });
});

describe('a lost engine', () => {
  test('keeps the last list and is found again, with what changed meanwhile', async () => {
    await beginQuietly([row('web')]);
    await engine.goAway();
    await until(() => expect(log.at(-1)).toContain('the socket does not exist'));
    expect(names()).toEqual(['web']);
    engine.rows = [row('api')];
    await engine.comeBack();
    await until(() => expect(names()).toEqual(['web', 'api']));
    await until(() => expect(log.at(-1)).toContain('reached'));
  });

  test('that comes back unchanged is not told again', async () => {
    await beginQuietly([row('web')]);
    await engine.goAway();
    await until(() => expect(log.at(-1)).toContain('lost'));
    await engine.comeBack();
    await until(() => expect(log.at(-1)).toContain('reached'));
    expect(names()).toEqual(['web']);
    engine.rows = [];
    engine.send(event('die'));
    await until(() => expect(names()).toEqual(['web', '']));
  });

  test('is reported once per reason, not once per attempt', async () => {
    await beginQuietly([]);
    await engine.goAway();
    await until(() => expect(log.at(-1)).toContain('the socket does not exist'));
    const before = log.length;
    await engine.comeBack();
    engine.status = 403;
    const calls = engine.calls.length;
    await until(() => expect(engine.calls.length).toBeGreaterThan(calls + 3));
    expect(log.slice(before)).toEqual([expect.stringContaining('allow GET on /containers/json')]);
  });

  test.for([
    { name: 'before a list', begin: '' },
    { name: 'in the middle of a list', begin: '[{"Id":' },
  ])('$name is given up and found again', async ({ begin }) => {
    await beginQuietly([row('web')]);
    const never = Promise.withResolvers<void>();
    const before = listCalls();
    engine.listBegin = begin;
    engine.beforeList = () => never.promise;
    engine.send(event('start'));
    await until(() => expect(listCalls()).toBe(before + 1));
    await engine.goAway();
    engine.listBegin = '';
    engine.beforeList = () => undefined;
    engine.rows = [row('api')];
    await engine.comeBack();
    await until(() => expect(names()).toEqual(['web', 'api']));
    never.resolve();
  });

  test('again and again is asked at growing distances and fills no log', async () => {
    const asked: number[] = [];
    engine.beforeList = () => {
      asked.push(performance.now());
      // Behind the answer, so that each session gets as far as a list.
      setTimeout(engine.endStreams, 20);
    };
    begin();
    await until(() => expect(asked.length).toBe(6));
    expect(asked[5]! - asked[4]!).toBeGreaterThan(500);
    expect(log.filter((line) => /^(lost|reached)/.test(line)).length).toBeLessThanOrEqual(4);
  });

  test('that ends the stream politely is asked again', async () => {
    await beginQuietly([row('web')]);
    engine.rows = [row('api')];
    engine.endStreams();
    await until(() => expect(names()).toEqual(['web', 'api']));
    expect(engine.calls.filter((path) => path === '/events')).toHaveLength(2);
  });
});

describe('a stream that was lost is taken up behind its last event', () => {
  const NANO = BigInt(Date.now() - 60_000) * 1_000_000n + 123_456_789n;
  const behind = (nano: bigint) =>
    `${(nano + 1n) / 1_000_000_000n}.${String((nano + 1n) % 1_000_000_000n).padStart(9, '0')}`;
  const stamped = (action: string, nano: bigint, attributes: object = {}) =>
    `${event(action, attributes).trimEnd().slice(0, -1)},"time":1,"timeNano":${nano}}\n`;
  const subscriptions = (count: number) => until(() => expect(engine.since).toHaveLength(count));

  test('a stop signal and a start in the gap are heard in order, before the list', async () => {
    await beginQuietly([row('c1')]);
    engine.send(stamped('kill', NANO, { signal: '1' }));
    // A list after it shows that the event was heeded.
    engine.send(stamped('unpause', NANO + 5n));
    await until(() => expect(listCalls()).toBe(4));
    const before = log.length;
    engine.replay = (since) => {
      // Not sooner, lest a list that was under way shows it.
      engine.rows = [row('c1'), row('c2')];
      return since === undefined ? '' : stamped('kill', NANO + 9n, { signal: '15' }) + stamped('start', NANO + 12n);
    };
    engine.endStreams();
    await until(() => expect(names().at(-1)).toBe('c1 c2'));
    expect(engine.since).toEqual([undefined, behind(NANO + 5n)]);
    const heard = log.slice(before).filter((line) => !/^(lost|reached)/.test(line));
    expect(heard).toEqual(['stopping c1', 'started c1', 'workloads c1 c2']);
    engine.replay = () => '';
    engine.endStreams();
    await subscriptions(3);
    expect(engine.since[2]).toBe(behind(NANO + 12n));
  });

  test.for([
    { name: 'events without a time say no place', lines: () => event('unpause') },
    {
      name: 'after the clock went back there is none',
      lines: () => stamped('unpause', NANO) + stamped('unpause', NANO - 2_000_000_000n),
    },
    {
      name: 'nor where the clock was far ahead',
      lines: () => stamped('unpause', NANO + 3_600_000_000_000n),
    },
  ])('$name', async ({ lines }) => {
    await beginQuietly([row('web')]);
    engine.send(lines());
    await until(() => expect(listCalls()).toBeGreaterThanOrEqual(4));
    engine.endStreams();
    await subscriptions(2);
    expect(engine.since).toEqual([undefined, undefined]);
  });

  test.for([400, 500])('an engine that refuses to (%d) is asked without', async (status) => {
    await beginQuietly([row('web')]);
    engine.send(stamped('unpause', NANO));
    await until(() => expect(listCalls()).toBe(4));
    engine.sinceStatus = status;
    engine.endStreams();
    await subscriptions(3);
    expect(engine.since).toEqual([undefined, behind(NANO), undefined]);
    await until(() => expect(engine.streams()).toBe(1));
  });

  test('a proxy without its engine is asked for the same place again', async () => {
    await beginQuietly([row('web')]);
    engine.send(stamped('unpause', NANO));
    await until(() => expect(listCalls()).toBe(4));
    engine.sinceStatus = 503;
    engine.endStreams();
    await until(() => expect(engine.since.length).toBeGreaterThanOrEqual(3));
    engine.sinceStatus = 200;
    await until(() => expect(engine.streams()).toBe(1));
    expect(new Set(engine.since.slice(1))).toEqual(new Set([behind(NANO)]));
  });

  test('streams that always end soon are tried without', async () => {
    await beginQuietly([row('web')]);
    engine.send(stamped('unpause', NANO));
    await until(() => expect(listCalls()).toBe(4));
    engine.beforeList = () => void setTimeout(engine.endStreams, 20);
    engine.endStreams();
    await until(() => expect(engine.since.slice(1)).toContain(undefined));
    expect(engine.since[1]).toBe(behind(NANO));
  });
});

describe('an answer that is no list', () => {
  test.for([
    { name: 'garbage', rows: '[{"Id":' },
    { name: 'a page', rows: '<html></html>' },
    { name: 'an object', rows: '{"message":"no"}' },
    { name: 'nothing', rows: '' },
  ])('$name: the last list stands until a good one comes', async ({ rows }) => {
    await beginQuietly([row('web')]);
    engine.rows = rows;
    engine.send(event('start'));
    await until(() => expect(log.at(-1)).toContain('no container list'));
    expect(names()).toEqual(['web']);
    engine.rows = [row('api')];
    await until(() => expect(names()).toEqual(['web', 'api']));
  });
});

describe('stopping', () => {
  test('closes the stream and tells nothing more', async () => {
    await beginQuietly([row('web')]);
    const before = log.length;
    await provider.stop();
    await until(() => expect(engine.streams()).toBe(0));
    expect(log).toHaveLength(before);
  });

  test('while the engine is away returns at once', async () => {
    await engine.goAway();
    begin();
    await until(() => expect(log).toHaveLength(1));
    await provider.stop();
    expect(log).toHaveLength(1);
  });

  test.for([
    { name: 'a list that never begins', begin: '' },
    { name: 'a list that never ends', begin: '[' },
  ])('during $name returns at once', async ({ begin: text }) => {
    const never = Promise.withResolvers<void>();
    engine.listBegin = text;
    engine.beforeList = () => never.promise;
    begin();
    await until(() => expect(listCalls()).toBe(1));
    await provider.stop();
    expect(told).toEqual([]);
    never.resolve();
  });

  test('before it was started is fine', async () => {
    const api = createDockerApi({ endpoint: engine.endpoint, certPath: undefined });
    provider = createDockerProvider({ api, self: { hostname: '', mountinfo: '' }, now: () => 0, random: () => 0 });
    await expect(provider.stop()).resolves.toBeUndefined();
  });
});
