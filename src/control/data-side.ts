import { join } from 'node:path';
import { createDnsLookup } from '../acme/dns-lookup.ts';
import { type CertificateManager, createCertificateManager } from '../acme/certificate-manager.ts';
import { createSelfCheck } from '../acme/self-check.ts';
import { openLocalAuthority } from '../certs/local-authority.ts';
import { createCertificateStore } from '../certs/store.ts';
import type { StaticConfig } from '../config/static-config.ts';
import type { RootLogger } from '../observe/pino-logger.ts';
import { ConnectFailureLog } from './connect-failure-log.ts';
import { memoryBound } from './memory-bound.ts';
import { RefusalLog } from './refusal-log.ts';
import type { ServerJudge } from './server-judge.ts';
import { openStickyKey } from './sticky-key.ts';
import { takeOver } from './take-over.ts';
import { WantedNames } from './wanted-names.ts';
import { heedReport } from './worker-reports.ts';
import { UserCertificates } from './user-certificates.ts';
import { WorkerPool } from './workers.ts';

export interface DataSide {
  readonly pool: WorkerPool;
  readonly certificates: CertificateManager;
  readonly userCertificates: UserCertificates;
  readonly names: WantedNames;
  /** PEM of the local authority's root. */
  readonly localRoot: string;
}

/** Certificates first: what is on disk serves from the first handshake, and the CA is not asked before anybody is served. */
export async function createDataSide(
  config: StaticConfig,
  logger: RootLogger,
  writeAccessLog: (lines: string) => void,
  judge: () => ServerJudge,
): Promise<DataSide> {
  const now = (): number => Date.now();
  const { dataDir, localDomains } = config;
  const certs = logger.child({ component: 'certs' });
  const domains = localDomains === undefined ? {} : { domains: localDomains };
  const localAuthority = await openLocalAuthority({ dataDir, ...domains, now, logger: certs });
  const store = createCertificateStore({ dataDir, now, logger: logger.child({ component: 'store' }) });
  const userCertificates = new UserCertificates({
    folder: config.certsFolder ?? join(dataDir, 'certs'),
    isFolderNamed: config.certsFolder !== undefined,
    now,
    logger: certs,
    onChange: () => {
      certificates.userCertificatesChanged();
      pool.setDefaultCertificate(userCertificates.defaultCertificate ?? localAuthority.defaultCertificate);
    },
  });
  const certificates: CertificateManager = createCertificateManager({
    userCertificates: () => userCertificates.certificates,
    store,
    localAuthority,
    acme: config.acme,
    dns: createDnsLookup({ servers: config.dnsResolvers ?? [] }),
    selfCheck: createSelfCheck(config.entrypoints, logger.child({ component: 'acme' })),
    publicAddresses: config.publicAddresses ?? [],
    challenges: {
      publish: (challenge) => pool.addChallenge(challenge),
      withdraw: (token) => pool.removeChallenge(token),
    },
    now,
    random: Math.random,
    holdOrders: true,
    logger: logger.child({ component: 'acme' }),
    onCertificates: (list) => pool.setCertificates(list),
  });
  const data = logger.child({ component: 'worker' });
  const refusals = new RefusalLog(data);
  const failures = new ConnectFailureLog(data);
  const pool: WorkerPool = new WorkerPool({
    config,
    memoryBound: memoryBound(),
    stickyKey: await openStickyKey(dataDir, data),
    defaultCertificate: localAuthority.defaultCertificate,
    certificates: certificates.certificates(),
    logger: data,
    onMessage: (message) =>
      heedReport(message, data, { refusals, failures, judge, names: () => names, writeAccessLog }),
  });
  const names = await WantedNames.open(config, certificates, logger.child({ component: 'acme' }));
  await takeOver(config, { store, now, logger: certs });
  await userCertificates.start();
  await certificates.start();
  pool.setCertificates(certificates.certificates());
  return { pool, certificates, userCertificates, names, localRoot: localAuthority.rootPem };
}
