import type { CertificateSpec } from '../certs/certificate-spec.ts';
import type { AttemptRecord } from '../certs/store-records.ts';
import type { AcmeConfig } from '../config/static-config.ts';
import type { Logger } from '../observe/logger.ts';
import type { CaSession } from './ca-session.ts';
import type { CertificateBook } from './certificate-book.ts';
import type { ChallengePublisher } from './challenge.ts';
import type { DnsLookup } from './dns-lookup.ts';
import { createDnsWatch } from './dns-watch.ts';
import { type CaFacts, createDoctor } from './doctor.ts';
import { createPreflight } from './preflight.ts';

const DEFAULT_IDENTITIES = ['letsencrypt.org'];

/** Names of a group that are looked at together: each costs some sockets. */
const AT_ONCE = 4;

/** The first answer there is, in the order of the names. */
async function findFirst<T>(
  names: readonly string[],
  ask: (name: string) => Promise<T | undefined>,
): Promise<T | undefined> {
  for (let from = 0; from < names.length; from += AT_ONCE) {
    const found = await Promise.all(names.slice(from, from + AT_ONCE).map(ask));
    const first = found.find((one) => one !== undefined);
    if (first !== undefined) return first;
  }
  return undefined;
}

/** What is looked at before an order, while its names wait, and after it failed. */
export interface NameChecks {
  /** Rejects with `OrderError` when the CA need not be asked (`createPreflight`). */
  before(names: readonly string[], isFirst: boolean): Promise<void>;
  /** A failure was noted: finds out why in the background; its hint then says so. */
  after(spec: CertificateSpec): void;
  /** Looks at the DNS of those that wait, and ends the wait of those whose DNS turned right. */
  look(specs: readonly CertificateSpec[]): Promise<void>;
  /** What is found out later changes nothing any more. */
  close(): void;
}

/** `turned` is called when a wait has ended. */
export function createNameChecks(options: {
  readonly book: CertificateBook;
  readonly acme: AcmeConfig;
  readonly lookup: DnsLookup;
  readonly challenges: ChallengePublisher;
  readonly sessionOf: (directory: string) => CaSession;
  readonly publicAddresses: readonly string[];
  readonly probePort?: number | undefined;
  readonly now: () => number;
  readonly logger: Logger;
  readonly turned: () => void;
}): NameChecks {
  const { book, acme, lookup, now, logger } = options;
  const { challenges: types, customDirectory } = acme;
  const { publicAddresses, probePort } = options;
  let isClosed = false;
  const doctor = createDoctor({
    lookup,
    challenges: options.challenges,
    methods: types,
    publicAddresses,
    isPublicCa: !customDirectory,
    ...(probePort === undefined ? {} : { probePort }),
  });
  const waiting = new Map<string, CertificateSpec>();
  const watch = createDnsWatch({
    lookup,
    now,
    turned: ({ directory, names, attempt }) => {
      const spec = waiting.get(`${directory} ${names.join(',')}`);
      const current = spec === undefined ? undefined : book.get(spec).attempt;
      // Of the same failure: what was found out about it meanwhile stays.
      if (spec === undefined || isClosed || current?.lastAt !== attempt.lastAt) return;
      logger.info({ names }, 'DNS has changed, the order is tried again');
      // What has failed stays counted: a name that goes to and fro must not use up the CA's patience.
      book.putAttempt(spec, { ...current, nextAt: now() }).then(options.turned, () => undefined);
    },
  });
  const preflight = createPreflight({ lookup, customDirectory, logger, heard: watch.heard });

  const factsOf = async (directory: string): Promise<CaFacts> => {
    try {
      const { api, url } = await options.sessionOf(directory).account();
      const { caaIdentities } = await api.directory();
      return { identities: caaIdentities.length > 0 ? caaIdentities : DEFAULT_IDENTITIES, accountUrl: url };
    } catch {
      return { identities: DEFAULT_IDENTITIES, accountUrl: undefined };
    }
  };
  const examine = async (spec: CertificateSpec, attempt: AttemptRecord): Promise<void> => {
    const ca = await factsOf(spec.directory);
    // The name the CA spoke of is mostly in its text; of a group the first that shows a fault is enough.
    const finding = await findFirst(spec.names, (name) => doctor(name, attempt, ca));
    const current = book.get(spec).attempt;
    if (finding === undefined || isClosed || current?.lastAt !== attempt.lastAt) return;
    logger.warn({ names: spec.names, finding: finding.kind, hint: finding.text }, 'why there is no certificate');
    await book.putAttempt(spec, { ...current, error: { ...current.error, hint: finding.text } });
  };
  return {
    before: (names, isFirst) => preflight({ names, types, isFirst }),
    after: (spec) => {
      const { attempt } = book.get(spec);
      if (attempt?.class !== 'validation' && attempt?.class !== 'rate-limited') return;
      examine(spec, attempt).catch((cause: unknown) => {
        logger.debug({ names: spec.names, reason: String(cause) }, 'cause of a failed order not found out');
      });
    },
    look: async (specs) => {
      waiting.clear();
      const list = specs.flatMap((spec) => {
        const { attempt } = book.get(spec);
        if (attempt === undefined || attempt.nextAt <= now()) return [];
        const { directory, names } = spec;
        waiting.set(`${directory} ${names.join(',')}`, spec);
        return { directory, names, attempt };
      });
      await watch.look(list);
    },
    close: () => {
      isClosed = true;
    },
  };
}
