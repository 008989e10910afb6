import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runCommand } from './shell.ts';

/** Program → the Debian package that brings it. */
const PROGRAMS = {
  dockerd: 'docker.io',
  docker: 'docker-cli',
  iptables: 'iptables',
  ip: 'iproute2',
  'docker-compose': 'docker-compose',
  pebble: 'pebble',
  nginx: 'nginx-light',
  haproxy: 'haproxy',
  caddy: 'caddy',
  wrk: 'wrk',
  taskset: 'util-linux',
  busybox: 'busybox-static',
  varnishtest: 'varnish',
  slowhttptest: 'slowhttptest',
  curl: 'curl',
  nghttp: 'nghttp2-client',
  h2load: 'nghttp2-client',
  chromium: 'chromium',
  sslscan: 'sslscan',
  testssl: 'testssl.sh',
} as const;

export type LabProgram = keyof typeof PROGRAMS;

/**
 * Makes sure the programs exist, installing their Debian packages when they do not.
 * Fails when that needs root and we are not, naming the packages.
 */
export async function ensurePrograms(programs: readonly LabProgram[]): Promise<void> {
  addSystemFolders();
  const missing = programs.filter((program) => findProgram(program) === undefined);
  if (missing.length === 0) return;
  const wanted = [...new Set(missing.map((program) => PROGRAMS[program]))];
  if (process.getuid?.() !== 0) {
    throw new Error(`missing ${missing.join(', ')}: install ${wanted.join(' ')} (or run this as root on Debian)`);
  }
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await runCommand('apt-get', ['update', '-qq'], { env });
  const packages = await withKnownClient(wanted);
  await runCommand('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], { env });
  const still = programs.filter((program) => findProgram(program) === undefined);
  if (still.length > 0) throw new Error(`still missing after installing ${packages.join(' ')}: ${still.join(', ')}`);
}

/** Path of a program on the PATH; `undefined` when it is not there. */
export function findProgram(name: string): string | undefined {
  const paths = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, name));
  return paths.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** dockerd and iptables live in folders that a user's PATH often lacks. */
function addSystemFolders(): void {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const extra = ['/usr/local/sbin', '/usr/sbin', '/sbin'].filter((folder) => !folders.includes(folder));
  process.env['PATH'] = [...folders, ...extra].join(delimiter);
}

/** Before Debian 13 the client is part of docker.io and has no package of its own. */
async function withKnownClient(packages: readonly string[]): Promise<readonly string[]> {
  if (!packages.includes('docker-cli')) return packages;
  const known = await runCommand('apt-cache', ['policy', 'docker-cli']);
  if (/Candidate: (?!\(none\))/.test(known)) return packages;
  return [...new Set(packages.map((name) => (name === 'docker-cli' ? 'docker.io' : name)))];
}
