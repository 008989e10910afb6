import { expect, test } from 'vitest';
import { AccessLog } from '../../../src/http/access-log.ts';
import { runMiddlewares } from '../../support/middleware-lab.ts';

function record(format: 'json' | 'common', user: string): string {
  const { exchange } = runMiddlewares([], 'GET /a HTTP/1.1\r\n');
  exchange.user = user;
  let text = '';
  const log = new AccessLog(format, (lines) => (text += lines));
  log.record(exchange, 1.5);
  log.flush();
  return text;
}

test.for([
  ['', '192.0.2.1 - - ['],
  ['ada', '192.0.2.1 - ada ['],
  ['a da"]\x9b', '192.0.2.1 - a\\x20da\\x22]\\x9b ['],
] as const)('the user "%s" in the common format', ([user, start]) => {
  const line = record('common', user);
  expect(line.slice(0, start.length)).toBe(start);
  expect(line.split('\n')).toHaveLength(2);
});

test('the user in JSON, where there is one', () => {
  expect(JSON.parse(record('json', 'ada'))).toMatchObject({ user: 'ada', path: '/a' });
  expect(JSON.parse(record('json', ''))).not.toHaveProperty('user');
});
