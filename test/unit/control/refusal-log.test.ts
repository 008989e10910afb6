import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RefusalLog } from '../../../src/control/refusal-log.ts';
import type { ConnectionRefusal } from '../../../src/protocol.ts';
import { collectLogger } from '../../support/collect-logger.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

function start() {
  const { logger, lines } = collectLogger();
  const log = new RefusalLog(logger);
  return {
    lines,
    add: (count: number, address: string, reason: ConnectionRefusal = 'too_many_from_address') =>
      log.add({ type: 'refused', reason, count, address }),
    fields: () => lines.map((line) => line.fields),
  };
}

test('the first report is logged at once, all others of ten seconds as one', () => {
  const { add, fields } = start();
  add(3, '192.0.2.1');
  expect(fields()).toEqual([{ reason: 'too_many_from_address', count: 3, address: '192.0.2.1' }]);
  for (let i = 0; i < 9; i++) {
    vi.advanceTimersByTime(1000);
    add(1000, `192.0.2.${i}`);
  }
  expect(fields()).toHaveLength(1);
  vi.advanceTimersByTime(1000);
  expect(fields()[1]).toEqual({ reason: 'too_many_from_address', count: 9000, address: '192.0.2.8' });
});

test('a flood that goes on is one line in ten seconds', () => {
  const { add, lines } = start();
  for (let second = 0; second < 60; second++) {
    add(500, '192.0.2.1');
    vi.advanceTimersByTime(1000);
  }
  expect(lines.length).toBe(7);
  const sum = lines.reduce((total, line) => total + Number(line.fields['count']), 0);
  expect(sum).toBe(30_000);
});

test('when nothing more comes nothing more is said, and a later report is told at once', () => {
  const { add, lines } = start();
  add(1, '192.0.2.1');
  vi.advanceTimersByTime(30_000);
  expect(lines).toHaveLength(1);
  add(1, '192.0.2.1');
  expect(lines).toHaveLength(2);
});

test('reasons do not wait for each other, and each names its fix', () => {
  const { add, lines } = start();
  add(1, '192.0.2.1', 'too_many_connections');
  add(1, '192.0.2.1', 'too_many_from_address');
  add(1, '10.0.0.1', 'bad_proxy_header');
  add(1, '10.0.0.1', 'proxy_header_timeout');
  add(1, '', 'out_of_descriptors');
  const fixes = ['--max-connections', '--trusted-proxies', '--proxy-protocol', '--proxy-protocol', 'nofile'];
  expect(lines.map(({ message }, i) => message.includes(fixes[i]!))).toEqual([true, true, true, true, true]);
  expect(lines[4]!.fields).toEqual({ reason: 'out_of_descriptors', count: 1 });
  expect(lines.every(({ level }) => level === 'warn')).toBe(true);
});
