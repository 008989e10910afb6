import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findProgram } from './packages.ts';
import { runCommand } from './shell.ts';

/** Programs of this machine that a Dockerfile's `RUN` lines may use beside Node and npm. */
const PROGRAMS = [
  'sh',
  'env',
  'cat',
  'chmod',
  'cp',
  'find',
  'grep',
  'ls',
  'ln',
  'mkdir',
  'mv',
  'rm',
  'sleep',
  'timeout',
];
const NPM_LAUNCHER = `#!/usr/local/bin/node
require('/usr/local/lib/node_modules/npm/lib/cli.js')(process);
`;

/**
 * Imports a stand-in for the official Node image under its name: this process's Node binary, npm, a shell, a few
 * programs and their libraries, all from this machine, as no registry is needed for that. When this machine trusts
 * extra certificates (NODE_EXTRA_CA_CERTS) the image does too, so that npm works behind an inspecting proxy.
 */
export async function importBaseImage(host: string, name: string): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'sluice-base-'));
  try {
    const env = await stage(root);
    const changes = env.flatMap((line) => ['--change', `ENV ${line}`]);
    // Links in the staging folder stand for this machine's files: nothing is copied but into the tar itself.
    await runCommand('docker', ['-H', host, 'import', ...changes, '--change', 'CMD ["node"]', '-', name], {
      inputFrom: ['tar', '--dereference', '--owner=0', '--group=0', '-C', root, '-c', '.'],
    });
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** Lays out the file system and returns the environment the image needs. */
async function stage(root: string): Promise<string[]> {
  const binaries = new Map([['/usr/local/bin/node', process.execPath]]);
  for (const name of PROGRAMS) binaries.set(`/usr/bin/${name}`, await locate(name));
  for (const library of await librariesOf([...binaries.values()])) binaries.set(library, library);
  for (const [target, source] of binaries) await link(root, target, await realpath(source));
  await link(root, '/bin/sh', await locate('sh'));
  // Its launcher is a link to bin/npm-cli.js.
  await link(root, '/usr/local/lib/node_modules/npm', dirname(dirname(await locate('npm'))));
  await write(root, '/usr/local/bin/npm', NPM_LAUNCHER, 0o755);
  await write(root, '/etc/passwd', 'root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n');
  await write(root, '/etc/group', 'root:x:0:\nnode:x:1000:\n');
  await mkdir(join(root, 'tmp'));
  await chmod(join(root, 'tmp'), 0o1777);
  await mkdir(join(root, 'root'));
  const env = [
    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    `NODE_VERSION=${process.versions.node}`,
  ];
  const bundle = process.env['NODE_EXTRA_CA_CERTS'];
  if (bundle !== undefined && existsSync(bundle)) {
    await link(root, '/etc/ssl/certs/ca-certificates.crt', await realpath(bundle));
    env.push('NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt');
  }
  return env;
}

/** Paths of the shared libraries, the loader included, as the loader itself resolves them. */
async function librariesOf(files: readonly string[]): Promise<Set<string>> {
  const found = new Set<string>();
  for (const file of files) {
    const listing = await runCommand('ldd', [file]);
    for (const match of listing.matchAll(/(?:=> |^\s+)(\/\S+) \(0x/gm)) found.add(match[1]!);
  }
  return found;
}

async function locate(program: string): Promise<string> {
  const path = findProgram(program);
  if (path === undefined) throw new Error(`the base image needs ${program}, which is not on this machine's PATH`);
  return realpath(path);
}

async function link(root: string, target: string, source: string): Promise<void> {
  await mkdir(dirname(join(root, target)), { recursive: true });
  await symlink(source, join(root, target));
}

async function write(root: string, target: string, text: string, mode = 0o644): Promise<void> {
  await mkdir(dirname(join(root, target)), { recursive: true });
  await writeFile(join(root, target), text, { mode });
}
