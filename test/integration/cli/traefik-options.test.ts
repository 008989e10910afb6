import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { freePort } from '../../support/free-port.ts';

const MAIN = new URL('../../../src/main.ts', import.meta.url).pathname;

let folder: string;
let backend: Server;
let web: number;
let router: ChildProcess | undefined;
let log: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-traefik-'));
  await mkdir(join(folder, 'dynamic'));
  backend = createServer((request, response) => void response.end(`app ${request.url}`)).listen(0, '127.0.0.1');
  await once(backend, 'listening');
  web = await freePort();
  log = '';
});

afterEach(async () => {
  router?.kill('SIGKILL');
  backend.close();
  await rm(folder, { recursive: true, force: true });
});

const environment = (more: Readonly<Record<string, string>>) => {
  const kept = Object.entries(process.env).filter(([name]) => !/^(SLUICE|TRAEFIK)_|^XDG_CONFIG_HOME$/.test(name));
  return { ...Object.fromEntries(kept), HOME: folder, ...more };
};

/** Starts the router in the folder of the test, and waits until it listens. */
async function start(flags: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<void> {
  const own = ['--workers=1', '--acme-ca=off', '--log-format=json', `--data=${join(folder, 'data')}`];
  router = spawn(process.execPath, [MAIN, ...own, ...flags], {
    cwd: folder,
    env: environment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [router.stdout, router.stderr])
    stream!.on('data', (chunk: Buffer) => void (log += chunk.toString()));
  await vi.waitFor(() => expect(log).toContain('"listening"'), { timeout: 20_000, interval: 20 });
}

/** Body and status. */
async function ask(path: string, host: string, json?: string): Promise<string> {
  const headers = json === undefined ? { host } : { host, 'content-type': 'application/json' };
  const method = json === undefined ? 'GET' : 'POST';
  const asked = request({ host: '127.0.0.1', port: web, path, method, headers, agent: false, timeout: 5000 }).end(json);
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return `${(await text(response)).trim()} ${response.statusCode}`;
}

const dynamic = (host: string) => `
http:
  routers:
    app: {rule: Host(\`${host}\`), service: app}
    api: {rule: Host(\`api.test\`), service: api@internal}
  services:
    app: {loadBalancer: {servers: [{url: "http://127.0.0.1:${(backend.address() as AddressInfo).port}"}]}}
`;

test('its static file in the working folder, its dynamic files, the API by a router and ping', async () => {
  await writeFile(
    join(folder, 'traefik.yml'),
    `entryPoints: {web: {address: "127.0.0.1:${web}"}}
providers: {file: {directory: ./dynamic}}
api: {}
ping: {entryPoint: web}
`,
  );
  await writeFile(join(folder, 'dynamic', 'a.yml'), dynamic('a.test'));
  await start([`--admin=127.0.0.1:${await freePort()}`], { TRAEFIK_LOG_LEVEL: 'DEBUG' });
  expect(log).toContain("Traefik's options are those of ./traefik.yml");
  expect(log).toContain('these are ignored: TRAEFIK_LOG_LEVEL');
  await vi.waitFor(async () => expect(await ask('/x', 'a.test')).toBe('app /x 200'), 5000);
  await vi.waitFor(async () => expect(await ask('/ping', 'any.test')).toBe('ok 200'), 5000);
  expect(await ask('/healthz', 'api.test')).toBe('ok 200');
  // A router to the API is for looking: whoever reaches it changes nothing.
  for (const path of ['/api/pause', '/api/resume']) {
    expect(await ask(path, 'api.test', '{"host":"a.test"}')).toMatch(/nothing is changed through a proxy.* 403$/);
  }
  expect(await ask('/healthz', 'other.test')).toMatch(/404$/);
  await writeFile(join(folder, 'dynamic', 'a.yml'), dynamic('b.test'));
  await vi.waitFor(async () => expect(await ask('/y', 'b.test')).toBe('app /y 200'), 5000);
  await writeFile(join(folder, 'dynamic', 'a.yml'), 'http: {');
  await vi.waitFor(() => expect(log).toContain('file_syntax'), 5000);
  expect(await ask('/z', 'b.test')).toBe('app /z 200');
});

test('whoever may ask the ping may ask nothing else, and there is no API that nobody switched on', async () => {
  await writeFile(
    join(folder, 'dynamic', 'a.yml'),
    `
http:
  routers:
    ping: {rule: Host(\`ping.test\`), service: ping@internal}
    bent: {rule: Host(\`bent.test\`), service: ping@internal, middlewares: [strip, api]}
    api: {rule: Host(\`api.test\`), service: api@internal}
    dashboard: {rule: Host(\`dashboard.test\`), service: dashboard@internal}
  middlewares:
    strip: {stripPrefix: {prefixes: [/x]}}
    api: {addPrefix: {prefix: /api}}
`,
  );
  await start([
    `--entrypoints.web.address=127.0.0.1:${web}`,
    `--providers.file.directory=${join(folder, 'dynamic')}`,
    '--ping',
    '--ping.entrypoint=web',
    `--admin=127.0.0.1:${await freePort()}`,
  ]);
  await vi.waitFor(async () => expect(await ask('/', 'ping.test')).toBe('ok 200'), 5000);
  for (const path of ['/api/routers', '/api/version?a', '/healthz', '/api/../api/problems']) {
    expect(await ask(path, 'ping.test')).toBe('ok 200');
  }
  expect(await ask('/x/routers', 'bent.test')).toBe('ok 200');
  expect(await ask('/ping', 'any.test')).toBe('ok 200');
  expect(await ask('/api/routers', 'api.test')).toMatch(/ 503$/);
  expect(await ask('/api/routers', 'dashboard.test')).toMatch(/ 503$/);
});

test('the customary health check asks the router that has its options from variables', async () => {
  const env = {
    TRAEFIK_ENTRYPOINTS_WEB_ADDRESS: `127.0.0.1:${web}`,
    TRAEFIK_PROVIDERS_FILE_DIRECTORY: join(folder, 'dynamic'),
    TRAEFIK_PING: 'true',
    TRAEFIK_API_INSECURE: 'true',
    TRAEFIK_ENTRYPOINTS_TRAEFIK_ADDRESS: `127.0.0.1:${await freePort()}`,
  };
  await start([], env);
  const check = spawn(process.execPath, [MAIN, 'traefik', 'healthcheck', '--ping'], {
    cwd: folder,
    env: environment(env),
    stdio: 'inherit',
  });
  expect(await once(check, 'exit')).toEqual([0, null]);
});
