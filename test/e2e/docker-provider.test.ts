import { afterEach, beforeEach, describe, expect, inject, test, vi } from 'vitest';
import type { Workload } from '../../src/config/workload.ts';
import { createDockerApi } from '../../src/provider/docker/docker-api.ts';
import { createDockerProvider } from '../../src/provider/docker/docker-provider.ts';
import { readSelfFacts } from '../../src/provider/docker/self-facts.ts';
import type { Provider } from '../../src/provider/provider.ts';
import { createContainers, type LabContainers } from '../support/lab/containers.ts';
import { startEngine } from '../support/lab/engine.ts';
import { ensureBaseImage } from '../support/lab/images.ts';
import { runCommand } from '../support/lab/shell.ts';

const { host } = inject('engine');
const { app: image } = inject('images');
const SHORT = { timeout: 20_000, interval: 10 };

let containers: LabContainers;
let provider: Provider;
let list: readonly Workload[] | undefined;
let log: string[];
let lists: number;

const watch = (endpoint: string) => {
  const real = createDockerApi({ endpoint, certPath: undefined });
  const api = {
    ...real,
    list: (signal: AbortSignal) => {
      lists += 1;
      return real.list(signal);
    },
  };
  const now = () => performance.now();
  provider = createDockerProvider({ api, self: readSelfFacts(), now, random: Math.random });
  provider.start({
    workloads: (next, { place }) => {
      list = next;
      log.push('list');
      expect(place.networks).toBeUndefined();
    },
    stopping: (id) => log.push(`stopping ${id}`),
    started: (id) => log.push(`started ${id}`),
    reachable: (isReachable) => log.push(`reachable ${isReachable}`),
  });
};
const find = (id: string) => list?.find((workload) => workload.id === id);
const until = (check: () => unknown) => vi.waitFor(check, SHORT);

beforeEach(async () => {
  containers = createContainers(host);
  list = undefined;
  log = [];
  lists = 0;
  watch(host);
  await until(() => expect(list).toBeDefined());
});

afterEach(async () => {
  await provider.stop();
  await containers.removeAll();
});

describe('a real engine', () => {
  test('tells a started container with labels, port and address', async () => {
    const app = await containers.run({ image, labels: { 'sluice.host': 'a.test' }, expose: [9000] });
    await until(() => expect(find(app.id)?.running).toBe(true));
    expect(find(app.id)).toEqual({
      provider: 'docker',
      id: app.id,
      name: app.name,
      baseName: app.name,
      createdAt: expect.any(Number),
      labels: { 'sluice.host': 'a.test' },
      running: true,
      health: 'none',
      networks: [{ network: 'bridge', address: await app.address() }],
      ports: [8080, 9000],
      hostNetwork: false,
    });
    expect(Math.abs(Date.now() - find(app.id)!.createdAt)).toBeLessThan(60_000);
    expect(log).toContain(`started ${app.id}`);
  });

  test('tells a created container, which has a place but no server', async () => {
    const app = await containers.create({ image });
    await until(() => expect(find(app.id)).toMatchObject({ running: false, networks: [] }));
  });

  test.for(['TERM', 'KILL'])('announces a stop by %s before the list shows it', async (signal) => {
    const app = await containers.run({ image, env: { IGNORE_TERM: '' } });
    await until(() => expect(find(app.id)?.running).toBe(true));
    const before = log.length;
    await app.kill(signal);
    await until(() => expect(log).toContain(`stopping ${app.id}`));
    expect(log.slice(before)[0]).toBe(`stopping ${app.id}`);
    await app.stop(0);
    await until(() => expect(find(app.id)).toMatchObject({ running: false, networks: [] }));
  });

  test.for(['INT', 'QUIT', 'WINCH'])(
    'announces %s as a stop of a container that stops at it, and of no other',
    async (signal) => {
      const env = { IGNORE_TERM: '1' };
      const app = await containers.run({ image, env, flags: ['--stop-signal', `SIG${signal}`] });
      const other = await containers.run({ image, env });
      await until(() => expect([find(app.id)?.running, find(other.id)?.running]).toEqual([true, true]));
      await other.kill(signal);
      await app.kill(signal);
      await until(() => expect(log).toContain(`stopping ${app.id}`));
      expect(log).not.toContain(`stopping ${other.id}`);
      await Promise.all([app.stop(0), other.stop(0)]);
    },
  );

  test('takes a signal that is no stop for none', async () => {
    const app = await containers.run({ image });
    await until(() => expect(find(app.id)?.running).toBe(true));
    // The first process of a container ignores TERM until it handles it.
    await until(async () => expect(await app.logs()).toContain('listens'));
    await app.kill('WINCH');
    await app.kill('TERM');
    await until(() => expect(find(app.id)?.running).toBe(false));
    expect(log.filter((line) => line.startsWith('stopping'))).toEqual([`stopping ${app.id}`]);
  });

  test('tells a crash, a restart and a removal', async () => {
    const app = await containers.run({ image });
    await until(() => expect(find(app.id)?.running).toBe(true));
    await app.kill();
    await until(() => expect(find(app.id)?.running).toBe(false));
    await app.start();
    await until(() => expect(find(app.id)?.running).toBe(true));
    await app.remove();
    await until(() => expect(find(app.id)).toBeUndefined());
  });

  test('tells a rename', async () => {
    const app = await containers.run({ image });
    const name = `renamed-${app.name}`;
    await app.rename(name);
    await until(() => expect(find(app.id)).toMatchObject({ name, baseName: name }));
  });

  test('tells networks joined and left', async () => {
    const app = await containers.run({ image });
    const network = await containers.createNetwork();
    await network.connect(app);
    const address = await app.address(network.name);
    await until(() => expect(find(app.id)?.networks).toContainEqual({ network: network.name, address }));
    await network.disconnect(app);
    await until(() => expect(find(app.id)?.networks.map((entry) => entry.network)).toEqual(['bridge']));
  });

  test('gives a container on the network of another the addresses of that one', async () => {
    const front = await containers.run({ image });
    const side = await containers.run({ image, network: `container:${front.id}`, env: { PORT: '9000' } });
    const address = await front.address();
    await until(() => expect(find(side.id)?.networks).toEqual([{ network: 'bridge', address }]));
  });

  test('knows the host network', async () => {
    const app = await containers.run({ image, network: 'host', env: { PORT: '0' } });
    await until(() => expect(find(app.id)).toMatchObject({ running: true, hostNetwork: true, networks: [] }));
  });

  test('follows the health check', async () => {
    const probe = `fetch('http://127.0.0.1:8080/health').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))`;
    const flags = ['--health-interval=0.2s', '--health-retries=1', `--health-cmd=node -e "${probe}"`];
    const app = await containers.run({ image, flags, publish: ['127.0.0.1:0:8080'], env: { BOOT_DELAY_MS: '300' } });
    await until(() => expect(find(app.id)?.health).toBe('healthy'));
    await fetch(`http://${await app.published(8080)}/health?healthy=false`, { method: 'POST' });
    await until(() => expect(find(app.id)?.health).toBe('unhealthy'));
  });

  test('is asked for few lists when ten containers go at once', async () => {
    const apps = await Promise.all(Array.from({ length: 10 }, () => containers.run({ image })));
    await until(() => expect(apps.every((app) => find(app.id)?.running)).toBe(true));
    const before = lists;
    await runCommand('docker', ['-H', host, 'kill', ...apps.map((app) => app.id)]);
    await until(() => expect(apps.some((app) => find(app.id)?.running)).toBe(false));
    // Thirty events: a kill, a die and a disconnect each.
    expect(lists - before).toBeLessThan(30);
  });
});

describe('an engine that restarts', () => {
  test('is lost, found again, and told anew', async () => {
    await provider.stop();
    const engine = await startEngine();
    try {
      const base = await ensureBaseImage(engine.host);
      await using own = createContainers(engine.host);
      const script = 'process.on("SIGTERM", () => process.exit()); setInterval(() => {}, 1000); console.log("up")';
      const command = ['node', '-e', script];
      const app = await own.run({ image: base, command });
      watch(engine.host);
      await until(() => expect(find(app.id)?.running).toBe(true));
      await until(async () => expect(await app.logs()).toContain('up'));
      await engine.halt();
      await until(() => expect(log.at(-1)).toBe('reachable false'));
      await engine.resume();
      await until(() => expect(log).toContain('reachable true'));
      await until(() => expect(find(app.id)).toMatchObject({ running: false }));
      await app.start();
      await until(() => expect(find(app.id)?.running).toBe(true));
      await provider.stop();
    } finally {
      await engine.stop();
    }
  });
});
