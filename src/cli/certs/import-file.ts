import { readFile } from 'node:fs/promises';
import { importCertificates, type ImportReport } from '../../certs/import-certificates.ts';
import { AcmeJsonError, readAcmeJson, type FoundCertificates } from '../../certs/read-acme-json.ts';
import { importOptions } from '../../control/import-options.ts';
import type { StaticConfig } from '../../config/static-config.ts';
import type { CommandStreams } from '../command-streams.ts';
import { formatTable, formatTime } from './format-table.ts';
import { openQuietStore } from './open-quiet-store.ts';

const HEADER = ['NAMES', 'ISSUER', 'EXPIRES', 'FROM', 'DONE'];
const TRIAL_HEADER = [...HEADER.slice(0, -1), 'WOULD BE'];

/**
 * `sluice certs import FILE`: takes certificates and accounts of Traefik's `acme.json` into the store, and says what became of each.
 * The file is only read. Exit code 0, 1 when it cannot be read or the store cannot be written.
 */
export async function importFile(
  path: string,
  isTrial: boolean,
  config: StaticConfig,
  { out, err }: CommandStreams,
): Promise<number> {
  const found = await readFound(path);
  if (typeof found === 'string') {
    err(`sluice: ${path}: ${found}\n`);
    return 1;
  }
  const store = openQuietStore(config.dataDir, { readOnly: isTrial });
  const report = await importCertificates(found, { store, ...importOptions(config.acme), now: Date.now, isTrial });
  print(report, isTrial, out);
  if (report.fault === undefined) return 0;
  err(`sluice: ${report.fault.message}; ${report.fault.hint}\n`);
  return 1;
}

async function readFound(path: string): Promise<FoundCertificates | string> {
  try {
    return readAcmeJson(await readFile(path, 'utf8'));
  } catch (cause) {
    if (cause instanceof AcmeJsonError) return `no acme.json of Traefik: ${cause.message}`;
    return `cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`;
  }
}

function print({ rows, accounts, skipped }: ImportReport, isTrial: boolean, out: (text: string) => void): void {
  const lines = rows.map(({ names, issuer, notAfter, place, action }) => {
    return [names.join(', '), issuer, formatTime(notAfter), place, action];
  });
  if (rows.length === 0) out('no certificates in the file\n');
  else out(formatTable([isTrial ? TRIAL_HEADER : HEADER, ...lines]));
  for (const url of accounts) out(`\naccount ${url}${isTrial ? ' would be' : ''} taken over\n`);
  for (const { place, reason } of skipped) out(`\npassed over: ${place}: ${reason}\n`);
}
