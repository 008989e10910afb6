import { execFileSync } from 'node:child_process';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createCertificateStore } from '../../../src/certs/store.ts';
import { takeOver } from '../../../src/control/take-over.ts';
import { ACME_OFF } from '../../support/certificate-bench.ts';
import { collectLogger } from '../../support/collect-logger.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

test.for<[what: string, make: (path: string) => void, reason: string]>([
  ['a pipe', (path) => void execFileSync('mkfifo', [path]), 'it is no file'],
  ['a folder', (path) => void execFileSync('mkdir', [path]), 'it is no file'],
  [
    'a file of gigabytes',
    (path) => {
      writeFileSync(path, '');
      truncateSync(path, 2 ** 32);
    },
    'it is larger than',
  ],
  ['no JSON', (path) => writeFileSync(path, '{'), 'not JSON'],
])('an acme.json that is %s holds no start up, and is told', async ([, make, reason]) => {
  const dataDir = await temporaryFolder();
  const acmeJson = join(dataDir, 'acme.json');
  make(acmeJson);
  const { logger, lines } = collectLogger();
  const store = createCertificateStore({ dataDir, now: Date.now, logger });
  await takeOver({ acmeJson, acme: ACME_OFF }, { store, now: Date.now, logger });
  expect(lines).toMatchObject([
    { level: 'warn', message: 'not taken over', fields: { path: acmeJson, reason: expect.stringContaining(reason) } },
  ]);
});
