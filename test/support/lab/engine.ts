import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLabNetwork, hasDockerChains, type LabNetwork } from './lab-network.ts';
import { LAB_FOLDER_PREFIX, LAB_RECORD, removeLab, removeLeftovers, type LabRecord } from './leftovers.ts';
import { ensurePrograms } from './packages.ts';
import { identifyProcess } from './processes.ts';
import { runCommand } from './shell.ts';
import { waitFor } from './wait-for.ts';

/** A Docker engine the tests may do with as they like. */
export interface Engine {
  /** `unix:///…/docker.sock`, the form of DOCKER_HOST. */
  readonly host: string;
  /** This machine's address on the default bridge: where a container reaches what listens here. */
  readonly gateway: string;
}

/** An engine of our own, with its own data, sockets and networks. */
export interface PrivateEngine extends Engine {
  readonly socketPath: string;
  /** Ends the daemon as a service manager would; containers stop with it. */
  halt(): Promise<void>;
  /** Starts it again after `halt`, on the same data and socket. */
  resume(): Promise<void>;
  /** Ends everything it started and removes its files, bridges and packet filter rules. */
  stop(): Promise<void>;
}

export interface EngineOptions {
  /** Containers go on while the daemon is away. */
  readonly liveRestore?: boolean;
}

/**
 * Starts a private dockerd and resolves when it answers, installing its packages first where they are missing.
 * Fails with the end of the daemon's log.
 */
export async function startEngine(options: EngineOptions = {}): Promise<PrivateEngine> {
  await ensurePrograms(['dockerd', 'docker', 'iptables', 'ip']);
  await removeLeftovers();
  const hadChains = await hasDockerChains();
  const folder = await mkdtemp(join(tmpdir(), LAB_FOLDER_PREFIX));
  const network = await createLabNetwork();
  const record: LabRecord = { owner: identifyProcess(process.pid)!, network, hadChains };
  await writeFile(join(folder, LAB_RECORD), JSON.stringify(record));
  // A machine's own settings (a proxy, other hosts to listen on) must not leak in.
  await writeFile(join(folder, 'daemon.json'), '{}');
  let daemon = launch(folder, network, options);
  const killOnExit = () => void daemon.kill('SIGKILL');
  process.once('exit', killOnExit);
  const socketPath = join(folder, 'docker.sock');
  const host = `unix://${socketPath}`;
  const stop = async () => {
    process.removeListener('exit', killOnExit);
    await removeContainers(host).catch(() => undefined);
    await end(daemon);
    await removeLab(folder, record);
  };
  try {
    await answers(daemon, host, folder);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    host,
    socketPath,
    gateway: network.gateway,
    halt: () => end(daemon),
    resume: async () => {
      daemon = launch(folder, network, options);
      await answers(daemon, host, folder);
    },
    stop,
  };
}

/** An engine that already runs, by its DOCKER_HOST. Fails when it does not answer. */
export async function useEngine(host: string): Promise<Engine> {
  await ensurePrograms(['docker']);
  const format = '{{(index .IPAM.Config 0).Gateway}}';
  const gateway = await runCommand('docker', ['-H', host, 'network', 'inspect', 'bridge', '--format', format]);
  return { host, gateway: gateway.trim() };
}

function launch(folder: string, network: LabNetwork, { liveRestore = false }: EngineOptions): ChildProcess {
  const log = openSync(join(folder, 'dockerd.log'), 'a');
  const flags = {
    'data-root': join(folder, 'data'),
    'exec-root': join(folder, 'exec'),
    pidfile: join(folder, 'docker.pid'),
    host: `unix://${join(folder, 'docker.sock')}`,
    bridge: network.bridge,
    'default-address-pool': `base=${network.prefix}.0.0/16,size=24`,
    'config-file': join(folder, 'daemon.json'),
    'log-level': 'warn',
    ip6tables: 'false',
    'shutdown-timeout': '3',
    'live-restore': String(liveRestore),
  };
  const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
  // Its own process group: Ctrl-C reaches us first, and we end it in order.
  return spawn('dockerd', args, { stdio: ['ignore', log, log], detached: true });
}

async function answers(daemon: ChildProcess, host: string, folder: string): Promise<void> {
  try {
    await waitFor('the engine answering', async () => {
      if (daemon.exitCode !== null) return 'dead';
      return (await runCommand('docker', ['-H', host, 'version', '--format', '{{.Server.Version}}'])).trim();
    });
    if (daemon.exitCode !== null) throw new Error(`dockerd ended with ${daemon.exitCode}`);
  } catch (error) {
    const log = readFileSync(join(folder, 'dockerd.log'), 'utf8').trim().slice(-3000);
    throw new Error(`the private engine did not start; the end of its log:\n${log}`, { cause: error });
  }
}

async function removeContainers(host: string): Promise<void> {
  const ids = (await runCommand('docker', ['-H', host, 'ps', '-aq'])).split('\n').filter(Boolean);
  if (ids.length > 0) await runCommand('docker', ['-H', host, 'rm', '-f', ...ids]);
}

async function end(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null || daemon.signalCode !== null) return;
  const ended = once(daemon, 'exit');
  daemon.kill('SIGTERM');
  const patience = setTimeout(() => daemon.kill('SIGKILL'), 15_000);
  await ended;
  clearTimeout(patience);
}
