import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { MAX_CA_BYTES } from '../../../src/config/root-cas.ts';
import { RootCaFiles } from '../../../src/control/root-ca-files.ts';
import { createTestCa, issueCertificate } from '../../support/issue-certificate.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

let root: string;
let other: string;
let key: string;

beforeAll(async () => {
  const ca = await createTestCa();
  root = ca.rootPem;
  other = (await createTestCa('CN=other')).rootPem;
  key = (await issueCertificate(ca, { names: ['a.test'], notBefore: 0, notAfter: 1 })).keyPem;
});

async function fileOf(content: string): Promise<string> {
  const path = join(await temporaryFolder(), 'ca.pem');
  writeFileSync(path, content);
  return path;
}

const messageOf = (files: RootCaFiles, source: string): string => {
  const result = files.read(source);
  return 'pem' in result ? 'read' : result.message.replaceAll(source, 'FILE');
};

describe('what is read', () => {
  test('a file, certificates alone: a key beside them goes no further', async () => {
    const path = await fileOf(`an explanation, with a comma\n${key}${root}\nmore\n${other}`);
    expect(new RootCaFiles().read(path)).toEqual({ pem: root + other });
  });

  test('PEM text as it stands in a label', () => {
    expect(new RootCaFiles().read(`  ${root}`)).toEqual({ pem: root });
    expect(new RootCaFiles().read(root.replaceAll('\n', '\r\n'))).toHaveProperty('pem');
  });
});

describe('what is refused', () => {
  test.for<[title: string, make: () => Promise<string>, message: string]>([
    ['a file that is not there', async () => join(await temporaryFolder(), 'none.pem'), 'FILE cannot be read: ENOENT'],
    ['a folder', async () => await temporaryFolder(), 'FILE is no file'],
    ['a file without certificate', async () => await fileOf(key), 'FILE has no certificate'],
    ['an empty file', async () => await fileOf(''), 'FILE has no certificate'],
    [
      'a certificate that is none, behind one that is',
      async () => await fileOf(`${root}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`),
      'certificate 2 of FILE is broken',
    ],
    ['a file beyond the bound', async () => await fileOf(root + ' '.repeat(MAX_CA_BYTES)), 'FILE is larger than'],
    ['text without certificate', async () => key, 'the text has no certificate'],
  ])('%s', async ([, make, message]) => {
    expect(messageOf(new RootCaFiles(), await make())).toContain(message);
  });

  test('a pipe, without waiting for whoever writes into it', async () => {
    const path = join(await temporaryFolder(), 'pipe');
    execFileSync('mkfifo', [path]);
    expect(messageOf(new RootCaFiles(), path)).toBe('FILE is no file');
  });
});

describe('a change', () => {
  test('is seen while the file is in use, in its content and in its absence', async () => {
    const path = await fileOf(root);
    const files = new RootCaFiles();
    files.begin();
    files.read(path);
    expect(files.hasChanged).toBe(false);
    writeFileSync(path, root + other);
    expect(files.hasChanged).toBe(true);
    expect(files.read(path)).toEqual({ pem: root + other });
    expect(files.hasChanged).toBe(false);
    rmSync(path);
    expect(files.hasChanged).toBe(true);
    expect(messageOf(files, path)).toContain('ENOENT');
    expect(files.hasChanged).toBe(false);
    writeFileSync(path, other);
    expect([files.hasChanged, files.read(path)]).toEqual([true, { pem: other }]);
  });

  test('of a file that nobody names any more is none', async () => {
    const path = await fileOf(root);
    const files = new RootCaFiles();
    files.read(path);
    files.begin();
    rmSync(path);
    expect(files.hasChanged).toBe(false);
  });
});
