import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const FUZZ = fileURLToPath(new URL('../../fuzz/fuzz.ts', import.meta.url));

test('a short run of the fuzzer, with a seed of its own each time, finds nothing', { timeout: 120_000 }, () => {
  const counts = ['--count', '20000', '--live', '1000', '--http2', '5000'];
  const { stdout, stderr, status } = spawnSync(process.execPath, [FUZZ, ...counts], {
    encoding: 'utf8',
  });
  console.log(stdout);
  expect({ status, stderr, stdout }).toMatchObject({ status: 0, stderr: '' });
});

test.for([
  ['--count', '-1'],
  ['--live', 'many'],
  ['--http2', '1.5'],
])('the fuzzer refuses %j', (args) => {
  expect(spawnSync(process.execPath, [FUZZ, args.join('=')], { encoding: 'utf8' })).toMatchObject({
    status: 2,
    stderr: 'fuzz: --count, --live, --http2, --seed and --seconds take whole numbers\n',
  });
});
