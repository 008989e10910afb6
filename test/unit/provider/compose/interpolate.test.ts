import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { interpolate } from '../../../../src/provider/compose/interpolate.ts';

const KNOWN: Readonly<Record<string, string>> = { HOST: 'example.com', EMPTY: '', _a1: 'x', DOLLAR: '$HOST' };

function run(text: string) {
  return interpolate(text, (name) => KNOWN[name]);
}

describe('what compose replaces', () => {
  test.for([
    ['plain', 'plain'],
    ['$HOST', 'example.com'],
    ['a-$HOST/b', 'a-example.com/b'],
    ['${HOST}x', 'example.comx'],
    ['$_a1$_a1', 'xx'],
    ['$$HOST', '$HOST'],
    ['$$$HOST', '$example.com'],
    ['$${HOST}', '${HOST}'],
    ['${EMPTY}', ''],
    ['${EMPTY:-word}', 'word'],
    ['${EMPTY-word}', ''],
    ['${NONE-word}', 'word'],
    ['${NONE:-}', ''],
    ['${HOST:-word}', 'example.com'],
    ['${NONE:-${HOST}}', 'example.com'],
    ['${NONE:-${NEITHER:-deep}}!', 'deep!'],
    ['${NONE:-a$$b}', 'a$b'],
    ['${HOST:+set}', 'set'],
    ['${EMPTY:+set}', ''],
    ['${EMPTY+set}', 'set'],
    ['${NONE+set}', ''],
    ['${HOST:?is missing}', 'example.com'],
    // What a variable holds is not looked at again.
    ['$DOLLAR', '$HOST'],
    ['Host(`${HOST}`) || Host(`www.${HOST}`)', 'Host(`example.com`) || Host(`www.example.com`)'],
    // Words that are not used have no say.
    ['${HOST:-$NONE}', 'example.com'],
  ])('%s is %s', ([text, expected]) => {
    expect(run(text!)).toEqual({ text: expected, faults: [] });
  });
});

describe('what it cannot', () => {
  test.for([
    ['a$NONE', 'unset', 'NONE', 2, 'a'],
    ['${NONE}b', 'unset', 'NONE', 1, 'b'],
    ['${NONE:-$OTHER}', 'unset', 'OTHER', 9, ''],
    ['${NONE:?say it}', 'required', 'NONE', 1, ''],
    ['${EMPTY:?say it}', 'required', 'EMPTY', 1, ''],
    ['https://$1', 'syntax', '$1', 9, 'https://$1'],
    ['^.+$', 'syntax', '$', 4, '^.+$'],
    ['${}', 'syntax', '${', 1, '${}'],
    ['${HOST', 'syntax', '${HOST', 1, '${HOST'],
    ['${HOST!x}', 'syntax', '${HOST', 1, '${HOST!x}'],
  ] as const)('%s: %s %s', ([text, kind, name, column, result]) => {
    expect(run(text)).toEqual({ text: result, faults: [{ kind, name, column }] });
  });

  test('every variable of a hash that was not written with $$', () => {
    expect(run('fay:$apr1$salt$hash').faults.map(({ name, column }) => [name, column])).toEqual([
      ['apr1', 5],
      ['salt', 10],
      ['hash', 15],
    ]);
  });
});

test('never throws, and leaves text without $ alone', () => {
  const piece = fc.constantFrom('$', '{', '}', ':-', '?', '+', 'A', 'HOST', '$$', '${', ' ', '1');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const text = pieces.join('');
      const result = run(text);
      if (!text.includes('$')) expect(result).toEqual({ text, faults: [] });
      for (const { column } of result.faults) expect(text[column - 1]).toBe('$');
    }),
    { numRuns: 2000 },
  );
});

test('thousands of open braces cost no more than their length', () => {
  const text = '${A:-'.repeat(20_000);
  const start = performance.now();
  expect(run(text).faults.length).toBeGreaterThan(0);
  expect(performance.now() - start).toBeLessThan(2000);
});
