import { expect, test } from 'vitest';
import { fuzzHttp2 } from '../../fuzz/http2-fuzz.ts';

test.for([1, 2])('5000 connections full of mutated frames break nothing, seed %i', async (seed) => {
  const seconds = { deadline: performance.now() + 60_000, progress: () => {} };
  const { count, findings } = await fuzzHttp2({ count: 5000, seed: seed * 1_000_000, ...seconds });
  expect({ count, findings }).toEqual({ count: 5000, findings: [] });
});
