import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, inject, test } from 'vitest';
import { createContainers } from '../support/lab/containers.ts';
import { LAB_RECORD, removeLeftovers, type LabRecord } from '../support/lab/leftovers.ts';
import { identifyProcess } from '../support/lab/processes.ts';
import { runCommand } from '../support/lab/shell.ts';
import { waitFor } from '../support/lab/wait-for.ts';

const { host } = inject('engine');
const images = inject('images');

describe('the lab', () => {
  test('runs the sample app and publishes its port', async () => {
    await using containers = createContainers(host);
    const app = await containers.run({ image: images.app, env: { NAME: 'first' }, publish: ['127.0.0.1:0:8080'] });
    const url = `http://${await app.published(8080)}/`;
    const body = await waitFor('the app answering', async () => (await fetch(url)).text());
    expect(body).toBe('hello from first\n');
  });

  test('leaves no container or network behind', async () => {
    const state = () =>
      Promise.all([
        runCommand('docker', ['-H', host, 'ps', '-aq']),
        runCommand('docker', ['-H', host, 'network', 'ls', '-q']),
      ]);
    const before = await state();
    {
      await using containers = createContainers(host);
      const network = await containers.createNetwork();
      await containers.run({ image: images.app, network: network.name });
      expect(await state()).not.toEqual(before);
    }
    expect(await state()).toEqual(before);
  });

  test('clears away an engine whose owner was killed', async () => {
    const lab = fileURLToPath(new URL('../support/lab/engine.ts', import.meta.url));
    const script = `
      const { startEngine } = await import(${JSON.stringify(lab)});
      const engine = await startEngine();
      process.stdout.write(engine.socketPath, () => process.kill(process.pid, 'SIGKILL'));`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [socketPath] = await Promise.all([text(child.stdout), once(child, 'close')]);
    const folder = dirname(socketPath);
    const { network } = JSON.parse(readFileSync(join(folder, LAB_RECORD), 'utf8')) as LabRecord;
    const daemon = Number(readFileSync(join(folder, 'docker.pid'), 'utf8'));
    expect(identifyProcess(daemon)).toBeDefined();
    await removeLeftovers();
    expect(existsSync(folder)).toBe(false);
    await waitFor('the daemon ending', () => identifyProcess(daemon) === undefined);
    expect(await runCommand('ip', ['-o', 'addr'])).not.toContain(network.bridge);
  });
});
