import { expect, test } from 'vitest';
import type { HeadersOptions } from '../../../src/config/middleware-options.ts';
import { printMiddleware } from '../../../src/routing/print-middleware.ts';

const HEADERS: HeadersOptions = {
  type: 'headers',
  request: [],
  host: undefined,
  response: [],
  security: [],
  tlsSecurity: [],
  tlsSigns: [],
  cors: undefined,
  allowedHosts: [],
  hostFields: [],
};

test.for<{ title: string; options: Partial<HeadersOptions>; expected: string }>([
  {
    title: 'what a request header says stays out',
    options: {
      request: [
        ['Authorization', 'Basic c2VjcmV0'],
        ['Cookie', ''],
      ],
    },
    expected: 'request Authorization, -Cookie',
  },
  {
    title: 'and by which value a proxy is known',
    options: { tlsSigns: [['x-secret', 'c2VjcmV0']] },
    expected: 'TLS by x-secret',
  },
  {
    title: 'everybody sees the headers of a response',
    options: {
      response: [
        ['X-Robots-Tag', 'none'],
        ['Server', ''],
      ],
    },
    expected: 'response X-Robots-Tag=none, -Server',
  },
])('$title', ({ options, expected }) => {
  expect(printMiddleware({ ...HEADERS, ...options })).toBe(expected);
});
