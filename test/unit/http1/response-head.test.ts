import { describe, expect, test } from 'vitest';
import { NO_BODY } from '../../../src/http/message.ts';
import { ResponseHead } from '../../../src/http1/response-head.ts';

function parse(text: string, method = 'GET'): ResponseHead {
  const head = new ResponseHead();
  const buf = Buffer.from(text, 'latin1');
  expect(head.parse(buf, 0, buf.length, method)).toBe(buf.length);
  return head;
}

describe('fields', () => {
  test('names with an underscore pass: no server decides by them (H10 is about requests)', () => {
    const fields = 'X_Request_Id: 7\r\ncontent_length: 3\r\n';
    const head = parse(`HTTP/1.1 200 OK\r\n${fields}Content-Length: 0\r\n\r\n`);
    expect([head.fields, head.contentLength]).toEqual([fields, 0]);
  });

  test('hop-by-hop fields and what Connection names are removed (C1)', () => {
    const head = parse('HTTP/1.1 200 OK\r\nKeep-Alive: timeout=7\r\nConnection: X-Hop\r\nX-Hop: 1\r\nX-B: 2\r\n\r\n');
    expect([head.fields, head.keepAliveSeconds]).toEqual(['X-B: 2\r\n', 7]);
  });
});

describe('205 (B2)', () => {
  test.for([
    ['Content-Length: 0\r\n', true],
    ['Content-Length: 5\r\n', false],
    ['Transfer-Encoding: chunked\r\n', false],
    ['', false],
  ] as const)('has no content; kept alive only when that is all it announces: %j', ([fields, isPersistent]) => {
    const head = parse(`HTTP/1.1 205 Reset Content\r\n${fields}\r\n`);
    expect([head.body, head.contentLength, head.isPersistent]).toEqual([NO_BODY, 0, isPersistent]);
  });

  test('to HEAD it announces what the server says', () => {
    const head = parse('HTTP/1.1 205 Reset Content\r\nContent-Length: 5\r\n\r\n', 'HEAD');
    expect([head.body, head.contentLength, head.isPersistent]).toEqual([NO_BODY, 5, true]);
  });
});
