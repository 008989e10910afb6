import { describe, expect, test } from 'vitest';
import { CHUNKED, LENGTH, NO_BODY } from '../../../src/http/message.ts';
import { ResponseHead } from '../../../src/http1/response-head.ts';
import { parseResponse, parseResponseTrailers } from '../../../src/http2/response-text.ts';

type Fields = readonly (readonly [string, string])[];

function parse(fields: Fields, { method = 'GET', isLast = false } = {}): ResponseHead | undefined {
  const head = new ResponseHead();
  return parseResponse(head, fields.flat(), method, isLast) ? head : undefined;
}

describe('how a payload is delimited', () => {
  test.for<[string, Fields, { method?: string; isLast?: boolean }, number, number]>([
    ['nothing said', [[':status', '200']], {}, CHUNKED, -1],
    [
      'a length',
      [
        [':status', '200'],
        ['content-length', '5'],
      ],
      {},
      LENGTH,
      5,
    ],
    [
      'a length of 0',
      [
        [':status', '200'],
        ['content-length', '0'],
      ],
      {},
      NO_BODY,
      0,
    ],
    ['no payload', [[':status', '200']], { isLast: true }, NO_BODY, 0],
    ['HEAD', [[':status', '200']], { method: 'HEAD', isLast: true }, NO_BODY, -1],
    [
      'HEAD with a length',
      [
        [':status', '200'],
        ['content-length', '5'],
      ],
      { method: 'HEAD', isLast: true },
      NO_BODY,
      5,
    ],
    ['204', [[':status', '204']], {}, NO_BODY, -1],
    [
      '204 with a length',
      [
        [':status', '204'],
        ['content-length', '0'],
      ],
      {},
      NO_BODY,
      -1,
    ],
    [
      '304 with a length',
      [
        [':status', '304'],
        ['content-length', '5'],
      ],
      { isLast: true },
      NO_BODY,
      5,
    ],
    ['205', [[':status', '205']], { isLast: true }, NO_BODY, 0],
    [
      '103',
      [
        [':status', '103'],
        ['link', '<a>'],
      ],
      {},
      NO_BODY,
      -1,
    ],
  ])('%s', ([, fields, options, body, length]) => {
    const head = parse(fields, options);
    expect([head?.body, head?.contentLength]).toEqual([body, length]);
  });
});

test('fields are as the server wrote them, without those of connections (H)', () => {
  const head = parse([
    [':status', '404'],
    ['x-a', '1'],
    ['set-cookie', 'a=1'],
    ['set-cookie', 'b=2'],
    // Blanks of Unicode, and no blanks of HTTP.
    ['x-bytes', '\xa0caf\xe9\xa0'],
    ['x-empty', ''],
    ['date', 'today'],
    ['keep-alive', 'timeout=5'],
    ['proxy-connection', 'close'],
    ['trailer', 'x-t'],
  ]);
  expect([head?.status, head?.reason, head?.hasDate]).toEqual([404, 'Not Found', true]);
  expect(head?.fields).toBe(
    'x-a: 1\r\nset-cookie: a=1\r\nset-cookie: b=2\r\nx-bytes: \xa0caf\xe9\xa0\r\nx-empty: \r\ndate: today\r\n',
  );
});

test.for<[string, Fields]>([
  ['no status', [['x-a', '1']]],
  [
    'two',
    [
      [':status', '200'],
      [':status', '200'],
    ],
  ],
  [
    'one behind a field',
    [
      ['x-a', '1'],
      [':status', '200'],
    ],
  ],
  ['one that is none', [[':status', '20']]],
  ['one that is too high', [[':status', '600']]],
  [
    'another pseudo-field',
    [
      [':status', '200'],
      [':path', '/'],
    ],
  ],
  [
    'a line end',
    [
      [':status', '200'],
      ['x-a', '1\r\nx-b: 2'],
    ],
  ],
  [
    'a name with a blank',
    [
      [':status', '200'],
      ['x a', '1'],
    ],
  ],
  [
    'an octet that no value has',
    [
      [':status', '200'],
      ['x-a', '\x01'],
    ],
  ],
  [
    'an empty name',
    [
      [':status', '200'],
      ['', '1'],
    ],
  ],
  [
    'two lengths',
    [
      [':status', '200'],
      ['content-length', '1'],
      ['content-length', '1'],
    ],
  ],
  [
    'a coding',
    [
      [':status', '200'],
      ['transfer-encoding', 'chunked'],
    ],
  ],
  [
    'a coding beside a length',
    [
      [':status', '200'],
      ['content-length', '1'],
      ['transfer-encoding', 'chunked'],
    ],
  ],
  [
    'a head that is too large (T17)',
    [
      [':status', '200'],
      ['x-a', 'x'.repeat(65_536)],
    ],
  ],
  [
    'a head that fits nowhere',
    [
      [':status', '200'],
      ['x-a', 'x'.repeat(200_000)],
    ],
  ],
  ['too many fields (T17)', [[':status', '200'], ...Array.from({ length: 201 }, () => ['x-a', '1'] as const)]],
])('refused: %s', ([, fields]) => {
  expect(parse(fields)).toBeUndefined();
});

describe('trailers', () => {
  test('those that may be sent on (X12)', () => {
    expect(parseResponseTrailers(['grpc-status', '0', 'set-cookie', 'a', 'x-b', '\xa0caf\xe9\xa0'], false)).toBe(
      'grpc-status: 0\r\nx-b: \xa0caf\xe9\xa0\r\n',
    );
  });

  test.for([[[':status', '200']], [['x-a', '1\r\nx-b: 2']], [['x a', '1']], [['x-a', 'x'.repeat(200_000)]]])(
    'refused',
    ([block]) => {
      expect(parseResponseTrailers(block!, false)).toBeUndefined();
    },
  );
});
