import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { runCommand } from '../../../src/cli/main-command.ts';
import { freePort } from '../../support/free-port.ts';
import { type RouterProcess, startRouter } from '../../support/router-process.ts';
import { createSharedFolder, type SharedFolder } from '../../support/shared-folder.ts';
import { createSiteClient } from '../../support/site-client.ts';

/** An app that answers when the test lets it. */
interface SlowApp {
  readonly server: Server;
  readonly url: string;
  readonly waiting: ServerResponse[];
}

let folder: SharedFolder;
let router: RouterProcess;
let apps: SlowApp[];

async function startApp(): Promise<SlowApp> {
  const waiting: ServerResponse[] = [];
  const server = createServer((request, response) => {
    if (request.url === '/slow') waiting.push(response);
    else response.end('ok');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const app = { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, waiting };
  apps.push(app);
  return app;
}

const configure = (...urls: readonly string[]) =>
  writeFile(
    join(folder.path, 'services.yaml'),
    JSON.stringify({ app: { servers: urls, labels: { 'sluice.host': 'a.test' } } }),
  );

async function sluice(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const streams = { out: (text: string) => void (out += text), err: (text: string) => void (err += text) };
  const code = await runCommand([...args, '--admin', `127.0.0.1:${router.ports.admin}`], streams);
  return { code, out, err };
}

beforeEach(async () => {
  apps = [];
  folder = await createSharedFolder();
  const app = await startApp();
  await configure(app.url);
  const flags = ['--file', join(folder.path, 'services.yaml')];
  router = await startRouter({ docker: 'off', dataDir: folder.path, flags });
});

afterEach(async () => {
  await router[Symbol.asyncDispose]();
  for (const { server } of apps) {
    server.close();
    server.closeAllConnections();
  }
  await folder.remove();
});

describe('sluice deploy --wait', () => {
  test('a service that is ready is that at once', async () => {
    expect(await sluice('deploy', '--wait', 'app')).toEqual({ code: 0, out: 'app@file: 1 of 1 ready\n', err: '' });
  });

  test('waits for a server that does not accept connections yet, and tells each change once', async () => {
    const port = await freePort();
    await configure(apps[0]!.url, `http://127.0.0.1:${port}`);
    await vi.waitFor(async () => {
      const { out } = await sluice('deploy', '--wait', 'app', '--timeout', '0s');
      expect(out).toContain('1 of 2 ready');
    }, 10_000);
    const deployed = sluice('deploy', '--wait', 'app@file');
    const late = createServer((_request, response) => response.end()).listen(port, '127.0.0.1');
    apps.push({ server: late, url: '', waiting: [] });
    const { code, out } = await deployed;
    expect(code).toBe(0);
    expect(out.split('\n').at(-2)).toBe('app@file: 2 of 2 ready');
  });

  test('says why when the time is over', async () => {
    const port = await freePort();
    await configure(`http://127.0.0.1:${port}`);
    await vi.waitFor(async () => {
      const { code, out, err } = await sluice('deploy', '--wait', 'app', '--timeout', '300ms');
      const reason = `app starting: nothing accepts connections at 127.0.0.1:${port} yet`;
      expect({ code, out, err }).toEqual({
        code: 1,
        out: `app@file: 0 of 1 ready; ${reason}\n`,
        err: `app@file is not ready after 300ms: 0 of 1 ready\n  ${reason}\n`,
      });
    });
  });

  test('waits until the old server has finished its requests, although it is gone from the configuration', async () => {
    const [old] = apps;
    using client = createSiteClient({ at: router.https, name: 'a.test' });
    const slow = client.ask('/slow');
    await vi.waitFor(() => expect(old!.waiting).toHaveLength(1), { timeout: 5000 });
    const fresh = await startApp();
    await configure(fresh.url);
    const finishing = 'app@file: 1 of 1 ready; old app finishes 1 request\n';
    await vi.waitFor(async () => {
      const { code, out } = await sluice('deploy', '--wait', 'app', '--timeout', '300ms');
      expect([code, out]).toEqual([1, finishing]);
    }, 10_000);
    const deployed = sluice('deploy', '--wait', 'app');
    old!.waiting[0]!.end('done');
    expect((await slow).body).toBe('done');
    const { code, out } = await deployed;
    expect([code, out.endsWith('app@file: 1 of 1 ready\n')]).toEqual([0, true]);
  });

  test.for([
    [['--wait', 'ap', '--timeout', '0s'], 'there is no service ap; did you mean app@file?'],
    [['--wait'], '--wait: a value is missing'],
    [['--wait', 'app', '--nonsense'], '--nonsense'],
  ] as const)('%j is wrong use', async ([args, fault]) => {
    const { code, err } = await sluice('deploy', ...args);
    expect([code, err]).toEqual([2, expect.stringContaining(fault)]);
  });

  test('without a router there is nobody to ask', async () => {
    await router.stop();
    const { code, err } = await sluice('deploy', '--wait', 'app');
    expect([code, err]).toEqual([2, expect.stringContaining(`no router at http://127.0.0.1:${router.ports.admin}`)]);
  });
});
