import { randomBytes } from 'node:crypto';
import { ensurePrograms } from './packages.ts';
import { runCommand } from './shell.ts';

export interface ComposeOptions {
  /** Compose files in order; a later one overrides an earlier one. */
  readonly files: readonly string[];
  /** Environment for interpolation. */
  readonly env?: Readonly<Record<string, string>>;
  readonly project?: string;
}

/** One compose project on one engine. */
export interface ComposeProject extends AsyncDisposable {
  readonly name: string;
  /** `up -d`, with further arguments such as `--scale web=3` or service names. */
  up(...args: readonly string[]): Promise<void>;
  /** Containers, networks and volumes of the project are gone afterwards. */
  down(): Promise<void>;
  /** Id of the first (or given) container of a service. */
  containerId(service: string, index?: number): Promise<string>;
  /** Where a published port of a service is reached: `127.0.0.1:49153`. */
  published(service: string, port: number): Promise<string>;
  logs(service: string): Promise<string>;
  /** The files as compose understood them. Fails where they are wrong. */
  config(): Promise<string>;
}

/** Drives docker-compose (1.29 or 2) with these files against an engine. */
export async function createCompose(host: string, options: ComposeOptions): Promise<ComposeProject> {
  await ensurePrograms(['docker-compose']);
  const name = options.project ?? `lab${randomBytes(4).toString('hex')}`;
  const fileArgs = options.files.flatMap((file) => ['-f', file]);
  const env = { ...options.env, DOCKER_HOST: host, COMPOSE_PROJECT_NAME: name };
  const compose = (...args: readonly string[]) =>
    runCommand('docker-compose', ['-p', name, ...fileArgs, ...args], { env });
  const down = async () => void (await compose('down', '--volumes', '--remove-orphans', '--timeout', '3'));
  return {
    name,
    up: async (...args) => void (await compose('up', '-d', ...args)),
    down,
    containerId: async (service, index = 0) => {
      const id = (await compose('ps', '-q', service)).split('\n').filter(Boolean)[index];
      if (id === undefined) throw new Error(`service ${service} has no container ${index}`);
      return id;
    },
    published: async (service, port) => (await compose('port', service, String(port))).trim(),
    logs: (service) => compose('logs', '--no-color', service),
    config: () => compose('config'),
    [Symbol.asyncDispose]: down,
  };
}
