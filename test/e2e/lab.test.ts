import { describe, expect, inject, test } from 'vitest';
import { createContainers } from '../support/lab/containers.ts';
import { runCommand } from '../support/lab/shell.ts';
import { waitFor } from '../support/lab/wait-for.ts';

const { host } = inject('engine');
const images = inject('images');

describe('the lab', () => {
  test('runs the sample app and publishes its port', async () => {
    await using containers = createContainers(host);
    const app = await containers.run({ image: images.app, env: { NAME: 'first' }, publish: ['127.0.0.1:0:8080'] });
    const url = `http://${await app.published(8080)}/`;
    const text = await waitFor('the app answering', async () => (await fetch(url)).text());
    expect(text).toBe('hello from first\n');
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
});
