import type { Logger } from '../observe/logger.ts';
import type { WantedCertificate } from '../routing/snapshot.ts';
import type { Specs } from './specs.ts';

/**
 * Says once of each certificate that it is about to expire because renewal fails, and once that it did: no CA writes mails
 * about that any more (acme.md 18).
 */
export function createLifeWarnings(options: {
  readonly specs: Specs;
  readonly now: () => number;
  readonly logger: Logger;
}): (wanted: readonly WantedCertificate[]) => void {
  const { specs, now, logger } = options;
  const told = new Set<string>();
  const isFirst = (key: string): boolean => !told.has(key) && told.add(key) === told;
  return (wanted) => {
    for (const { names } of wanted) {
      const held = specs.held(names);
      if (held === undefined) continue;
      const leftMs = held.notAfter - now();
      const fields = { names, notAfter: new Date(held.notAfter).toISOString() };
      if (leftMs <= 0) {
        if (isFirst(`expired ${held.id}`)) logger.error({ event: 'cert.expired', ...fields }, 'certificate expired');
        continue;
      }
      if (leftMs > (held.notAfter - held.notBefore) / 6) continue;
      const attempt = specs.latestAttempt(names);
      if (attempt === undefined || !isFirst(`expiring ${held.id}`)) continue;
      const { type, detail, hint } = attempt.error;
      const fault = { type, reason: detail, hint, attempt: attempt.failures };
      logger.warn({ event: 'cert.expiring', ...fields, ...fault }, 'certificate expires soon, and renewal fails');
    }
  };
}
