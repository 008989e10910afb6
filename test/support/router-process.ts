import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.ts';
import { waitFor } from './lab/wait-for.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** A line of the router's log. */
export interface LogRecord {
  readonly time: string;
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface RouterExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface RouterPorts {
  readonly http: number;
  readonly https: number;
  readonly admin: number;
}

export interface RouterOptions {
  readonly dataDir: string;
  /** Engine to watch, as DOCKER_HOST names it. */
  readonly docker: string;
  /** Default: free ones. */
  readonly ports?: RouterPorts;
  /** Certificate options; default: the local authority signs for all names. */
  readonly acme?: readonly string[];
  readonly logLevel?: 'info' | 'debug';
  /** How many files it may open; default: as many as we. */
  readonly openFiles?: number;
  /** Further flags. */
  readonly flags?: readonly string[];
  /** There are flags of Traefik's among them: entrypoints are then named in its form. */
  readonly hasTraefikFlags?: boolean;
  /** Flags of Node, as `--import`. */
  readonly nodeFlags?: readonly string[];
  /** Further variables of the environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The router as a process of this machine. */
export interface RouterProcess extends AsyncDisposable {
  readonly pid: number;
  readonly ports: RouterPorts;
  /** `127.0.0.1:PORT` of the plain and of the TLS entrypoint. */
  readonly http: string;
  readonly https: string;
  readonly dataDir: string;
  /** Its log so far. */
  readonly records: readonly LogRecord[];
  readonly exited: Promise<RouterExit>;
  /** What it wrote to its error stream. */
  errors(): string;
  /** The first line with this message that fits, written already or to come. */
  logged(msg: string, fits?: (record: LogRecord) => boolean, timeoutMs?: number): Promise<LogRecord>;
  /** Like `logged`, but lines written before this call do not count. */
  nextLogged(msg: string, fits?: (record: LogRecord) => boolean, timeoutMs?: number): Promise<LogRecord>;
  signal(name: NodeJS.Signals): void;
  /** SIGTERM, then waits for the end. */
  stop(): Promise<RouterExit>;
  /** Resident memory in bytes. */
  residentBytes(): number;
}

/** Three free ports. */
export async function freeRouterPorts(): Promise<RouterPorts> {
  const [http, https, admin] = await Promise.all([freePort(), freePort(), freePort()]);
  return { http, https, admin };
}

/** Starts the router and resolves when it listens. Rejects with its output when it ends instead. */
export async function startRouter(options: RouterOptions): Promise<RouterProcess> {
  const router = await launchRouter(options);
  const early = router.exited.then(({ code, signal }) => {
    throw new Error(`the router ended with ${code ?? signal}:\n${tail(router.records)}${router.errors()}`);
  });
  try {
    await Promise.race([router.logged('listening'), early]);
  } catch (error) {
    await router[Symbol.asyncDispose]();
    throw error;
  }
  return router;
}

/** As the image and `npm start` run it. */
export const ROUTER_NODE_FLAGS: readonly string[] = ['--max-semi-space-size=4'];

/** Starts the router without waiting for anything. */
export async function launchRouter(options: RouterOptions): Promise<RouterProcess> {
  const ports = options.ports ?? (await freeRouterPorts());
  // The shell lowers its own limit and becomes the router, so that the process id is the router's.
  const { openFiles } = options;
  const limited = openFiles === undefined ? [] : ['/bin/sh', '-c', `ulimit -n ${openFiles}; exec "$0" "$@"`];
  const [program, ...words] = [
    ...limited,
    process.execPath,
    ...ROUTER_NODE_FLAGS,
    ...(options.nodeFlags ?? []),
    MAIN,
    ...flagsOf(options, ports),
  ];
  const child = spawn(program!, words, {
    env: { ...ownEnvironment(), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const killWithUs = (): void => void child.kill('SIGKILL');
  process.once('exit', killWithUs);
  const records: LogRecord[] = [];
  const errors: string[] = [];
  createInterface(child.stdout).on('line', (line) => records.push(JSON.parse(line) as LogRecord));
  child.stderr.setEncoding('utf8').on('data', (text: string) => errors.push(text));
  const exited = once(child, 'close').then(([code, signal]): RouterExit => {
    process.off('exit', killWithUs);
    return { code, signal };
  });
  const find = (from: number, msg: string, fits: (record: LogRecord) => boolean, timeoutMs: number) =>
    waitFor(
      `the router logging "${msg}"`,
      () => records.slice(from).find((record) => record.msg === msg && fits(record)),
      timeoutMs,
    ).catch((cause: unknown) => {
      throw new Error(`no "${msg}" in:\n${tail(records)}${errors.join('')}`, { cause });
    });
  const { pid = 0 } = child;
  return {
    pid,
    ports,
    http: `127.0.0.1:${ports.http}`,
    https: `127.0.0.1:${ports.https}`,
    dataDir: options.dataDir,
    records,
    exited,
    errors: () => errors.join(''),
    logged: (msg, fits = () => true, timeoutMs = 20_000) => find(0, msg, fits, timeoutMs),
    nextLogged: (msg, fits = () => true, timeoutMs = 20_000) => find(records.length, msg, fits, timeoutMs),
    signal: (name) => void child.kill(name),
    stop: () => {
      child.kill('SIGTERM');
      return exited;
    },
    residentBytes: () => residentBytes(pid),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

function flagsOf(options: RouterOptions, ports: RouterPorts): readonly string[] {
  const own = {
    docker: options.docker,
    data: options.dataDir,
    [options.hasTraefikFlags === true ? 'entrypoints.http.address' : 'http']: `127.0.0.1:${ports.http}`,
    [options.hasTraefikFlags === true ? 'entrypoints.https.address' : 'https']: `127.0.0.1:${ports.https}`,
    admin: `127.0.0.1:${ports.admin}`,
    workers: '2',
    'log-format': 'json',
    'log-level': options.logLevel ?? 'info',
  };
  const flags = Object.entries(own).map(([name, value]) => `--${name}=${value}`);
  return [...flags, ...(options.acme ?? ['--acme-ca', 'internal']), ...(options.flags ?? [])];
}

/** The environment without what the router would take for its options. */
function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(SLUICE|TRAEFIK)_/.test(name)));
}

function residentBytes(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kib) * 1024;
}

function tail(records: readonly LogRecord[]): string {
  return records
    .slice(-30)
    .map((record) => `${JSON.stringify(record)}\n`)
    .join('');
}
