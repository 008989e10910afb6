import type { AdminFacts, LeavingServer, ServerJudgement } from '../../src/admin/admin-facts.ts';
import type { CaStatus, RenewOutcome, RollOutcome } from '../../src/certs/ca-status.ts';
import type { CertificateStatus } from '../../src/certs/certificate-status.ts';
import type { StaticConfig } from '../../src/config/static-config.ts';
import type { Workload } from '../../src/config/workload.ts';
import { ConfigWatcher } from '../../src/control/config-watcher.ts';
import type { TrialRequest, TrialVerdict } from '../../src/protocol.ts';
import { PLACE, staticConfig } from './workloads.ts';

/** Facts of a router with these workloads; what the data plane would say is told by `verdict`. */
export function adminFacts(
  workloads: readonly Workload[],
  changes: {
    readonly config?: StaticConfig;
    readonly verdict?: (request: TrialRequest) => TrialVerdict | undefined;
    readonly judgements?: Readonly<Record<string, ServerJudgement>>;
    readonly certificates?: readonly CertificateStatus[];
    readonly localRoot?: string;
    readonly cas?: readonly CaStatus[];
    readonly renewed?: (names: readonly string[]) => readonly RenewOutcome[];
    readonly rolled?: RollOutcome;
    readonly pausedUntil?: Readonly<Record<string, number>>;
    readonly leaving?: readonly LeavingServer[];
    readonly isListening?: () => boolean;
  } = {},
): AdminFacts {
  const config = changes.config ?? staticConfig();
  const watcher = new ConfigWatcher(config);
  for (const provider of new Set(workloads.map((one) => one.provider))) {
    const own = workloads.filter((one) => one.provider === provider);
    watcher.update(provider, own, PLACE, []);
  }
  return {
    mode: config.mode,
    entrypoints: config.entrypoints,
    isListening: changes.isListening ?? (() => true),
    view: () => watcher.view,
    serverJudgement: (id) => changes.judgements?.[id],
    certificates: () => changes.certificates ?? [],
    localRoot: changes.localRoot ?? '',
    cas: () => changes.cas ?? [],
    renewCertificates: async (names) => changes.renewed?.(names) ?? [],
    rollAccountKey: async () => changes.rolled ?? { fault: 'no CA is in use' },
    leavingServers: async () => changes.leaving ?? [],
    pausedUntil: (service) => changes.pausedUntil?.[service],
    pause: () => ({ services: [] }),
    resume: () => ({ services: [] }),
    tryRequest: async (request) => changes.verdict?.(request),
  };
}
