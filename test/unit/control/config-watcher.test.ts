import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { ConfigWatcher, type Published } from '../../../src/control/config-watcher.ts';
import { ProblemLog } from '../../../src/control/problem-log.ts';
import { watchConfigFiles } from '../../../src/control/watch-config-files.ts';
import { collectLogger } from '../../support/collect-logger.ts';
import { createTestCa } from '../../support/issue-certificate.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { staticConfig, workload } from '../../support/workloads.ts';

const place = { networks: undefined };
const app = workload({ name: 'app', labels: { 'sluice.host': 'app.test' } });
const other = workload({ name: 'other', labels: { 'sluice.host': 'other.test' } });

function routersOf(watcher: ConfigWatcher): string[] {
  return watcher.current.routers.map((router) => router.name);
}

describe('ConfigWatcher', () => {
  test('an equal configuration is no change, whatever event caused it', () => {
    const watcher = new ConfigWatcher(staticConfig());
    expect(watcher.update('docker', [app], place, []).isChanged).toBe(true);
    const before = watcher.current;
    expect(watcher.update('docker', [{ ...app }], place, []).isChanged).toBe(false);
    expect(watcher.current).toBe(before);
  });

  test('an empty list is a valid configuration: the routes go', () => {
    const watcher = new ConfigWatcher(staticConfig());
    watcher.update('docker', [app], place, []);
    const published = watcher.update('docker', [], place, []);
    expect([published.isChanged, published.snapshot.routers, published.wanted]).toEqual([true, [], []]);
  });

  test('each provider replaces only what it said itself', () => {
    const watcher = new ConfigWatcher(staticConfig());
    watcher.update('docker', [app], place, []);
    const file = workload({ provider: 'file', name: 'files', urls: ['http://127.0.0.1:9'], labels: other.labels });
    watcher.update('file', [file], place, []);
    expect(routersOf(watcher)).toEqual(expect.arrayContaining(['app@docker', 'files@file']));
    watcher.update('docker', [], place, []);
    expect(routersOf(watcher).filter((name) => !name.endsWith('@internal'))).toEqual(['files@file']);
  });

  test("a container's fault leaves its neighbour's router as it was", () => {
    const watcher = new ConfigWatcher(staticConfig());
    watcher.update('docker', [app], place, []);
    const alone = watcher.current.routers.find((router) => router.name === 'app@docker');
    const broken = workload({ name: 'broken', labels: { 'sluice.http.routers.b.rule': 'Host(`b.test' } });
    const published = watcher.update('docker', [app, broken], place, []);
    expect(published.problems.map((problem) => problem.code)).toEqual(['rule_syntax']);
    expect(published.snapshot.routers.find((router) => router.name === 'app@docker')).toEqual(alone);
  });

  test('a container that lingers keeps its router, and what is wrong with it is nothing', () => {
    const watcher = new ConfigWatcher(staticConfig());
    const bad = { ...app, labels: { ...app.labels, 'sluice.hots': 'x', 'sluice.http.routers.b.rule': 'Host(`b.test' } };
    expect(watcher.update('docker', [bad], place, []).problems).not.toEqual([]);
    const gone = { ...bad, running: false, networks: [], isLingering: true as const };
    const rival = workload({ name: 'rival', labels: app.labels, createdAt: 1, running: false });
    const published = watcher.update('docker', [rival, { ...gone, createdAt: Number.MAX_SAFE_INTEGER }], place, []);
    expect(published.problems).toEqual([]);
    expect(routersOf(watcher)).toContain('rival@docker');
    const alone = watcher.update('docker', [gone], place, []);
    expect([routersOf(watcher).includes('app@docker'), alone.problems]).toEqual([true, []]);
  });

  test('a successor may define what one that lingers had defined otherwise', () => {
    const watcher = new ConfigWatcher(staticConfig());
    const labels = (host: string) => ({
      'sluice.http.routers.r.rule': `Host(\`${host}\`)`,
      'sluice.http.routers.r.service': 'r',
      'sluice.http.services.r.loadbalancer.server.port': '80',
    });
    const gone = workload({ name: 'a', labels: labels('a.test'), running: false, networks: [], isLingering: true });
    const successor = workload({ name: 'b', labels: labels('b.test') });
    const { problems, snapshot } = watcher.update('docker', [successor, gone], place, []);
    expect(problems).toEqual([]);
    expect(snapshot.services.map(({ servers }) => servers.length)).toEqual([1]);
  });

  test('a fault of a router that others share with one that lingers stays', () => {
    const watcher = new ConfigWatcher(staticConfig());
    const labels = {
      'sluice.http.routers.r.rule': 'Host(`r.test`)',
      'sluice.http.routers.r.middlewares': 'missing',
      'sluice.http.routers.r.service': 's',
      'sluice.http.services.s.loadbalancer.server.port': '80',
    };
    const [one, two] = [workload({ name: 'a', labels }), workload({ name: 'b', labels })];
    const { problems } = watcher.update('docker', [one, two], place, []);
    expect(problems).toMatchObject([{ code: 'middleware_missing', container: 'a' }]);
    const gone = { ...one, running: false, networks: [], isLingering: true as const };
    expect(watcher.update('docker', [two, gone], place, []).problems).toEqual(problems);
  });

  test('what the provider reports comes first among the problems', () => {
    const watcher = new ConfigWatcher(staticConfig());
    const problem = {
      severity: 'warning',
      code: 'file_syntax',
      provider: 'file',
      message: 'm',
      hint: 'h',
    } as const;
    expect(watcher.update('file', [], place, [problem]).problems).toEqual([problem]);
  });
});

describe('a root that a label names', () => {
  const secure = workload({
    name: 'app',
    labels: { 'sluice.host': 'app.test', 'sluice.scheme': 'https', 'sluice.backend.ca': '' },
  });
  const named = (path: string) => ({ ...secure, labels: { ...secure.labels, 'sluice.backend.ca': path } });

  test('disables the router while it cannot be read, and is picked up when it can', async () => {
    const path = join(await temporaryFolder(), 'ca.pem');
    const watcher = new ConfigWatcher(staticConfig());
    const first = watcher.update('docker', [named(path)], place, []);
    expect(first.problems).toMatchObject([{ code: 'ca_unusable', container: 'app', label: 'sluice.backend.ca' }]);
    expect([first.snapshot.services, watcher.refresh()]).toEqual([[], undefined]);

    const { rootPem } = await createTestCa();
    writeFileSync(path, rootPem);
    const second = watcher.refresh();
    expect(second).toMatchObject({ isChanged: true, problems: [] });
    expect(Object.values(second!.snapshot.transports)).toMatchObject([{ tls: { rootCAs: rootPem } }]);
    expect(watcher.refresh()).toBeUndefined();

    // Once nobody names it, nobody cares for it.
    watcher.update('docker', [], place, []);
    rmSync(path);
    expect(watcher.refresh()).toBeUndefined();
  });

  test('is applied by the watch, and a fault of ours there is logged', async () => {
    const path = join(await temporaryFolder(), 'ca.pem');
    const watcher = new ConfigWatcher(staticConfig());
    watcher.update('docker', [named(path)], place, []);
    const { logger, lines } = collectLogger();
    const applied: Published[] = [];
    const stop = watchConfigFiles(
      watcher,
      (published) => {
        applied.push(published);
        throw new Error('broken');
      },
      logger,
      5,
    );
    onTestFinished(stop);
    writeFileSync(path, (await createTestCa()).rootPem);
    await vi.waitFor(() => expect(lines).toMatchObject([{ level: 'error' }]));
    expect(applied).toMatchObject([{ isChanged: true }]);
  });
});

test('a file of users that a label names disables the router while it cannot be read', async () => {
  const path = join(await temporaryFolder(), 'users');
  const labels = {
    'sluice.host': 'app.test',
    'sluice.middlewares': 'auth',
    'sluice.http.middlewares.auth.basicauth.usersfile': path,
  };
  const watcher = new ConfigWatcher(staticConfig());
  const first = watcher.update('docker', [workload({ name: 'app', labels })], place, []);
  expect(first.problems).toMatchObject([{ code: 'middleware_missing', message: expect.stringContaining('ENOENT') }]);
  expect(first.snapshot.routers.find(({ name }) => name === 'app@docker')).toMatchObject({
    disabled: expect.stringContaining('ENOENT'),
    middlewares: [],
  });
  expect(watcher.refresh()).toBeUndefined();
  writeFileSync(path, 'ada:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n');
  const second = watcher.refresh();
  expect(second).toMatchObject({ isChanged: true, problems: [] });
  expect(JSON.stringify(second?.snapshot.routers)).toContain('ada');
  watcher.update('docker', [], place, []);
  rmSync(path);
  expect(watcher.refresh()).toBeUndefined();
});

describe('ProblemLog', () => {
  test('says each problem once when it comes and once when it is gone', () => {
    const { logger, lines } = collectLogger();
    const log = new ProblemLog(logger);
    const problem = {
      severity: 'error',
      code: 'port_missing',
      provider: 'docker',
      message: 'no port',
      hint: 'h',
    } as const;
    for (const list of [[problem], [problem], [], []]) log.update(list);
    expect(lines.map(({ level, message }) => [level, message])).toEqual([
      ['error', 'no port'],
      ['info', 'problem gone'],
    ]);
    expect(lines[0]!.fields).toMatchObject({ code: 'port_missing', hint: 'h' });
  });

  test('of very many at once it says some, and where the others are', () => {
    const { logger, lines } = collectLogger();
    const log = new ProblemLog(logger);
    const problems = Array.from({ length: 200 }, (_, index) => {
      const place = { provider: 'docker', container: `c${index}` };
      return { severity: 'warning', code: 'label_unknown', message: 'm', hint: 'h', ...place } as const;
    });
    log.update(problems);
    expect(lines.length).toBe(51);
    expect(lines.at(-1)).toMatchObject({ level: 'warn', fields: { untold: 150, problems: 200 } });
    log.update(problems);
    expect(lines.length).toBe(51);
    log.update([]);
    expect(lines.length).toBe(101);
  });
});
