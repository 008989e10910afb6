import { describe, expect, test } from 'vitest';
import {
  classifyEvent,
  createLineSplitter,
  EVENT_FILTERS,
  eventTime,
  MAX_LINE_CHARACTERS,
} from '../../../../src/provider/docker/event.ts';

const ID = '2e6ebfd8b59045eda1e33c6fa0d5a9d289cd4ccf3c067593fdca013830e5fdb3';

const containerEvent = (action: string, attributes: Record<string, string> = {}) =>
  JSON.stringify({
    status: action,
    id: ID,
    from: 'app:latest',
    Type: 'container',
    Action: action,
    Actor: { ID, Attributes: { image: 'app:latest', name: 'web', ...attributes } },
    scope: 'local',
    time: 1795404066,
  });

const networkEvent = (action: string) =>
  JSON.stringify({ Type: 'network', Action: action, Actor: { ID: 'n1', Attributes: { container: ID, name: 'net' } } });

describe('container events', () => {
  test.for([
    'create',
    'destroy',
    'rename',
    'pause',
    'unpause',
    'health_status',
    'health_status: healthy',
    'health_status: unhealthy',
  ])('%s asks for a list', (action) => {
    expect(classifyEvent(containerEvent(action))).toEqual({ type: 'changed' });
  });

  test('start says that the process began', () => {
    expect(classifyEvent(containerEvent('start'))).toEqual({ type: 'started', containerId: ID });
  });

  test('die says that the process ended', () => {
    const event = containerEvent('die', { exitCode: '137' });
    expect(classifyEvent(event)).toEqual({ type: 'ended', containerId: ID });
  });

  test.for(['start', 'die'])('%s without an id asks for a list', (action) => {
    expect(classifyEvent(JSON.stringify({ Type: 'container', Action: action }))).toEqual({ type: 'changed' });
  });

  test.for([
    'stop',
    'attach',
    'resize',
    'top',
    'exec_create: /bin/sh -c true',
    'exec_start: /bin/sh -c true',
    'exec_die',
    'archive-path',
    'created',
    '',
  ])("'%s' means nothing", (action) => {
    expect(classifyEvent(containerEvent(action))).toEqual({ type: 'ignore' });
  });
});

describe('a kill', () => {
  test.for(['15', '9', 'TERM', 'KILL', 'SIGTERM', 'SIGKILL', 'sigterm'])('with signal %s is a stop', (signal) => {
    expect(classifyEvent(containerEvent('kill', { signal }))).toEqual({ type: 'stopping', containerId: ID });
  });

  test.for(['1', '3', '2', '28', 'HUP', 'SIGQUIT', 'USR1', 'WINCH', '0', '150', 'TERMINAL'])(
    "with signal '%s' may be one",
    (signal) => {
      const name = signal.replace('SIG', '');
      expect(classifyEvent(containerEvent('kill', { signal }))).toEqual({
        type: 'signalled',
        containerId: ID,
        signal: name,
      });
    },
  );

  test.for([
    { name: 'without a signal', event: { Type: 'container', Action: 'kill', Actor: { ID, Attributes: {} } } },
    {
      name: 'with an empty one',
      event: { Type: 'container', Action: 'kill', Actor: { ID, Attributes: { signal: '' } } },
    },
    { name: 'without attributes', event: { Type: 'container', Action: 'kill', Actor: { ID } } },
    { name: 'without an actor', event: { Type: 'container', Action: 'kill', id: ID } },
    { name: 'without an id', event: { Type: 'container', Action: 'kill', Actor: { Attributes: { signal: '15' } } } },
    { name: 'with an id that is no text', event: { Action: 'kill', Actor: { ID: 7, Attributes: { signal: '15' } } } },
  ])('$name is none', ({ event }) => {
    expect(classifyEvent(JSON.stringify(event))).toEqual({ type: 'ignore' });
  });

  test('of an engine that names the container only at the top is a stop', () => {
    const event = { status: 'kill', id: ID, Actor: { Attributes: { signal: '15' } } };
    expect(classifyEvent(JSON.stringify(event))).toEqual({ type: 'stopping', containerId: ID });
  });
});

describe('network events', () => {
  test.for(['connect', 'disconnect'])('%s asks for a list', (action) => {
    expect(classifyEvent(networkEvent(action))).toEqual({ type: 'changed' });
  });

  test.for(['create', 'destroy', 'remove', 'prune'])('%s means nothing', (action) => {
    expect(classifyEvent(networkEvent(action))).toEqual({ type: 'ignore' });
  });
});

describe('other lines', () => {
  test.for(['image', 'volume', 'daemon', 'plugin', 'service', 'node'])('an event of type %s means nothing', (type) => {
    expect(classifyEvent(JSON.stringify({ Type: type, Action: 'create' }))).toEqual({ type: 'ignore' });
  });

  test.for(['', '{', 'null', '"start"', '42', '<html>', '{"Type":"container","Action":"sta'])(
    "'%s' cannot be read, so a list is taken",
    (line) => {
      expect(classifyEvent(line)).toEqual({ type: 'changed' });
    },
  );

  test('an action that is no text means nothing', () => {
    expect(classifyEvent('{"Type":"container","Action":{"a":1}}')).toEqual({ type: 'ignore' });
  });
});

describe('the filter sent to the engine', () => {
  test('lets through whatever is acted on', () => {
    const asked = EVENT_FILTERS.event;
    const acted = asked.filter((action) => {
      const line = action === 'kill' ? containerEvent('kill', { signal: '15' }) : containerEvent(action);
      return classifyEvent(line).type !== 'ignore' || classifyEvent(networkEvent(action)).type !== 'ignore';
    });
    expect(acted).toEqual(asked);
    expect(EVENT_FILTERS.type).toEqual(['container', 'network']);
  });
});

describe('the line splitter', () => {
  const lines = [
    containerEvent('start'),
    networkEvent('connect'),
    containerEvent('die', { exitCode: '137', umlaut: 'ä€😀' }),
  ];
  const stream = lines.map((line) => `${line}\n`).join('');

  test.for([1, 2, 3, 7, 64, 300, 1000, stream.length])('gives whole lines from pieces of %i characters', (size) => {
    const split = createLineSplitter();
    const found: string[] = [];
    for (let at = 0; at < stream.length; at += size) found.push(...split(stream.slice(at, at + size)));
    expect(found).toEqual(lines);
  });

  test('keeps an unfinished line until it is finished', () => {
    const split = createLineSplitter();
    expect(split('{"a"')).toEqual([]);
    expect(split(':1}')).toEqual([]);
    expect(split('\n{"b":2}\n{')).toEqual(['{"a":1}', '{"b":2}']);
  });

  test('leaves out empty lines and carriage returns', () => {
    expect(createLineSplitter()('\n\r\n{"a":1}\r\n\n')).toEqual(['{"a":1}']);
  });

  test('refuses a line without end', () => {
    const split = createLineSplitter();
    split('x'.repeat(MAX_LINE_CHARACTERS));
    expect(() => split('x')).toThrow('line without end');
  });
});

test.for([
  ['{"Action":"die","time":1795430000,"timeNano":1795430000123456789}', 1795430000123456789n],
  ['{"timeNano": 5}', 5n],
  ['{"Action":"die"}', undefined],
  ['{"timeNano":"5"}', undefined],
  // A label may hold anything.
  [JSON.stringify({ Actor: { Attributes: { note: '"timeNano":7' } }, timeNano: 9 }), 9n],
  [`{"timeNano":${'9'.repeat(40)}}`, undefined],
  ['<html>', undefined],
] as const)('%s happened at %s', ([line, time]) => {
  expect(eventTime(line)).toBe(time);
});
