import { describe, expect, test } from 'vitest';
import type { MiddlewareOptions } from '../../../src/config/middleware-options.ts';
import { runMiddlewares } from '../../support/middleware-lab.ts';

const limit = (maxRequestBodyBytes: number): MiddlewareOptions => ({ type: 'buffering', maxRequestBodyBytes });
const outer: MiddlewareOptions = {
  ...{ type: 'headers', request: [], host: undefined, security: [], tlsSecurity: [], tlsSigns: [] },
  ...{ cors: undefined, allowedHosts: [], hostFields: [], response: [['X-Outer', '1']] },
};
const inner: MiddlewareOptions = { ...outer, response: [['X-Inner', '1']] };

const counted = (length: number): string => `POST / HTTP/1.1\r\nContent-Length: ${length}\r\n`;
const CHUNKED = 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n';

test.for([
  ['a payload of the size', [limit(10)], counted(10), undefined],
  ['a larger one, before a byte of it', [limit(10)], counted(11), 'body_too_large'],
  ['no limit', [limit(0)], counted(1_000_000), undefined],
  ['the lowest of several', [limit(100), limit(10), limit(50)], counted(11), 'body_too_large'],
  ['no payload', [limit(1)], 'GET / HTTP/1.1\r\n', undefined],
] as const)('%s', ([, middlewares, head, reason]) => {
  const { exchange, answer, sent } = runMiddlewares(middlewares, head);
  expect(exchange.failure).toBe(reason);
  expect(answer?.status).toBe(reason && 413);
  expect(sent === '').toBe(reason !== undefined);
});

describe('a payload that does not tell its size', () => {
  test('is counted: 413 while nothing was answered, with the edits of the middlewares before', () => {
    const run = runMiddlewares([outer, limit(10), inner], CHUNKED);
    run.payload('0123456789');
    expect(run.answer).toBeUndefined();
    run.payload('x');
    expect([run.exchange.failure, run.answer?.status, run.answer?.close]).toEqual(['body_too_large', 413, true]);
    expect(run.answer?.fields).toMatch(/X-Outer: 1\r\n$/);
    expect(run.exchange.isActive).toBe(false);
  });

  test('is cut behind the head of the answer', () => {
    const run = runMiddlewares([limit(10)], CHUNKED);
    run.respond('X-A: 1\r\n');
    run.payload('0123456789x');
    expect([run.exchange.failure, run.exchange.status, run.isCut]).toEqual(['body_too_large', 200, true]);
    expect(run.answer).toBeUndefined();
  });
});
