import { onTestFinished, vi } from 'vitest';
import { createCertificateManager, type CertificateManager } from '../../src/acme/certificate-manager.ts';
import type { DnsLookup } from '../../src/acme/dns-lookup.ts';
import type { CertificateStatus } from '../../src/certs/certificate-status.ts';
import type { ChallengePublisher } from '../../src/acme/challenge.ts';
import type { Certificate } from '../../src/certs/certificate.ts';
import { openLocalAuthority } from '../../src/certs/local-authority.ts';
import { createCertificateStore } from '../../src/certs/store.ts';
import type { AcmeConfig } from '../../src/config/static-config.ts';
import type { WantedCertificate } from '../../src/routing/snapshot.ts';
import { collectLogger, type LogLine } from './collect-logger.ts';

export interface CertificateBench {
  readonly manager: CertificateManager;
  /** Every list it handed to the workers. */
  readonly published: readonly (readonly Certificate[])[];
  readonly lines: readonly LogLine[];
  /** The source of what serves for a name now. */
  serving(name: string): Certificate | undefined;
  status(name: string): CertificateStatus | undefined;
}

export const ACME_OFF: AcmeConfig = {
  directories: [],
  customDirectory: true,
  email: undefined,
  eab: undefined,
  profile: undefined,
  caRootFile: undefined,
  challenges: ['http-01'],
};

/** DNS that knows nothing: what the machine's own says must not matter to a test. */
export const NO_DNS: DnsLookup = {
  addresses: async () => ({ kind: 'unknown', detail: 'none here' }),
  freshAddresses: async () => ({ kind: 'unknown', detail: 'none here' }),
  follow: async (name) => name,
  caa: async () => undefined,
  authorities: async () => [],
  texts: async () => undefined,
};

export function wantedFor(...names: readonly string[]): WantedCertificate {
  return { names, issuer: 'acme', routers: [`${names[0]}@test`] };
}

/** A started certificate manager on a data folder, stopped when the test ends. */
export async function startCertificateBench(options: {
  readonly dataDir: string;
  readonly acme: Partial<AcmeConfig>;
  readonly publisher: ChallengePublisher;
  readonly wanted: readonly WantedCertificate[];
  readonly now?: () => number;
  readonly tickMs?: number;
  readonly lookup?: DnsLookup;
  readonly publicAddresses?: readonly string[];
  readonly probePort?: number;
}): Promise<CertificateBench> {
  const { dataDir, publisher } = options;
  const now = options.now ?? Date.now;
  const { logger, lines } = collectLogger();
  const published: (readonly Certificate[])[] = [];
  const manager = createCertificateManager({
    store: createCertificateStore({ dataDir, now, logger }),
    localAuthority: await openLocalAuthority({ dataDir, now, logger }),
    acme: { ...ACME_OFF, ...options.acme },
    challenges: publisher,
    dns: options.lookup ?? NO_DNS,
    publicAddresses: options.publicAddresses ?? [],
    // A port where nobody listens: no test may ask what else runs on this machine.
    probePort: options.probePort ?? 1,
    now,
    random: () => 0.5,
    logger,
    onCertificates: (certificates) => void published.push(certificates),
    tickMs: options.tickMs ?? 20,
  });
  manager.setWanted(options.wanted);
  await manager.start();
  onTestFinished(() => manager.stop());
  return {
    manager,
    published,
    lines,
    serving: (name) => manager.certificates().find(({ names }) => names.includes(name)),
    status: (name) => manager.status().find(({ names }) => names.includes(name)),
  };
}

/** Waits for a condition, and fails with what it threw last. */
export function eventually<T>(check: () => T, timeoutMs = 15_000): Promise<T> {
  return vi.waitFor(check, { timeout: timeoutMs, interval: 20 });
}
