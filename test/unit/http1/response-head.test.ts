import { describe, expect, test } from 'vitest';
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
