import { describe, expect, test, vi } from 'vitest';
import { FAULT, INCOMPLETE } from '../../../src/http1/field-scanner.ts';
import { HeadReader } from '../../../src/http1/head-reader.ts';

const FIELD = `X-A: ${'v'.repeat(995)}\r\n`;
const START = 'GET / HTTP/1.1\r\nHost: a.test\r\n';

/** Reads byte by byte; tells how the last read ended, after how many bytes, and how often the whole was parsed. */
function readByBytes(text: string): { readonly result: number; readonly taken: number; readonly parses: number } {
  const reader = new HeadReader();
  const parse = vi.spyOn(reader.head, 'parse');
  const bytes = Buffer.from(text, 'latin1');
  for (let at = 0; at < bytes.length; at++) {
    const result = reader.read(bytes, at, at + 1);
    if (result !== INCOMPLETE) return { result, taken: at + 1, parses: parse.mock.calls.length };
  }
  return { result: INCOMPLETE, taken: bytes.length, parses: parse.mock.calls.length };
}

describe('a head byte by byte (L5, L6)', () => {
  test.for([
    { name: 'small', text: `${START}\r\n`, result: 'read', parses: 2 },
    { name: 'larger than a start-line may be', text: `${START}${FIELD.repeat(30)}\r\n`, result: 'read', parses: 3 },
    { name: 'larger than a head may be', text: START + FIELD.repeat(40), result: 'refused', parses: 3 },
    { name: 'with an endless target', text: `GET /${'a'.repeat(20_000)}`, result: 'refused', parses: 2 },
    { name: 'not yet complete', text: START + FIELD.repeat(30), result: 'incomplete', parses: 2 },
  ])('$name is parsed a few times, not once a byte', ({ text, result, parses }) => {
    const seen = readByBytes(text);
    expect(seen.parses).toBe(parses);
    expect(seen.result === FAULT ? 'refused' : seen.result === INCOMPLETE ? 'incomplete' : 'read').toBe(result);
  });

  test('one that is too large is refused as soon as it is', () => {
    expect(readByBytes(START + FIELD.repeat(40)).taken).toBe(32_769);
  });

  test('the next head starts anew', () => {
    const reader = new HeadReader();
    const large = Buffer.from(`${START}${FIELD.repeat(30)}\r\n`);
    for (const head of [large, large]) {
      expect(reader.read(head, 0, 20_000)).toBe(INCOMPLETE);
      expect(reader.read(head, 20_000, head.length)).toBe(head.length);
    }
  });
});

test('a refused head keeps nothing of the head before it', () => {
  const { head } = new HeadReader();
  const parse = (text: string): number => head.parse(Buffer.from(text), 0, text.length);
  parse(`HEAD /secret?q HTTP/1.0\r\nHost: a.test\r\n\r\n`);
  expect(parse('\0')).toBe(FAULT);
  expect([head.method, head.path, head.query, head.minorVersion]).toEqual(['', '', '', 1]);
});
