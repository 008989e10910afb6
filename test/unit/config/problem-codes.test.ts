import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PROBLEM_CODES } from '../../../src/config/problem-codes.ts';

const SRC = new URL('../../../src/', import.meta.url).pathname;

/** The text of everything that could report a problem. */
const code = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.endsWith('problem-codes.ts'))
  .map((file) => readFileSync(join(SRC, file), 'utf8'))
  .join('\n');

test.for(Object.keys(PROBLEM_CODES))('%s is reported somewhere', (name) => {
  expect(code).toContain(`'${name}'`);
});

test.for(Object.entries(PROBLEM_CODES))('$0 is explained', ([, { meaning, example, fix }]) => {
  expect([meaning, fix].every((text) => /^[A-Z].*\.$/.test(text))).toBe(true);
  expect(example).not.toBe('');
});
