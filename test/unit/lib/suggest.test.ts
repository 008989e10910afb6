import { describe, expect, test } from 'vitest';
import { editDistance, nearest } from '../../../src/lib/suggest.ts';

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
});
