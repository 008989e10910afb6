import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatDuration, parseDuration } from '../../../src/lib/duration.ts';

describe('parseDuration', () => {
  test.for([
    { text: '10s', ms: 10_000 },
    { text: '1m30s', ms: 90_000 },
    { text: '1.5h', ms: 5_400_000 },
    { text: '.5s', ms: 500 },
    { text: '100ms', ms: 100 },
    { text: '250us', ms: 0.25 },
    { text: '250µs', ms: 0.25 },
    { text: '5', ms: 5000 },
    { text: '0', ms: 0 },
    { text: ' 10s ', ms: 10_000 },
    { text: '', ms: undefined },
    { text: '10 s', ms: undefined },
    { text: '-5s', ms: undefined },
    { text: '5d', ms: undefined },
    { text: 's', ms: undefined },
    { text: '1m30', ms: undefined },
    { text: '1.5', ms: undefined },
    { text: '99999999999999999999', ms: undefined },
  ])('"$text" is $ms ms', ({ text, ms }) => {
    expect(parseDuration(text)).toBe(ms);
  });
});

describe('formatDuration', () => {
  test.for([
    { ms: 0, text: '0s' },
    { ms: 90_000, text: '1m30s' },
    { ms: 3_600_000, text: '1h' },
    { ms: 1234, text: '1s234ms' },
  ])('$ms ms is $text', ({ ms, text }) => {
    expect(formatDuration(ms)).toBe(text);
  });

  test('is read back as the same number', () => {
    fc.assert(fc.property(fc.nat(2 ** 40), (ms) => parseDuration(formatDuration(ms)) === ms));
  });
});
