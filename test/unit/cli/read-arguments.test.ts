import { expect, test } from 'vitest';
import { readFlags, takeOperand } from '../../../src/cli/read-arguments.ts';

test.for([
  [['--a', '1', 'x', '--b=2', '--c', 'y'], { flags: { '--a': '1', '--b': '2' }, rest: ['x', '--c', 'y'] }],
  [['--a'], '--a: a value is missing'],
  [['--a', '--b=1'], '--a: a value is missing'],
  [['--b='], '--b: a value is missing'],
] as const)('%j', ([args, expected]) => {
  expect(readFlags(args, ['--a', '--b'])).toEqual(expected);
});

test.for([
  [['x'], 'x', []],
  [['--admin', ':1', 'x'], 'x', ['--admin', ':1']],
  [['x', '--admin', ':1'], 'x', ['--admin', ':1']],
  [['--admin=:1', 'x', 'y'], 'x', ['--admin=:1', 'y']],
  [['--switch', 'x'], 'x', ['--switch']],
  [['--admin=:1'], undefined, ['--admin=:1']],
] as const)('the operand of %j is %s', ([args, operand, rest]) => {
  expect(takeOperand(args)).toEqual({ ...(operand === undefined ? {} : { operand }), rest });
});
