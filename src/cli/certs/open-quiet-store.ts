import { createCertificateStore, type CertificateStore } from '../../certs/store.ts';

/** The store for a command: what is wrong with files is in what it loads, and not logged. */
export function openQuietStore(dataDir: string, { readOnly }: { readonly readOnly: boolean }): CertificateStore {
  const ignore = (): void => undefined;
  const logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };
  return createCertificateStore({ dataDir, now: Date.now, logger, readOnly });
}
