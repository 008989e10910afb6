import { describe, expect, test } from 'vitest';
import { runCommand } from '../../../src/cli/main-command.ts';

async function run(...argv: string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  let [out, err] = ['', ''];
  const code = await runCommand(argv, { out: (text) => void (out += text), err: (text) => void (err += text) });
  return { code, out, err };
}

describe('commands', () => {
  test.for([[['version']], [['sluice', 'version']], [['traefik', 'version']]])('%j', async ([argv]) => {
    const { code, out } = await run(...argv!);
    expect([code, out]).toEqual([0, expect.stringMatching(/^sluice \d+\.\d+\.\d+ \(node \d+\./)]);
  });

  test.for([['help'], ['--help'], ['-h']])('%s names every command', async ([argument]) => {
    const { code, out } = await run(argument!);
    expect(code).toBe(0);
    for (const command of ['run', 'certs', 'check', 'deploy', 'pause', 'resume', 'healthcheck', 'version'])
      expect(out).toContain(command);
  });

  test('an unknown command is refused with the nearest name', async () => {
    expect(await run('helthcheck')).toMatchObject({
      code: 2,
      err: expect.stringContaining('did you mean healthcheck?'),
    });
  });
});

test('wrong flags are listed all at once and nothing starts', async () => {
  const { code, err } = await run('--htp', ':80', '--workers', 'many', '--nonsense');
  expect(code).toBe(2);
  expect(err).toContain('--htp: there is no such option; did you mean --http?');
  expect(err).toContain('--workers');
  expect(err).toContain('--nonsense');
});

test('healthcheck without a router says so', async () => {
  const { code, err } = await run('healthcheck', '--admin', '127.0.0.1:1');
  expect([code, err]).toEqual([1, expect.stringContaining('no router at 127.0.0.1:1')]);
});

test('healthcheck with the admin address off says what to do', async () => {
  expect(await run('healthcheck', '--admin', 'off')).toMatchObject({
    code: 1,
    err: expect.stringContaining('--admin off'),
  });
});
