import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const MAIN = new URL('../../../src/main.ts', import.meta.url).pathname;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-check-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The real program in the folder, with nothing of this process's variables but what it needs to start. */
async function check(args: readonly string[], input = ''): Promise<Ran> {
  return new Promise((resolve) => {
    const options = { cwd: folder, env: { PATH: process.env['PATH'] } };
    const child = execFile(process.execPath, [MAIN, 'check', ...args], options, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err });
    });
    child.stdin!.end(input);
  });
}

const TYPO = `services:
  web:
    image: nginx
    expose: ["80"]
    labels:
      sluice.hots: app.example.com
`;
const RIGHT = TYPO.replace('hots', 'host');

describe('exit codes', () => {
  test('1 for an error, with file, line and what was meant', async () => {
    await write({ 'compose.yaml': TYPO });
    const { code, out } = await check([]);
    expect(code).toBe(1);
    expect(out).toContain('compose.yaml, service web\n  compose.yaml:6: error: sluice.hots\n');
    expect(out).toContain('→ did you mean sluice.host?');
    expect(out).toMatch(/\n1 error, 0 warnings in 1 service\n$/);
  });

  test('0 without problems', async () => {
    await write({ 'docker-compose.yml': RIGHT });
    expect(await check([])).toEqual({ code: 0, out: 'no problems in 1 service\n', err: '' });
  });

  test('0 with warnings alone', async () => {
    await write({ 'compose.yaml': `${RIGHT}      slucie.port: 80\n` });
    const { code, out } = await check([]);
    expect([code, out]).toEqual([0, expect.stringContaining('\n0 errors, 1 warning in 1 service\n')]);
  });

  test.for([
    [[], {}, 'there is no compose file here'],
    [['none.yaml'], {}, 'none.yaml:1:1: the file cannot be read: ENOENT'],
    [['bad.yaml'], { 'bad.yaml': 'services:\n  web: [\n' }, 'bad.yaml:3:1:'],
    [['compose.yaml', '--htp=:80'], { 'compose.yaml': RIGHT }, '--htp: there is no such option; did you mean --http?'],
    [['--json', '--domain', 'x y'], { 'compose.yaml': RIGHT }, '--domain'],
  ] as const)('2 for %j', async ([args, files, message]) => {
    await write(files);
    const { code, out, err } = await check(args);
    expect([code, out, err]).toEqual([2, '', expect.stringContaining(message)]);
  });
});

describe('which files', () => {
  test('the override file beside the first, and .env', async () => {
    await write({
      'compose.yaml': RIGHT.replace('app.example.com', '"app.${DOMAIN}"'),
      'compose.override.yaml': 'services: {web: {labels: {sluice.prot: 80}}}',
      '.env': 'DOMAIN=example.com\n',
    });
    const { code, out } = await check([]);
    expect([code, out]).toEqual([1, expect.stringContaining('compose.override.yaml:1: error: sluice.prot')]);
    expect(out).not.toContain('DOMAIN');
    // Named files are all there is, as with compose.
    expect(await check(['compose.yaml'])).toMatchObject({ code: 0 });
  });

  test('those of a folder, with the files they extend and include', async () => {
    await write({
      'stack/compose.yaml': 'include: [apps/web.yaml]\nservices: {x: {extends: {file: base.yaml, service: b}}}\n',
      'stack/apps/web.yaml': TYPO,
      'stack/base.yaml': 'services:\n  b:\n    labels: {sluice.tsl: off}\n',
    });
    const { code, out } = await check(['stack']);
    expect(code).toBe(1);
    expect(out).toContain('stack/apps/web.yaml:6: error: sluice.hots');
    expect(out).toContain('stack/base.yaml:3: error: sluice.tsl');
  });

  test('those that COMPOSE_FILE in .env names', async () => {
    await write({ '.env': 'COMPOSE_FILE=one.yaml:two.yaml\n', 'one.yaml': RIGHT, 'two.yaml': TYPO });
    expect(await check([])).toMatchObject({ code: 1, out: expect.stringContaining('two.yaml:6: error: sluice.hots') });
  });

  test('the standard input', async () => {
    const { code, out } = await check(['-'], TYPO);
    expect([code, out]).toEqual([1, expect.stringContaining('<stdin>:6: error: sluice.hots')]);
  });
});

test('--json: a line for each problem', async () => {
  await write({ 'compose.yaml': TYPO.replace('sluice.hots: app.example.com', 'sluice.host: "a.test, b c"') });
  const { code, out } = await check(['--json', 'compose.yaml']);
  expect(code).toBe(1);
  expect(
    out
      .trim()
      .split('\n')
      .map((one) => JSON.parse(one) as unknown),
  ).toEqual([
    expect.objectContaining({
      severity: 'error',
      code: 'label_value',
      file: 'compose.yaml',
      line: 6,
      service: 'web',
      label: 'sluice.host',
      column: 9,
    }),
  ]);
});

test('a long output reaches its reader whole', async () => {
  const services = Array.from({ length: 3000 }, (_, n) => `  s${n}: {labels: {sluice.hots: h${n}.test}}\n`);
  await write({ 'compose.yaml': `services:\n${services.join('')}` });
  // Far more than a pipe holds.
  const child = spawn(process.execPath, [MAIN, 'check'], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  for await (const chunk of child.stdout) out += String(chunk);
  expect(out.length).toBeGreaterThan(262_144);
  expect(out).toMatch(/\n3000 errors, 0 warnings in 3000 services\n$/);
});

test("Traefik's own files are read from where the router mounts them", async () => {
  const compose = `services:
  traefik:
    image: traefik:v3
    volumes: ["./dynamic:/etc/dynamic:ro"]
    command:
      - --providers.docker
      - --providers.file.directory=/etc/dynamic
      - --entrypoints.web.address=:80
  web:
    expose: [80]
    labels:
      traefik.http.routers.web.rule: Host(\`a.test\`)
      traefik.http.routers.web.middlewares: strip@file
`;
  await write({ 'compose.yaml': compose });
  expect(await check([])).toMatchObject({
    code: 0,
    out: expect.stringContaining('compose.yaml:13: warning: traefik.http.routers.web.middlewares'),
  });
  await write({ 'dynamic/a.yml': 'http: {middlewares: {stripped: {stripPrefix: {prefixes: [/x]}}}}\n' });
  expect(await check([])).toMatchObject({ code: 1, out: expect.stringContaining('did you mean stripped@file?') });
  await write({ 'dynamic/a.yml': 'http: {middlewares: {strip: {stripPrefix: {prefixes: [/x]}}}}\n' });
  expect(await check([])).toMatchObject({ code: 0, out: expect.not.stringContaining('strip@file') });
});

test('a file of users that the router mounts is read', async () => {
  await write({
    'compose.yaml': `services:
  router: {image: sluice, volumes: ["./users:/etc/users:ro"]}
  web:
    expose: [80]
    labels:
      sluice.host: a.test
      sluice.middlewares: login
      sluice.http.middlewares.login.basicauth.usersfile: /etc/users
`,
    users: 'fay:plain\n',
  });
  const { code, out } = await check([]);
  expect([code, out]).toEqual([1, expect.stringContaining('compose.yaml:7: error: sluice.middlewares')]);
  expect(out).toMatch(/line 1 of \S*users is no user/);
  await write({ users: 'fay:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n' });
  expect(await check([])).toMatchObject({ code: 0 });
});
