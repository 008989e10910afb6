import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { editDistance, nearest } from '../../../src/lib/suggest.ts';

const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 9 });

describe('editDistance', () => {
  test.for([
    { from: '', to: '', distance: 0 },
    { from: 'host', to: '', distance: 4 },
    { from: '', to: 'host', distance: 4 },
    { from: 'host', to: 'host', distance: 0 },
    { from: 'hots', to: 'host', distance: 1 },
    { from: 'hst', to: 'host', distance: 1 },
    { from: 'hoost', to: 'host', distance: 1 },
    { from: 'hose', to: 'host', distance: 1 },
    { from: 'port', to: 'host', distance: 2 },
    { from: 'kitten', to: 'sitting', distance: 3 },
  ])('$from → $to', ({ from, to, distance }) => {
    expect(editDistance(from, to)).toBe(distance);
  });
});

describe('nearest', () => {
  const words = ['host', 'port', 'scheme', 'middlewares'];
  test.for([
    { word: 'hots', expected: 'host' },
    { word: 'HOST', expected: 'host' },
    { word: 'prot', expected: 'port' },
    { word: 'middelwares', expected: 'middlewares' },
    { word: 'midlewares', expected: 'middlewares' },
    { word: 'xyz', expected: undefined },
    { word: 'sch', expected: undefined },
    { word: '', expected: undefined },
  ])('"$word" means $expected', ({ word, expected }) => {
    expect(nearest(word, words)).toBe(expected);
  });

  test('the earlier of two equally near candidates wins', () => {
    expect(nearest('cat', ['bat', 'hat'])).toBe('bat');
  });

  test('a distance of nothing ends the search', () => {
    expect(nearest('host', ['hosts', 'host', 'most'])).toBe('host');
  });

  test('a word that nobody typed is not compared', () => {
    const long = 'x'.repeat(50_000);
    expect(nearest(`${long}a`, [`${long}b`])).toBeUndefined();
  });
});

test('beyond a limit the distance is only known to be more', () => {
  fc.assert(
    fc.property(word, word, fc.nat({ max: 6 }), (from, to, limit) => {
      const exact = editDistance(from, to);
      const limited = editDistance(from, to, limit);
      return exact <= limit ? limited === exact : limited > limit;
    }),
  );
});
