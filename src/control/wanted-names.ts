import type { CertificateManager } from '../acme/certificate-manager.ts';
import { openAllowedNames } from '../acme/allowed-names.ts';
import { askUrl } from '../acme/ask-url.ts';
import { OnDemand } from '../acme/on-demand.ts';
import type { StaticConfig } from '../config/static-config.ts';
import type { Logger } from '../observe/logger.ts';
import type { WantedCertificate } from '../routing/snapshot.ts';
import type { Published } from './config-watcher.ts';

const REVIEW_MS = 60_000;

/** Which certificates there shall be: those that routers name, and those that clients asked for and somebody allowed. */
export class WantedNames {
  private readonly certificates: Pick<CertificateManager, 'setWanted'>;
  private readonly onDemand: OnDemand;
  private readonly timer: NodeJS.Timeout;
  private configured: readonly WantedCertificate[] = [];

  private constructor(
    certificates: Pick<CertificateManager, 'setWanted'>,
    makeOnDemand: (tell: () => void) => OnDemand,
  ) {
    this.certificates = certificates;
    this.onDemand = makeOnDemand(() => this.tell());
    this.timer = setInterval(() => this.onDemand.review(), REVIEW_MS).unref();
  }

  /** Reads what was allowed before. */
  static async open(
    { dataDir, acme, askUrl: url }: Pick<StaticConfig, 'dataDir' | 'acme' | 'askUrl'>,
    certificates: Pick<CertificateManager, 'setWanted'>,
    logger: Logger,
  ): Promise<WantedNames> {
    const names = await openAllowedNames(dataDir, logger);
    const ask = url === undefined ? undefined : (name: string) => askUrl(url, name);
    const now = (): number => Date.now();
    return new WantedNames(certificates, (onChange) => new OnDemand({ acme, ask, names, now, logger, onChange }));
  }

  follow({ wanted, onDemand }: Published): void {
    this.configured = wanted;
    this.onDemand.setRouters(onDemand);
    this.tell();
  }

  /** A client has asked for a name that no certificate covers. */
  asked(name: string): void {
    this.onDemand.asked(name);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private tell(): void {
    this.certificates.setWanted([...this.configured, ...this.onDemand.wanted()]);
  }
}
