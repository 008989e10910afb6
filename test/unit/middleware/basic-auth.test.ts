import { describe, expect, test } from 'vitest';
import type { BasicAuthOptions } from '../../../src/config/middleware-options.ts';
import type { PasswordVerdict } from '../../../src/http/password-check.ts';
import { runMiddlewares } from '../../support/middleware-lab.ts';

const OPTIONS: BasicAuthOptions = {
  type: 'basicAuth',
  users: [
    ['ada', 'hash of ada'],
    ['zo\xc3\xab', 'hash of zoe'],
  ],
  usersFile: undefined,
  realm: 'a "b" \\c',
  removeHeader: false,
  headerField: undefined,
};

const basic = (text: string): string => `Authorization: Basic ${Buffer.from(text).toString('base64')}\r\n`;

function run(
  lines: string,
  changes: Partial<BasicAuthOptions> = {},
  verdict: PasswordVerdict | Promise<PasswordVerdict> | undefined = 'right',
) {
  const asked: string[][] = [];
  const check = (...question: string[]) => {
    asked.push(question);
    return verdict;
  };
  const result = runMiddlewares([{ ...OPTIONS, ...changes }], `GET / HTTP/1.1\r\n${lines}`, { passwords: { check } });
  return { result, asked };
}

describe('who may come', () => {
  test.for<[string, string, PasswordVerdict | undefined, string | undefined]>([
    ['a name and its password', basic('ada:secret'), 'right', undefined],
    [
      'the scheme in any case, blanks before the credentials',
      basic('ada:secret').replace('Basic ', 'bASIC   '),
      'right',
      undefined,
    ],
    ['a wrong password', basic('ada:secret'), 'wrong', 'auth_wrong'],
    ['a name that is not there, with the password of another', basic('eve:secret'), 'right', 'auth_wrong'],
    ['a name that every object has', basic('constructor:secret'), 'right', 'auth_wrong'],
    ['no credentials', '', 'right', 'auth_missing'],
    ['another scheme', 'Authorization: Bearer abc\r\n', 'right', 'auth_missing'],
    ['what is no base64', 'Authorization: Basic ada:secret\r\n', 'right', 'auth_missing'],
    ['no colon', basic('ada'), 'right', 'auth_missing'],
    ['a control character', basic('ada:sec\0ret'), 'right', 'auth_missing'],
    ['a password without end', basic(`ada:${'x'.repeat(2000)}`), 'right', 'auth_missing'],
    ['too many at once', basic('ada:secret'), undefined, 'auth_overloaded'],
    ['nobody who could tell', basic('ada:secret'), 'unavailable', 'auth_unavailable'],
  ])('%s', ([, lines, verdict, reason]) => {
    const asked: string[][] = [];
    const passwords = { check: (...question: string[]) => (asked.push(question), verdict) };
    const { sent, answer, exchange } = runMiddlewares([OPTIONS], `GET / HTTP/1.1\r\n${lines}`, { passwords });
    expect([exchange.failure, sent === '']).toEqual([reason, reason !== undefined]);
    const isAsked = reason === 'auth_missing' || reason === 'auth_wrong';
    expect(answer?.fields.includes('WWW-Authenticate: Basic realm="a \\"b\\" \\\\c"\r\n') ?? false).toBe(isAsked);
    if (reason !== undefined) expect(answer?.status).toBe(isAsked ? 401 : 503);
  });

  test('an unknown name costs what a known one does: a hash of the same list is worked out', () => {
    expect(run(basic('eve:x')).asked).toEqual([['eve', 'hash of ada', 'x']]);
    expect(run(basic('zoë:ä')).asked).toEqual([['zo\xc3\xab', 'hash of zoe', '\xc3\xa4']]);
  });

  test('a middleware that lost its users cannot be built', () => {
    expect(() => run('', { users: [] })).toThrow('without its users');
    expect(() => run('', { usersFile: '/users' })).toThrow('without its users');
  });
});

describe('what the server gets (F7)', () => {
  test('the name alone, whatever the client says of itself', () => {
    const lines = `${basic('ada:s')}X-User: root\r\nx-user: root\r\n`;
    const { sent } = run(lines, { headerField: 'X-User', removeHeader: true }).result;
    expect(sent.match(/^x-user:.*/gim)).toEqual(['X-User: ada']);
    expect(sent).not.toContain('Authorization');
  });

  test('the credentials, unless they are to be removed', () => {
    const { result } = run(basic('ada:s'));
    expect([result.sent.includes('Authorization: Basic'), result.exchange.user]).toEqual([true, 'ada']);
  });
});

describe('a check that takes its time', () => {
  test('goes on when it is done, and the name is set then', async () => {
    const { promise, resolve } = Promise.withResolvers<PasswordVerdict>();
    const { result } = run(basic('ada:s'), { headerField: 'X-User' }, promise);
    expect([result.sent, result.answer, result.exchange.canTakeBody]).toEqual(['', undefined, false]);
    resolve('right');
    await promise;
    await Promise.resolve();
    expect(result.sent).toContain('X-User: ada\r\n');
  });

  test('that ends too late has no effect on whoever uses the exchange next', async () => {
    const [first, second] = [Promise.withResolvers<PasswordVerdict>(), Promise.withResolvers<PasswordVerdict>()];
    const waiting = [first.promise, second.promise];
    const passwords = { check: () => waiting.shift() };
    const { exchange, sent } = runMiddlewares([OPTIONS], `GET / HTTP/1.1\r\n${basic('ada:s')}`, { passwords });
    exchange.onClientFault('client_gone');
    exchange.begin(exchange.request);
    first.resolve('right');
    await first.promise;
    await Promise.resolve();
    expect([sent, exchange.user, exchange.isActive, exchange.upstream]).toEqual(['', '', true, undefined]);
    second.resolve('wrong');
    await second.promise;
    await Promise.resolve();
    expect([exchange.isActive, exchange.failure]).toEqual([false, 'auth_wrong']);
  });

  test('that does not end is answered with 503', () => {
    const { result } = run(basic('ada:s'), {}, new Promise(() => {}));
    for (let second = 0; second < 13; second++) result.plane.wheel.tick();
    expect([result.answer?.status, result.exchange.failure]).toEqual([503, 'auth_timeout']);
  });
});
