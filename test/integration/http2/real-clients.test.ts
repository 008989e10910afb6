import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { pattern, sha1 } from '../../support/http2-client.ts';
import { ensurePrograms } from '../../support/lab/packages.ts';
import { runCommand } from '../../support/lab/shell.ts';
import { type RouterProcess, startRouter } from '../../support/router-process.ts';

const HOST = 'site.test';
const UPLOAD = pattern(3_000_000);
const LARGE = pattern(1_000_000, 5);

let folder: string;
let backend: Server;
let router: RouterProcess;
let requests: number;

beforeAll(async () => {
  await ensurePrograms(['curl', 'nghttp', 'h2load']);
  requests = 0;
  backend = createServer((incoming, outgoing) => {
    requests += 1;
    const hash = createHash('sha1');
    incoming.on('data', (chunk: Buffer) => hash.update(chunk));
    incoming.on('end', () => {
      if (incoming.method === 'POST') outgoing.end(hash.digest('hex'));
      else if (incoming.url === '/large') outgoing.end(LARGE);
      else outgoing.end(`${incoming.headers.via} ${incoming.url}`);
    });
  }).listen(0, '127.0.0.1');
  await once(backend, 'listening');
  folder = mkdtempSync(join(tmpdir(), 'sluice-h2-'));
  const file = join(folder, 'services.yaml');
  const { port } = backend.address() as AddressInfo;
  const labels = {
    'traefik.http.routers.a.rule': `Host(\`${HOST}\`)`,
    'traefik.http.routers.a.entrypoints': 'https',
    'traefik.http.routers.b.rule': `Host(\`${HOST}\`)`,
    'traefik.http.routers.b.entrypoints': 'http',
  };
  const servers = [`http://127.0.0.1:${port}`];
  await writeFile(file, JSON.stringify({ app: { servers, labels } }));
  await writeFile(join(folder, 'upload'), UPLOAD);
  const flags = ['--file', file, '--h2c'];
  router = await startRouter({ dataDir: folder, docker: 'off', flags });
}, 120_000);

afterAll(async () => {
  await router.stop();
  backend.close();
  backend.closeAllConnections();
  rmSync(folder, { recursive: true, force: true });
});

afterEach(() => {
  const faults = router.records.filter(({ level }) => level === 'error' || level === 'fatal');
  expect([faults, router.errors()]).toEqual([[], '']);
});

const url = (path = '/'): string => `https://${HOST}:${router.ports.https}${path}`;
const curl = (...args: readonly string[]): Promise<string> =>
  runCommand('curl', ['-sSk', '--max-time', '15', '--resolve', `${HOST}:${router.ports.https}:127.0.0.1`, ...args]);

describe('curl', () => {
  test.for([
    ['--http2', '2', '2.0 sluice /x'],
    ['--http1.1', '1.1', '1.1 sluice /x'],
    ['--http1.0', '1.1', '1.0 sluice /x'],
  ] as const)('%s: GET', async ([flag, version, text]) => {
    expect(
      await curl(
        flag,
        ...(flag === '--http1.0' ? ['--no-alpn'] : []),
        '-w',
        ' %{http_version} %{http_code}',
        url('/x'),
      ),
    ).toBe(`${text} ${version} 200`);
  });

  test.for(['--http2', '--http1.1'])('%s: a POST of three million bytes', async (flag) => {
    const sum = await curl(flag, '--data-binary', `@${join(folder, 'upload')}`, url());
    expect(sum).toBe(sha1(UPLOAD));
  });

  test.for([
    ['--http2', 'Content-Length:'],
    ['--http1.1', 'Transfer-Encoding: chunked'],
  ] as const)('%s: an upload of no length, and Expect', async ([flag, field]) => {
    const upload = ['-X', 'POST', '-T', join(folder, 'upload'), '-H', 'Expect: 100-continue', '-H', field];
    expect(await curl(flag, ...upload, url())).toBe(sha1(UPLOAD));
  });

  test('--http2: HEAD', async () => {
    expect(await curl('--http2', '-I', url('/x'))).toMatch(/^HTTP\/2 200 \r\n/);
  });

  test('--http2: forty downloads at once, over one connection', async () => {
    const into = mkdtempSync(join(folder, 'into-'));
    const parallel = ['-Z', '--parallel-max', '40', '-o', join(into, '#1'), '-w', '%{num_connects} '];
    const connects = await curl('--http2', ...parallel, `${url('/large')}#[1-40]`);
    const names = await readdir(into);
    expect(names).toHaveLength(40);
    expect(new Set(names.map((name) => sha1(readFileSync(join(into, name)))))).toEqual(new Set([sha1(LARGE)]));
    expect(
      connects
        .trim()
        .split(' ')
        .filter((count) => count === '1').length,
    ).toBeLessThanOrEqual(2);
  });
});

test('nghttp: twenty requests of one connection', async () => {
  const args = [
    '-nv',
    '-m',
    '20',
    '--no-verify-peer',
    '-H',
    `:authority: ${HOST}`,
    `https://127.0.0.1:${router.ports.https}/x`,
  ];
  const output = await runCommand('nghttp', args);
  expect(output.match(/:status: 200/g)).toHaveLength(20);
  expect(output).not.toMatch(/RST_STREAM|error_code=(?!NO_ERROR)/);
});

test('nghttp: an upload, padded, with trailers', async () => {
  const args = [
    '-v',
    '-b',
    '100',
    '--trailer',
    'x-sum: 1',
    '--no-verify-peer',
    '-d',
    join(folder, 'upload'),
    '-H',
    `:authority: ${HOST}`,
  ];
  const output = await runCommand('nghttp', [...args, `https://127.0.0.1:${router.ports.https}/x`]);
  expect(output).toContain(sha1(UPLOAD));
});

describe('h2load', () => {
  test.for<[what: string, count: number, args: readonly string[], path: string]>([
    ['small answers over four connections, 32 at once each', 8000, ['-c4', '-m32'], '/x'],
    ['large answers', 100, ['-c2', '-m10'], '/large'],
    ['large answers through small windows', 40, ['-c2', '-m10', '-w14', '-W15'], '/large'],
    ['uploads', 60, ['-c3', '-m10', '-d', 'UPLOAD'], '/x'],
  ])('%s: %i', async ([, count, args, path]) => {
    const before = requests;
    const given = args.map((arg) => (arg === 'UPLOAD' ? join(folder, 'upload') : arg));
    const target = `https://127.0.0.1:${router.ports.https}${path}`;
    const output = await runCommand('h2load', [...given, `-n${count}`, '-H', `:authority: ${HOST}`, target]);
    const all = `${count} total, ${count} started, ${count} done, ${count} succeeded, 0 failed, 0 errored, 0 timeout`;
    expect(output).toContain(`requests: ${all}`);
    expect(output).toContain(`status codes: ${count} 2xx, 0 3xx, 0 4xx, 0 5xx`);
    expect(requests - before).toBe(count);
  });

  test('a connection ends behind its ten-thousandth request, and all up to it are served (T8)', async () => {
    const before = requests;
    const target = `https://127.0.0.1:${router.ports.https}/x`;
    const output = await runCommand('h2load', ['-c1', '-m50', '-n10600', '-H', `:authority: ${HOST}`, target]);
    // What this client began before it read the GOAWAY is served, too; it opens no second connection.
    const [, served, lost] = /^requests: 10600 total, .* (\d+) succeeded, (\d+) failed, \2 errored, 0 timeout$/m.exec(
      output,
    )!;
    expect([Number(served) + Number(lost), Number(served) >= 10_000]).toEqual([10_600, true]);
    expect([requests - before, Number(served) < 10_600]).toEqual([Number(served), true]);
  });
});

describe('without TLS (--h2c)', () => {
  const plainUrl = (path: string): string => `http://${HOST}:${router.ports.http}${path}`;
  const resolve = (): readonly string[] => ['--resolve', `${HOST}:${router.ports.http}:127.0.0.1`];

  test.for([
    ['--http2-prior-knowledge', '2', '2.0 sluice /x'],
    // It offers an upgrade, and goes on without.
    ['--http2', '1.1', '1.1 sluice /x'],
    ['--http1.1', '1.1', '1.1 sluice /x'],
  ] as const)('curl %s', async ([flag, version, text]) => {
    const answer = await curl(flag, ...resolve(), '-w', ' %{http_version} %{http_code}', plainUrl('/x'));
    expect(answer).toBe(`${text} ${version} 200`);
  });

  test('curl: a POST of three million bytes', async () => {
    const upload = ['--data-binary', `@${join(folder, 'upload')}`];
    expect(await curl('--http2-prior-knowledge', ...resolve(), ...upload, plainUrl('/'))).toBe(sha1(UPLOAD));
  });

  test('nghttp', async () => {
    const target = `http://127.0.0.1:${router.ports.http}/x`;
    const output = await runCommand('nghttp', ['-nv', '-m', '20', '-H', `:authority: ${HOST}`, target]);
    expect(output.match(/:status: 200/g)).toHaveLength(20);
    expect(output).not.toMatch(/RST_STREAM|error_code=(?!NO_ERROR)/);
  });

  test('h2load', async () => {
    const target = `http://127.0.0.1:${router.ports.http}/large`;
    const output = await runCommand('h2load', ['-c2', '-m10', '-n40', '-H', `:authority: ${HOST}`, target]);
    expect(output).toContain('status codes: 40 2xx, 0 3xx, 0 4xx, 0 5xx');
  });
});
