import { describeStatus } from '../../acme/certificate-status.ts';
import type { CertificateStatus } from '../../certs/certificate-status.ts';
import { readLocalLeaves } from '../../certs/local-authority.ts';
import { suggestedTime } from '../../certs/renewal-record.ts';
import type { StoreEntry } from '../../certs/store-load.ts';
import type { StaticConfig } from '../../config/static-config.ts';
import { formatTable, formatTime } from './format-table.ts';
import { openQuietStore } from './open-quiet-store.ts';

const HEADER = ['NAMES', 'ISSUER', 'EXPIRES', 'DAYS', 'STATE', 'NEXT'];
const DAY_MS = 86_400_000;

/**
 * `sluice certs`: what is in the store, as a table, with the last error of what failed. Reads the disk only. Exit code 0, 1 when
 * there is nothing to show or the store cannot be read.
 */
export async function listCertificates({ dataDir }: StaticConfig, out: (text: string) => void): Promise<number> {
  const now = Date.now();
  const { entries, issues, fault } = await openQuietStore(dataDir, { readOnly: true }).load();
  if (fault !== undefined) {
    out(`${fault.message}; ${fault.hint}\n`);
    return 1;
  }
  const local = await readLocalLeaves(dataDir);
  const list = [
    ...entries.flatMap((entry) => statusOfEntry(entry, now)),
    ...local.map((leaf) => statusOf({ names: leaf.names, kind: 'internal', local: leaf }, now)),
  ].toSorted((a, b) => a.names.join().localeCompare(b.names.join()));
  if (list.length === 0) out(`no certificates below ${dataDir}\n`);
  else out(formatTable([HEADER, ...list.map((status) => row(status, now))]));
  for (const { names, lastError } of list) {
    if (lastError !== undefined) out(`\n${names.join(', ')}: ${lastError.detail}\n  ${lastError.hint}\n`);
  }
  for (const { path, message } of issues) out(`\n${path}: ${message}\n`);
  return list.length === 0 ? 1 : 0;
}

/** An entry with neither certificate nor failure is an order that has only begun. */
function statusOfEntry({ names, current, attempt, renewal }: StoreEntry, now: number): readonly CertificateStatus[] {
  if (names.length === 0) return [];
  const certificate = current?.certificate;
  const suggestedAt = certificate && renewal && suggestedTime(renewal, certificate);
  return [statusOf({ names, kind: 'acme', certificate, attempt, suggestedAt }, now)];
}

function statusOf(
  facts: Pick<Parameters<typeof describeStatus>[0], 'names' | 'kind'> &
    Partial<Pick<Parameters<typeof describeStatus>[0], 'certificate' | 'attempt' | 'local' | 'suggestedAt'>>,
  now: number,
): CertificateStatus {
  const absent = { certificate: undefined, local: undefined, attempt: undefined, parkedUntil: undefined };
  return describeStatus({ ...absent, ...facts, routers: [], isRunning: false, note: undefined }, now);
}

function row(status: CertificateStatus, now: number): readonly string[] {
  const { names, issuer, notAfter } = status;
  const days = notAfter === undefined ? '-' : String(Math.trunc((notAfter - now) / DAY_MS));
  return [names.join(', '), issuer ?? '-', formatTime(notAfter), days, status.state, nextOf(status, now)];
}

/** What the router does about it next. */
function nextOf({ state, nextAttempt, renewAt, renewBy }: CertificateStatus, now: number): string {
  if (nextAttempt !== undefined) return `tries again ${formatTime(nextAttempt)}`;
  if (state === 'unused') return 'none: no router wants it';
  if (renewAt === undefined) return '-';
  const reason = renewBy === 'ari' ? ' (the CA says when)' : '';
  return renewAt <= now ? 'renewal is due' : `renews ${formatTime(renewAt)}${reason}`;
}
