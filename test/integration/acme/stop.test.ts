import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCaLab, type CaLab } from '../../support/ca-lab.ts';
import { eventually, startCertificateBench, wantedFor } from '../../support/certificate-bench.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

let lab: CaLab;

beforeAll(async () => {
  lab = await startCaLab();
});

afterAll(() => lab.stop());

async function pendingOrder(dataDir: string): Promise<string | undefined> {
  const [file] = await Array.fromAsync(glob('**/pending.json', { cwd: dataDir }));
  if (file === undefined) return undefined;
  return (JSON.parse(await readFile(join(dataDir, file), 'utf8')) as { readonly orderUrl: string }).orderUrl;
}

test('a router that stops while an answer is on its way keeps the order, and the next one ends it', async () => {
  const dataDir = await temporaryFolder();
  const acme = { directories: [lab.proxy.directoryUrl], caRootFile: lab.proxy.caFile };
  const wanted = [wantedFor('stopped.test')];
  let isPublishing = false;
  const publisher = {
    publish: () => {
      isPublishing = true;
      return new Promise<void>(() => undefined);
    },
    withdraw: () => undefined,
  };
  const run = await startCertificateBench({ dataDir, acme, publisher, wanted });
  await eventually(() => expect(isPublishing).toBe(true));
  await run.manager.stop();
  const order = await pendingOrder(dataDir);
  expect(order).toBeDefined();
  expect(lab.proxy.requests.map(({ payload }) => JSON.stringify(payload))).not.toContain('{"status":"deactivated"}');

  const again = await lab.run(['stopped.test'], { dataDir });
  await eventually(() => expect(again.serving('stopped.test')?.source).toBe('acme'));
  expect(lab.proxy.count('/order-plz')).toBe(1);
});
