import type { ImportOptions } from '../certs/import-certificates.ts';
import { DEFAULT_DIRECTORY, directoryAt } from '../config/acme-directories.ts';
import type { AcmeConfig } from '../config/static-config.ts';

/** How certificates of another program are stored so that the orders of this router find them. */
export function importOptions(acme: AcmeConfig): Pick<ImportOptions, 'directories' | 'directoryAt' | 'specFor'> {
  return {
    directories: acme.directories.length > 0 ? acme.directories : [DEFAULT_DIRECTORY],
    directoryAt,
    specFor: (names, directory) => ({ names, directory, profile: acme.profile, keyType: acme.keyType ?? 'ec256' }),
  };
}
