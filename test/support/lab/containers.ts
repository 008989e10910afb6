import { randomBytes } from 'node:crypto';
import { runCommand } from './shell.ts';

export interface ContainerOptions {
  readonly image: string;
  /** Default: a name of its own. */
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Network joined at the start; default: the engine's bridge. */
  readonly network?: string;
  readonly expose?: readonly number[];
  /** `127.0.0.1:0:80` publishes port 80 on a free loopback port. */
  readonly publish?: readonly string[];
  /** `source:target[:ro]` */
  readonly volumes?: readonly string[];
  /** Further `docker run` flags. */
  readonly flags?: readonly string[];
  /** Command and arguments after the image. */
  readonly command?: readonly string[];
}

export interface LabContainer {
  readonly id: string;
  readonly name: string;
  start(): Promise<void>;
  /** The stop signal, then KILL after `seconds` (default 10). */
  stop(seconds?: number): Promise<void>;
  kill(signal?: string): Promise<void>;
  restart(): Promise<void>;
  rename(name: string): Promise<void>;
  remove(): Promise<void>;
  logs(): Promise<string>;
  /** Its address in a network. */
  address(network?: string): Promise<string>;
  /** Where a published port is reached: `127.0.0.1:49153`. */
  published(port: number): Promise<string>;
}

export interface LabDockerNetwork {
  readonly name: string;
  connect(container: LabContainer): Promise<void>;
  disconnect(container: LabContainer): Promise<void>;
}

/** Containers and networks of one test; all gone after `remove` (or `await using`). */
export interface LabContainers extends AsyncDisposable {
  /** Creates and starts. */
  run(options: ContainerOptions): Promise<LabContainer>;
  /** Creates only. */
  create(options: ContainerOptions): Promise<LabContainer>;
  createNetwork(): Promise<LabDockerNetwork>;
  removeAll(): Promise<void>;
}

/** Thin verbs over the docker command, for the engine at `host`. */
export function createContainers(host: string): LabContainers {
  const docker = (...args: readonly string[]) => runCommand('docker', ['-H', host, ...args]);
  const containers: LabContainer[] = [];
  const networks: string[] = [];
  const create = async (options: ContainerOptions) => {
    const name = options.name ?? uniqueName('app');
    const id = (await docker('create', '--name', name, ...createFlags(options))).trim();
    const container = buildContainer(docker, id, name);
    containers.push(container);
    return container;
  };
  const removeAll = async () => {
    const ids = containers.splice(0).map((container) => container.id);
    if (ids.length > 0) await docker('rm', '-f', '-v', ...ids).catch(() => undefined);
    const names = networks.splice(0);
    if (names.length > 0) await docker('network', 'rm', ...names);
  };
  return {
    create,
    run: async (options) => {
      const container = await create(options);
      await container.start();
      return container;
    },
    createNetwork: async () => {
      const name = uniqueName('net');
      await docker('network', 'create', name);
      networks.push(name);
      return {
        name,
        connect: async (container) => void (await docker('network', 'connect', name, container.id)),
        disconnect: async (container) => void (await docker('network', 'disconnect', name, container.id)),
      };
    },
    removeAll,
    [Symbol.asyncDispose]: removeAll,
  };
}

function buildContainer(docker: (...args: string[]) => Promise<string>, id: string, name: string): LabContainer {
  const verb =
    (...args: string[]) =>
    async () =>
      void (await docker(...args, id));
  const inspect = async (format: string) => (await docker('inspect', '--format', format, id)).trim();
  return {
    id,
    name,
    start: verb('start'),
    stop: (seconds = 10) => verb('stop', '-t', String(seconds))(),
    kill: (signal = 'KILL') => verb('kill', '-s', signal)(),
    restart: verb('restart', '-t', '1'),
    rename: async (next) => void (await docker('rename', id, next)),
    remove: verb('rm', '-f', '-v'),
    logs: () => docker('logs', id),
    address: (network = 'bridge') => inspect(`{{(index .NetworkSettings.Networks "${network}").IPAddress}}`),
    published: async (port) => (await docker('port', id, `${port}/tcp`)).split('\n')[0]!.trim(),
  };
}

function createFlags(options: ContainerOptions): string[] {
  const pairs = (flag: string, values: readonly string[]) => values.flatMap((value) => [flag, value]);
  const entries = (record: Readonly<Record<string, string>> = {}) =>
    Object.entries(record).map(([key, value]) => `${key}=${value}`);
  return [
    ...pairs('--label', entries(options.labels)),
    ...pairs('--env', entries(options.env)),
    ...pairs('--network', options.network === undefined ? [] : [options.network]),
    ...pairs('--expose', (options.expose ?? []).map(String)),
    ...pairs('--publish', options.publish ?? []),
    ...pairs('--volume', options.volumes ?? []),
    ...(options.flags ?? []),
    options.image,
    ...(options.command ?? []),
  ];
}

function uniqueName(kind: string): string {
  return `${kind}-${randomBytes(4).toString('hex')}`;
}
