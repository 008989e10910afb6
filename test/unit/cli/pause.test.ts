import { expect, test } from 'vitest';
import { readPauseArguments } from '../../../src/cli/pause.ts';
import { readResumeArguments } from '../../../src/cli/resume.ts';

test.for([
  [['a.test'], { host: 'a.test', forMs: 60_000, rest: [] }],
  [['--for', '5m', 'a.test', '--admin=:1'], { host: 'a.test', forMs: 300_000, rest: ['--admin=:1'] }],
  [['a.test', '--for=10m'], { host: 'a.test', forMs: 600_000, rest: [] }],
  [[], 'the host is missing'],
  [['a.test', '--for'], '--for: a value is missing'],
  [['a.test', '--for', 'ever'], '--for: "ever" is no duration; write 60s or 2m'],
  [['a.test', '--for', '0s'], '--for: "0s" is no duration; write 60s or 2m'],
  [['a.test', '--for', '601s'], '--for: a pause lasts 10m at most'],
] as const)('pause %j', ([args, expected]) => {
  expect(readPauseArguments(args)).toEqual(expected);
});

test.for([
  [['a.test'], { host: 'a.test', rest: [] }],
  [['--admin', ':1', '*.a.test'], { host: '*.a.test', rest: ['--admin', ':1'] }],
  [[], 'the host is missing'],
] as const)('resume %j', ([args, expected]) => {
  expect(readResumeArguments(args)).toEqual(expected);
});
