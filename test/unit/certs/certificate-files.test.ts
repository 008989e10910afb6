import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { findCertificateFiles } from '../../../src/certs/certificate-files.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

async function folderOf(files: readonly string[]): Promise<string> {
  const folder = await temporaryFolder();
  for (const file of files) {
    mkdirSync(join(folder, dirname(file)), { recursive: true });
    writeFileSync(join(folder, file), '');
  }
  return folder;
}

/** What was found, as `certificate + key`. */
function found(folder: string): readonly string[] {
  const short = (path: string): string => relative(folder, path);
  return (findCertificateFiles(folder) ?? []).map(({ path, keyPath, kind, passwordPath, isDefault }) => {
    const parts = [short(path), keyPath, passwordPath].filter((part) => part !== undefined);
    const [first, ...others] = parts;
    return [
      first,
      ...others.map(short),
      ...(kind === 'pkcs12' ? ['(p12)'] : []),
      ...(isDefault ? ['default'] : []),
    ].join(' ');
  });
}

test.for<{ files: string[]; sources: string[] }>([
  { files: [], sources: [] },
  {
    files: ['a.crt', 'a.key', 'b.pem', 'b.key', 'c.cer', 'c.key'],
    sources: ['a.crt a.key', 'b.pem b.key', 'c.cer c.key'],
  },
  { files: ['a.test.pem', 'a.test-key.pem'], sources: ['a.test.pem a.test-key.pem'] },
  { files: ['both.pem'], sources: ['both.pem'] },
  { files: ['alone.crt', 'lost.key'], sources: ['alone.crt'] },
  {
    files: [
      'live/a.test/cert.pem',
      'live/x',
      'a.test/cert.pem',
      'a.test/chain.pem',
      'a.test/fullchain.pem',
      'a.test/privkey.pem',
      'README',
    ],
    sources: ['a.test/fullchain.pem a.test/privkey.pem'],
  },
  { files: ['tls.crt', 'tls.key', '..data/tls.crt', '..data/tls.key', '.a.crt.swp'], sources: ['tls.crt tls.key'] },
  { files: ['a.p12', 'a.p12.password', 'b.pfx'], sources: ['a.p12 a.p12.password (p12)', 'b.pfx (p12)'] },
  {
    files: ['default.crt', 'default.key', 'default/x.crt', 'default/x.key'],
    sources: ['default.crt default.key default', 'default/x.crt default/x.key default'],
  },
])('$files', async ({ files, sources }) => {
  expect(found(await folderOf(files))).toEqual(sources);
});

test('links are followed, also to folders; a link to nothing is nothing', async () => {
  const archive = await folderOf(['a1/fullchain1.pem', 'a1/privkey1.pem']);
  const folder = await folderOf(['a.test/README']);
  symlinkSync(join(archive, 'a1/fullchain1.pem'), join(folder, 'a.test/fullchain.pem'));
  symlinkSync(join(archive, 'a1/privkey1.pem'), join(folder, 'a.test/privkey.pem'));
  symlinkSync(join(archive, 'gone.pem'), join(folder, 'gone.pem'));
  symlinkSync(archive, join(folder, 'whole'));
  expect(found(folder)).toEqual(['a.test/fullchain.pem a.test/privkey.pem']);
});

test('a folder that is not there is none', async () => {
  expect(findCertificateFiles(join(await temporaryFolder(), 'none'))).toBeUndefined();
});
