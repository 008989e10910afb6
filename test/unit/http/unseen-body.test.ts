import { expect, test } from 'vitest';
import { UnseenBody } from '../../../src/http/unseen-body.ts';
import type { UpstreamConnection } from '../../../src/http/upstream-connection.ts';

/** What a connection is given. */
function given(body: UnseenBody): readonly string[] {
  const calls: string[] = [];
  const connection: Pick<UpstreamConnection, 'writeBody' | 'endBody'> = {
    writeBody: (buf, start, end) => {
      calls.push(buf.latin1Slice(start, end));
      return true;
    },
    endBody: (trailers) => calls.push(`end ${trailers}`),
  };
  body.giveTo(connection as UpstreamConnection);
  return calls;
}

test('pieces come again in order, and the end behind them when it came', () => {
  const body = new UnseenBody();
  body.add(Buffer.from('xabcx'), 1, 4);
  body.add(Buffer.from('def'), 0, 3);
  expect(given(body)).toEqual(['abc', 'def']);
  body.end('x-a: 1\r\n');
  expect(given(body)).toEqual(['abc', 'def', 'end x-a: 1\r\n']);
});

test('an end alone is one', () => {
  const body = new UnseenBody();
  body.end('');
  expect([given(body), body.isWhole]).toEqual([['end '], true]);
});

test('small pieces keep nothing else alive', () => {
  const body = new UnseenBody();
  const large = Buffer.alloc(60_000, 'a');
  body.add(large, 0, 3);
  large.fill('b');
  expect(given(body)).toEqual(['aaa']);
});

test('more than it keeps is not kept at all', () => {
  const body = new UnseenBody();
  body.add(Buffer.alloc(65_536), 0, 65_536);
  expect(body.isWhole).toBe(true);
  body.add(Buffer.from('a'), 0, 1);
  expect([body.isWhole, given(body)]).toEqual([false, []]);
  body.add(Buffer.from('b'), 0, 1);
  expect(given(body)).toEqual([]);
});
