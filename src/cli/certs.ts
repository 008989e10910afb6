import { describeStatus } from '../acme/certificate-status.ts';
import type { CertificateStatus } from '../certs/certificate-status.ts';
import { readLocalLeaves, readLocalRoot } from '../certs/local-authority.ts';
import type { StoreEntry } from '../certs/store-load.ts';
import { createCertificateStore } from '../certs/store.ts';
import type { StaticConfig } from '../config/static-config.ts';

const USAGE = 'usage: sluice certs [root]\n';
const HEADER = ['NAMES', 'ISSUER', 'EXPIRES', 'RENEWAL', 'STATE'];

/**
 * `sluice certs`: what is in the store, as a table, with the last error of what failed. `sluice certs root`: the PEM of the
 * local authority's root. Reads the disk only, so it works beside a running router and without one. Exit code 0, 1
 * when there is nothing to show or the store cannot be read, 2 for a wrong argument.
 */
export async function runCerts(
  args: readonly string[],
  config: StaticConfig,
  out: (text: string) => void,
): Promise<number> {
  if (args.length === 0) return listCertificates(config, out);
  if (args.length === 1 && args[0] === 'root') return printRoot(config, out);
  out(USAGE);
  return 2;
}

async function printRoot({ dataDir }: StaticConfig, out: (text: string) => void): Promise<number> {
  const root = await readLocalRoot(dataDir);
  if (root === undefined) {
    out(`no local authority below ${dataDir}: start the router once, or name its data folder with --data\n`);
    return 1;
  }
  out(root);
  return 0;
}

async function listCertificates({ dataDir }: StaticConfig, out: (text: string) => void): Promise<number> {
  const now = Date.now();
  const ignore = (): void => undefined;
  const logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };
  const store = createCertificateStore({ dataDir, now: () => now, logger, readOnly: true });
  const { entries, issues, fault } = await store.load();
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
function statusOfEntry({ names, current, attempt }: StoreEntry, now: number): readonly CertificateStatus[] {
  if (names.length === 0) return [];
  return [statusOf({ names, kind: 'acme', certificate: current?.certificate, attempt }, now)];
}

function statusOf(
  facts: Pick<Parameters<typeof describeStatus>[0], 'names' | 'kind'> &
    Partial<Pick<Parameters<typeof describeStatus>[0], 'certificate' | 'attempt' | 'local'>>,
  now: number,
): CertificateStatus {
  const absent = { certificate: undefined, local: undefined, attempt: undefined, parkedUntil: undefined };
  return describeStatus({ ...absent, ...facts, routers: [], isRunning: false, note: undefined }, now);
}

function row(status: CertificateStatus, now: number): readonly string[] {
  const next = status.nextAttempt ?? status.renewAt;
  return [
    status.names.join(', '),
    status.issuer ?? '-',
    formatTime(status.notAfter),
    next !== undefined && next <= now ? 'due' : formatTime(next),
    status.state,
  ];
}

function formatTime(time: number | undefined): string {
  return time === undefined ? '-' : `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = HEADER.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  const lines = rows.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}
