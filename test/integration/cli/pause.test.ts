import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runCommand } from '../../../src/cli/main-command.ts';
import { type RouterProcess, startRouter } from '../../support/router-process.ts';
import { createSharedFolder, type SharedFolder } from '../../support/shared-folder.ts';
import { createSiteClient, type SiteClient } from '../../support/site-client.ts';

let folder: SharedFolder;
let router: RouterProcess;
let app: Server;
let seen: string[];
let site: SiteClient;
let other: SiteClient;

async function sluice(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const streams = { out: (text: string) => void (out += text), err: (text: string) => void (err += text) };
  const code = await runCommand([...args, `--admin=127.0.0.1:${router.ports.admin}`], streams);
  return { code, out, err };
}

async function services(): Promise<Readonly<Record<string, string | undefined>>> {
  const response = await fetch(`http://127.0.0.1:${router.ports.admin}/api/services`);
  const rows = (await response.json()) as readonly { readonly name: string; readonly pausedUntil?: string }[];
  return Object.fromEntries(rows.map(({ name, pausedUntil }) => [name, pausedUntil]));
}

beforeEach(async () => {
  seen = [];
  folder = await createSharedFolder();
  app = createServer((request, response) => {
    seen.push(request.url!);
    response.end('app');
  }).listen(0, '127.0.0.1');
  await once(app, 'listening');
  const servers = [`http://127.0.0.1:${(app.address() as AddressInfo).port}`];
  const file = join(folder.path, 'services.yaml');
  const content = {
    app: { servers, labels: { 'sluice.host': 'a.test' } },
    other: { servers, labels: { 'sluice.host': 'b.test', 'sluice.hold': '0s' } },
  };
  await writeFile(file, JSON.stringify(content));
  router = await startRouter({ docker: 'off', dataDir: folder.path, flags: ['--file', file] });
  site = createSiteClient({ at: router.https, name: 'a.test' });
  other = createSiteClient({ at: router.https, name: 'b.test' });
});

afterEach(async () => {
  site.close();
  other.close();
  await router[Symbol.asyncDispose]();
  app.close();
  app.closeAllConnections();
  await folder.remove();
});

test('requests of a paused host wait until somebody resumes it; those of others do not', async () => {
  expect(await sluice('pause', 'a.test', '--for', '5m')).toEqual({
    code: 0,
    out: 'a.test is paused for 5m: requests for app@file wait\n',
    err: '',
  });
  const waiting = [site.ask('/1'), site.ask('/2')];
  expect((await other.ask('/other')).status).toBe(200);
  const until = Date.parse((await services())['app@file']!);
  expect(until - Date.now()).toBeGreaterThan(290_000);
  expect((await services())['other@file']).toBeUndefined();
  const explained = await sluice('explain', 'https://a.test/');
  expect([explained.code, explained.out]).toEqual([0, expect.stringMatching(/ok: paused until .*: requests wait/)]);
  expect(seen).toEqual(['/other']);
  expect(await sluice('resume', 'a.test')).toEqual({ code: 0, out: 'a.test goes on\n', err: '' });
  expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200]);
  expect((await services())['app@file']).toBeUndefined();
  expect(router.records.filter(({ msg }) => /^(paused|resumed)/.test(msg)).map(({ level }) => level)).toEqual([
    'info',
    'info',
  ]);
});

test('they go on by themselves when its time is over', async () => {
  await sluice('pause', 'a.test', '--for', '1s');
  expect((await site.ask('/')).status).toBe(200);
  expect(await sluice('resume', 'a.test')).toMatchObject({ code: 1, err: 'sluice: a.test is not paused\n' });
});

test('a service that holds no requests answers 503, and explain says why', async () => {
  await sluice('pause', 'b.test');
  expect((await other.ask('/')).status).toBe(503);
  const { code, out } = await sluice('explain', 'https://b.test/');
  expect([code, out]).toEqual([1, expect.stringContaining('paused: paused until')]);
});

test.for([
  [['pause', 'c.test'], 1, 'sluice: no router with a service names c.test; did you mean a.test?\n'],
  [['pause'], 2, 'the host is missing'],
  [['pause', 'a.test', '--for', '11m'], 2, '--for: a pause lasts 10m at most'],
  [['resume', 'a.test'], 1, 'sluice: a.test is not paused\n'],
  [['resume', 'no host'], 1, 'sluice: host is no host name\n'],
] as const)('%j: %d', async ([args, code, err]) => {
  expect(await sluice(...args)).toMatchObject({ code, err: expect.stringContaining(err) });
});
