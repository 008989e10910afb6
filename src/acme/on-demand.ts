import type { AcmeConfig } from '../config/static-config.ts';
import { isCertificateName, isIpAddress, isPublicName } from '../lib/hostname.ts';
import { createTokenBucket, type TokenBucket } from '../lib/token-bucket.ts';
import type { Logger } from '../observe/logger.ts';
import type { OnDemandRouter, WantedCertificate } from '../routing/snapshot.ts';
import { compileHostTest } from '../rule/host-test.ts';
import type { AskAnswer } from './ask-url.ts';
import type { AllowedName, AllowedNames } from './allowed-names.ts';

const HOUR_MS = 3_600_000;
/** A name that was refused is not asked about for so long, one that could not be asked about for a minute. */
const REFUSED_MS = HOUR_MS;
const UNANSWERED_MS = 60_000;
/** Whoever may make up names may make up many: those beyond this push out the oldest. */
const MAX_REMEMBERED = 10_000;
/** Questions that run at once. */
const MAX_ASKING = 5;
/** The same answer is asked for again once a day, so that names whose customer left are given up. */
const ASK_AGAIN_MS = 24 * HOUR_MS;
/** Questions: twenty at once, then one a second. Names that nobody allows use up these, not the certificates. */
const QUESTIONS = { burst: 20, perSecond: 1 };
/** New certificates: five at once, then one every three minutes (twenty an hour). */
const CERTIFICATES = { burst: 5, perSecond: 20 / 3600 };

export interface OnDemandOptions {
  readonly acme: Pick<AcmeConfig, 'customDirectory'>;
  /** Absent: nobody is asked, and so nothing allowed. */
  readonly ask: ((name: string) => Promise<AskAnswer>) | undefined;
  readonly names: AllowedNames;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly logger: Logger;
  /** What `wanted` answers has changed. */
  readonly onChange: () => void;
}

/**
 * Certificates for names that nobody configured (acme.md 13.5): a client asks for one, a router's rule leaves it open, and somebody who
 * knows the customers is asked. Handshakes never wait for any of it. No order without an allowed answer.
 */
export class OnDemand {
  private readonly options: OnDemandOptions;
  private readonly questions: TokenBucket;
  private readonly newNames: TokenBucket;
  private readonly refused = new Map<string, number>();
  private readonly asking = new Set<string>();
  private routers: readonly { readonly name: string; readonly matches: (host: string) => boolean }[] = [];

  constructor(options: OnDemandOptions) {
    this.options = options;
    const { now } = options;
    this.questions = createTokenBucket({ ...QUESTIONS, now });
    this.newNames = createTokenBucket({ ...CERTIFICATES, now });
  }

  /** The routers that want certificates on demand, after every change of configuration. */
  setRouters(routers: readonly OnDemandRouter[]): void {
    this.routers = routers.map(({ name, matcher }) => ({ name, matches: compileHostTest(matcher) }));
  }

  /** Certificates for names that were allowed and that a router still answers. */
  wanted(): readonly WantedCertificate[] {
    return this.options.names.list().flatMap(({ name }): readonly WantedCertificate[] => {
      const routers = this.routersOf(name);
      return routers.length === 0 ? [] : [{ names: [name], issuer: 'acme', routers }];
    });
  }

  /** A client has asked for a name (canonical form) that no certificate covers. Costs a look-up unless it is new. */
  asked(name: string): void {
    const { ask, now, names } = this.options;
    if (ask === undefined || this.asking.has(name) || names.has(name) || this.asking.size >= MAX_ASKING) return;
    if ((this.refused.get(name) ?? 0) > now() || !this.isPossible(name)) return;
    if (this.questions.tryTake()) void this.decide(name, ask);
  }

  /** Asks again about names whose answer is a day old; one that is refused now is given up. Called every minute or so. */
  review(): void {
    const { ask, now, names } = this.options;
    if (ask === undefined) return;
    for (const { name, allowedAt } of names.list()) {
      if (this.asking.size >= MAX_ASKING) return;
      if (now() - allowedAt > ASK_AGAIN_MS && !this.asking.has(name)) void this.decide(name, ask);
    }
  }

  private isPossible(name: string): boolean {
    if (!isCertificateName(name) || isIpAddress(name) || name.startsWith('*')) return false;
    return (this.options.acme.customDirectory || isPublicName(name)) && this.routersOf(name).length > 0;
  }

  private routersOf(name: string): readonly string[] {
    return this.routers.filter(({ matches }) => matches(name)).map((router) => router.name);
  }

  private async decide(name: string, ask: (name: string) => Promise<AskAnswer>): Promise<void> {
    const { names, now, logger, onChange } = this.options;
    const before: AllowedName | undefined = names.get(name);
    this.asking.add(name);
    const answer = await ask(name);
    this.asking.delete(name);
    if (answer.verdict === 'allowed' && before === undefined && !this.newNames.tryTake()) {
      this.remember(name, now() + UNANSWERED_MS);
      logger.warn({ name }, 'certificate on demand has to wait: twenty new names an hour');
    } else if (answer.verdict === 'allowed') {
      const saved = names.put({ name, allowedAt: now() });
      if (before === undefined) {
        logger.info({ name }, 'certificate on demand allowed');
        onChange();
      }
      await saved;
    } else if (answer.verdict === 'refused' && before !== undefined) {
      const saved = names.remove(name);
      logger.info({ name, reason: answer.reason }, 'certificate on demand not allowed any more');
      onChange();
      await saved;
    } else if (before === undefined) {
      this.remember(name, now() + (answer.verdict === 'refused' ? REFUSED_MS : UNANSWERED_MS));
      const fields = { name, reason: answer.reason };
      if (answer.verdict === 'refused') logger.info(fields, 'certificate on demand not allowed');
      else logger.warn({ ...fields, hint: 'check --acme-ask' }, 'nobody said whether a certificate is allowed');
    }
  }

  private remember(name: string, until: number): void {
    this.refused.delete(name);
    this.refused.set(name, until);
    if (this.refused.size > MAX_REMEMBERED) this.refused.delete(this.refused.keys().next().value!);
  }
}
