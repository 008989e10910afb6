import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { createEngineDoor } from '../support/engine-door.ts';
import { freeRouterPorts, launchRouter, startRouter } from '../support/router-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
/** There is no engine behind it; none of these starts needs one. */
const { host: NO_ENGINE } = createEngineDoor('/nowhere/docker.sock', '');

const run = async (...args: readonly string[]) => {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { out, err, code: code as number | null };
};

describe('a port that is already in use', () => {
  test.for(['http', 'https', 'admin'] as const)('for --%s ends the start and names port and program', async (which) => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const { port } = blocker.address() as AddressInfo;
    const ports = { ...(await freeRouterPorts()), [which]: port };
    await using router = await launchRouter({ docker: NO_ENGINE, dataDir: await temporaryFolder(), ports });
    expect(await router.exited).toEqual({ code: 1, signal: null });
    blocker.close();
    const fatal = router.records.filter(({ level }) => level === 'fatal');
    expect(fatal).toHaveLength(1);
    expect(fatal[0]!.msg).toContain(`127.0.0.1:${port} is already in use by `);
    expect(fatal[0]!.msg).toContain(`(pid ${process.pid})`);
  });

  test('by another router is found too, and that one goes on', async () => {
    const dataDir = await temporaryFolder();
    await using first = await startRouter({ docker: NO_ENGINE, dataDir });
    await using second = await launchRouter({ docker: NO_ENGINE, dataDir, ports: first.ports });
    expect((await second.exited).code).toBe(1);
    const faults = second.records.filter(({ level }) => level === 'fatal').map(({ msg }) => msg);
    // All of them at once, not one at each try.
    expect(faults.map((msg) => msg.split(':')[0])).toEqual(['entrypoint http', 'entrypoint https', 'admin address']);
    for (const fault of faults) expect(fault).toContain(`(pid ${first.pid})`);
    expect((await fetch(`http://127.0.0.1:${first.ports.admin}/healthz`)).status).toBe(200);
  });
});

describe('wrong options', () => {
  test('are listed all at once, each with the nearest name, and end the start with 2', async () => {
    const { out, err, code } = await run(
      '--htps=:443',
      '--acme-emial',
      'a@example.com',
      '--workers',
      'many',
      '--grace=1x',
    );
    expect([code, out]).toEqual([2, '']);
    const lines = err.trim().split('\n');
    expect(lines).toHaveLength(4);
    for (const line of lines) expect(line).toMatch(/^sluice: /);
    expect(err).toMatch(/--htps.*--https/);
    expect(err).toMatch(/--acme-emial.*--acme-email/);
    expect(err).toMatch(/--workers.*many/);
    expect(err).toMatch(/--grace.*1x/);
  });

  test('such as an unknown command name the nearest one', async () => {
    const { err, code } = await run('healthchek');
    expect([code, err.split('\n')[0]]).toEqual([2, expect.stringContaining('did you mean healthcheck?')]);
  });
});
