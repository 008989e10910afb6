import { fileURLToPath } from 'node:url';
import { expect, inject, test } from 'vitest';
import { runCommand } from '../support/lab/shell.ts';

const DEMO = fileURLToPath(new URL('../../examples/demo/demo.ts', import.meta.url));
const { host } = inject('engine');

const docker = (...args: readonly string[]) => runCommand('docker', ['-H', host, ...args]);
/** Lines in an order of their own: the engine lists images of one age now so, now so. */
const lines = async (...args: readonly string[]) => (await docker(...args)).split('\n').sort();
const state = () =>
  Promise.all([lines('ps', '-aq'), lines('images', '--filter', 'dangling=false', '--format', '{{.Repository}}')]);

test('npm run demo -- --once proves the site and leaves nothing behind', async () => {
  const before = await state();
  const output = await runCommand(process.execPath, [DEMO, '--once'], { env: { DOCKER_HOST: host } });
  expect(output).toMatch(/https:\/\/hello\.example\.com\/ answers 200/);
  expect(output).toMatch(/issued by Pebble .* and validates/);
  expect(output).toMatch(/http:\/\/hello\.example\.com\/path\?query leads to https:/);
  expect(await state()).toEqual(before);
  expect(await docker('images', '-q', '--filter', 'dangling=true', '--filter', 'label=build.sluice')).toBe('');
});

test('an engine that does not answer ends it with exit code 1 and the reason', async () => {
  const env = { DOCKER_HOST: 'unix:///nowhere/docker.sock' };
  await expect(runCommand(process.execPath, [DEMO, '--once'], { env })).rejects.toThrow(
    /ended with 1: [^]*failed: docker -H unix:\/\/\/nowhere/,
  );
});

test('an unknown argument ends it with exit code 2', async () => {
  await expect(runCommand(process.execPath, [DEMO, '--twice'])).rejects.toThrow('ended with 2: usage: npm run demo');
});
