import { statSync } from 'node:fs';
import { describe, expect, inject, test, vi } from 'vitest';
import { createContainers } from '../support/lab/containers.ts';
import { runCommand } from '../support/lab/shell.ts';

const { host } = inject('engine');
const { router } = inject('images');

const docker = (...args: readonly string[]) => runCommand('docker', ['-H', host, ...args]);
const socket = host.replace('unix://', '');
const VERSION = /^sluice \d+\.\d+\.\d+ \(node 26\./;
const HARDENED = ['--read-only', '--tmpfs', '/tmp', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'];
const until = (check: () => unknown) => vi.waitFor(check, { timeout: 40_000, interval: 100 });
const healthOf = async (id: string) => (await docker('inspect', '--format', '{{.State.Health.Status}}', id)).trim();

describe('the image', () => {
  test.for([
    { name: 'a command', args: [router, 'version'] },
    { name: 'the program named, as compose files do', args: [router, 'sluice', 'version'] },
    { name: 'the program under its old name', args: [router, 'traefik', 'version'] },
    { name: 'the program as entrypoint', args: ['--entrypoint', 'sluice', router, 'version'] },
  ])('runs $name', async ({ args }) => {
    expect(await docker('run', '--rm', ...args)).toMatch(VERSION);
  });

  test('takes flags alone, and says what is wrong with them', async () => {
    await expect(docker('run', '--rm', router, '--nonsense')).rejects.toThrow('--nonsense: there is no such option');
  });

  test('says what it exposes and where its data goes', async () => {
    const config = JSON.parse(await docker('inspect', '--format', '{{json .Config}}', router)) as Record<
      string,
      object
    >;
    expect(Object.keys(config['ExposedPorts']!)).toEqual(['443/tcp', '80/tcp']);
    expect(Object.keys(config['Volumes']!)).toEqual(['/data']);
    expect(config['Env']).toContain('SLUICE_DATA=/data');
    const command = ['node', '--max-semi-space-size=4', '/app/src/main.ts'];
    expect(config['Entrypoint']).toEqual(command);
    // The same flags: with others nothing of the compile cache could be used.
    expect(config['Healthcheck']).toMatchObject({ Test: ['CMD', ...command, 'healthcheck'] });
  });

  test('holds no tests, no development tools, no type declarations', async () => {
    const script = "console.log(require('fs').globSync('/app/**', { exclude: ['/app/src/**'] }).join('\\n'))";
    const files = (await docker('run', '--rm', '--entrypoint', 'node', router, '-e', script)).split('\n');
    const unwanted = files.filter((file) => /\.d\.ts$|\.map$|\/(typescript|vitest|oxlint)\/|^\/app\/test/.test(file));
    expect(unwanted).toEqual([]);
    expect(files.length).toBeGreaterThan(500);
  });
});

describe('a container of it', () => {
  test.for([
    { name: 'root without capabilities', flags: HARDENED },
    {
      name: 'another user in the group of the socket',
      flags: [...HARDENED, '--user', '1000:1000', '--group-add', String(statSync(socket).gid)],
    },
  ])('works as $name and stops with exit code 0', async ({ flags }) => {
    await using containers = createContainers(host);
    const volumes = [`${socket}:/var/run/docker.sock:ro`];
    const container = await containers.run({ image: router, flags, volumes });
    await until(async () => expect(await container.logs()).toContain('"docker reachable"'));
    await until(async () => expect(await healthOf(container.id)).toBe('healthy'));
    await container.stop();
    expect((await docker('inspect', '--format', '{{.State.ExitCode}}', container.id)).trim()).toBe('0');
    expect(await container.logs()).not.toMatch(/EACCES|EROFS|"level":"(error|fatal)"/);
  });
});
