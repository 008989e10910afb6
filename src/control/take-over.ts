import { importCertificates } from '../certs/import-certificates.ts';
import { readAcmeJson } from '../certs/read-acme-json.ts';
import type { CertificateStore } from '../certs/store.ts';
import type { StaticConfig } from '../config/static-config.ts';
import { readBoundedFile } from '../lib/read-bounded-file.ts';
import type { Logger } from '../observe/logger.ts';
import { importOptions } from './import-options.ts';

/** Ten thousand certificates are half of this. */
const MAX_BYTES = 134_217_728;

/**
 * Takes over what Traefik's file of certificates holds, if the options name one and it is there (acme.md 16). It is read at each start, and
 * what is known already changes nothing; it is never written. Never rejects: without it certificates are ordered.
 */
export async function takeOver(
  { acmeJson, acme }: Pick<StaticConfig, 'acmeJson' | 'acme'>,
  { store, now, logger }: { readonly store: CertificateStore; readonly now: () => number; readonly logger: Logger },
): Promise<void> {
  if (acmeJson === undefined) return;
  const hint = 'certificates it holds are ordered anew';
  try {
    const found = readAcmeJson((await readBoundedFile(acmeJson, MAX_BYTES)).toString('utf8'));
    const report = await importCertificates(found, { store, ...importOptions(acme), now });
    if (report.fault !== undefined)
      logger.warn({ path: acmeJson, reason: report.fault.message, hint }, 'not taken over');
    for (const { place, reason } of report.skipped) logger.warn({ path: acmeJson, place, reason }, 'passed over');
    const names = report.rows.filter(({ action }) => action === 'imported').map((row) => row.names.join(', '));
    if (names.length === 0 && report.accounts.length === 0) return;
    logger.info({ path: acmeJson, names, accounts: report.accounts }, "certificates taken over from Traefik's file");
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return;
    logger.warn(
      { path: acmeJson, reason: cause instanceof Error ? cause.message : String(cause), hint },
      'not taken over',
    );
  }
}
