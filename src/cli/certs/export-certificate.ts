import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Certificate, ServedCertificate } from '../../certs/certificate.ts';
import { readLocalLeaves } from '../../certs/local-authority.ts';
import { NameIndex } from '../../certs/name-index.ts';
import type { StaticConfig } from '../../config/static-config.ts';
import { writeFileAtomic } from '../../lib/atomic-file.ts';
import type { CommandStreams } from '../command-streams.ts';
import { openQuietStore } from './open-quiet-store.ts';

/**
 * `sluice certs export NAME`: the certificate that serves for a name, to standard output (chain, then key), to a folder as `fullchain.pem` and
 * `privkey.pem`, or as PKCS#12. A password that nobody gave is made and said. Files are readable by their owner only. Exit code
 * 0, 1 when there is no such certificate or a file cannot be read or written.
 */
export async function exportCertificate(
  name: string,
  flags: Readonly<Record<string, string>>,
  config: StaticConfig,
  streams: CommandStreams,
): Promise<number> {
  const found = await findByName(name, config.dataDir);
  if (typeof found === 'string') {
    streams.err(`sluice: ${found}\n`);
    return 1;
  }
  const { '--out': folder, '--p12': p12 } = flags;
  try {
    if (folder !== undefined) await writePem(found, folder);
    if (p12 !== undefined) await writeP12(found, p12, flags['--password-file'], streams);
    if (folder === undefined && p12 === undefined) streams.out(`${found.chainPem}${found.keyPem}`);
    return 0;
  } catch (cause) {
    streams.err(`sluice: ${cause instanceof Error ? cause.message : String(cause)}\n`);
    return 1;
  }
}

async function findByName(name: string, dataDir: string): Promise<ServedCertificate | string> {
  const { entries, fault } = await openQuietStore(dataDir, { readOnly: true }).load();
  if (fault !== undefined) return `${fault.message}; ${fault.hint}`;
  const stored = entries.flatMap(({ current }): readonly Certificate[] =>
    current === undefined ? [] : [current.certificate],
  );
  const index = new NameIndex([...stored, ...(await readLocalLeaves(dataDir))]);
  return index.find(name, Date.now()) ?? `no certificate for ${name} below ${dataDir}; \`sluice certs\` lists them`;
}

async function writePem({ chainPem, keyPem }: ServedCertificate, folder: string): Promise<void> {
  // The key last: who finds a new key finds its chain.
  await writeFileAtomic(join(folder, 'fullchain.pem'), chainPem);
  await writeFileAtomic(join(folder, 'privkey.pem'), keyPem);
}

async function writeP12(
  certificate: ServedCertificate,
  path: string,
  passwordFile: string | undefined,
  { err }: CommandStreams,
): Promise<void> {
  const given = passwordFile === undefined ? undefined : await readFile(passwordFile, 'utf8');
  const password = given?.replace(/\r?\n$/, '') ?? randomBytes(12).toString('base64url');
  const { writePkcs12 } = await import('../../certs/write-pkcs12.ts');
  await writeFileAtomic(path, await writePkcs12(certificate, { password, friendlyName: certificate.names[0] ?? '' }));
  if (given === undefined) err(`password of ${path}: ${password}\n`);
}
