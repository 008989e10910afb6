import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { BrowserSite } from '../../support/browser-site.ts';
import { pattern, sha1 } from '../../support/http2-client.ts';
import { ensurePrograms, findProgram } from '../../support/lab/packages.ts';
import { type RouterProcess, startRouter } from '../../support/router-process.ts';

const HOST = 'site.test';

let folder: string;
let site: BrowserSite;
let router: RouterProcess;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  await ensurePrograms(['chromium']);
  folder = mkdtempSync(join(tmpdir(), 'sluice-browser-'));
  site = new BrowserSite();
  const file = join(folder, 'services.yaml');
  const labels = { 'traefik.http.routers.a.rule': `Host(\`${HOST}\`)`, 'traefik.http.routers.a.entrypoints': 'https' };
  const servers = [`http://127.0.0.1:${await site.listen()}`];
  await writeFile(file, JSON.stringify({ app: { servers, labels } }));
  router = await startRouter({ dataDir: folder, docker: 'off', flags: ['--file', file, '--access-log', 'json'] });
  browser = await chromium.launch({
    executablePath: findProgram('chromium')!,
    args: ['--no-sandbox', '--disable-quic', `--host-resolver-rules=MAP ${HOST} 127.0.0.1`],
  });
}, 240_000);

afterAll(async () => {
  await browser.close();
  await router.stop();
  site.close();
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  page = await browser.newPage({ ignoreHTTPSErrors: true });
  await page.goto(`https://${HOST}:${router.ports.https}/`);
});
afterEach(async () => {
  await page.close();
  const faults = router.records.filter(({ level }) => level === 'error' || level === 'fatal');
  expect([faults, router.errors()]).toEqual([[], '']);
});

/** Lines of the access log for a path. */
const logged = (path: string): readonly unknown[] => router.records.filter((record) => record['path'] === path);

/** What an expression is in the page; a promise is waited for. */
const inPage = (expression: string): Promise<unknown> => page.evaluate(expression);

test('a page with two hundred resources, all over HTTP/2', async () => {
  const loaded = await inPage(`(async () => {
    const texts = await Promise.all(Array.from({ length: 200 }, async (_, n) => (await fetch('/r/' + n)).text()));
    const entries = performance.getEntriesByType('resource').filter(({ name }) => name.includes('/r/'));
    const protocols = [...entries, ...performance.getEntriesByType('navigation')].map((one) => one.nextHopProtocol);
    return { texts, protocols };
  })()`);
  const texts = Array.from({ length: 200 }, (_, n) => `resource ${n}`);
  expect(loaded).toEqual({ texts, protocols: Array(201).fill('h2') });
});

test('an upload of five megabytes', async () => {
  const sum = await inPage(`(async () => {
    const body = Uint8Array.from({ length: 5_000_000 }, (_, n) => (n % 251) * 7);
    return (await fetch('/upload', { method: 'POST', body })).text();
  })()`);
  expect(sum).toBe(sha1(pattern(5_000_000)));
});

test('a WebSocket, by extended CONNECT (RFC 8441)', async () => {
  const sizes = [1, 200, 70_000, 1_000_000];
  const before = site.webSockets.length;
  const heard = await inPage(`new Promise((resolve, reject) => {
    const sizes = ${JSON.stringify(sizes)};
    const socket = new WebSocket('wss://' + location.host + '/socket');
    const heard = [];
    socket.onerror = () => reject(new Error('no WebSocket'));
    socket.onopen = () => sizes.forEach((size) => socket.send('x'.repeat(size)));
    socket.onmessage = ({ data }) => {
      heard.push(data === 'x'.repeat(data.length) && data.length);
      if (heard.length === sizes.length) socket.close(1000);
    };
    socket.onclose = ({ wasClean, code }) => resolve({ heard, wasClean, code });
  })`);
  expect(heard).toEqual({ heard: sizes, wasClean: true, code: 1000 });
  // It came over HTTP/2, and the browser was told 200 and not 101.
  expect(site.webSockets.slice(before)).toEqual(['2.0 sluice']);
  await vi.waitFor(() => expect(logged('/socket')).toHaveLength(1), 5000);
  expect(logged('/socket')[0]).toMatchObject({ method: 'GET', status: 200 });
  expect(logged('/socket')[0]).not.toHaveProperty('reason');
});

test('events, each at once', async () => {
  await inPage(`{
    globalThis.heard = [];
    new EventSource('/events').onmessage = ({ data }) => heard.push(data);
  }`);
  await vi.waitFor(() => expect(site.listeners).toHaveLength(1), 5000);
  const all = ['one', 'two', 'three'];
  for (const [index, text] of all.entries()) {
    site.say(text);
    const soFar = all.slice(0, index + 1);
    await vi.waitFor(async () => expect(await inPage('heard')).toEqual(soFar), { timeout: 5000, interval: 10 });
  }
});
