import { expect, test } from 'vitest';
import { mixBits, textHash } from '../../../src/lib/text-hash.ts';

test('the hash is FNV-1a', () => {
  // From the list of its authors.
  expect([textHash(''), textHash('a'), textHash('foobar')].map((hash) => hash >>> 0)).toEqual([
    0x81_1c_9d_c5, 0xe4_0c_29_2c, 0xbf_9c_f9_68,
  ]);
});

test('one character changes about half of the bits', () => {
  let changed = 0;
  for (let n = 0; n < 1000; n++) {
    const difference = mixBits(textHash(`10.0.0.${n}`)) ^ mixBits(textHash(`10.0.0.${n + 1}`));
    changed += (difference >>> 0).toString(2).replaceAll('0', '').length;
  }
  expect(Math.abs(changed / 1000 - 16)).toBeLessThan(0.5);
});
