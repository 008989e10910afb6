import type { AcmeConfig } from '../config/static-config.ts';
import type { CertificateBook } from './certificate-book.ts';
import type { StatusFacts } from './certificate-status.ts';
import type { OrderRunner } from './order-runner.ts';
import { limitUntil } from './schedule.ts';
import { keyOfNames } from './serving.ts';
import type { ServingList } from './serving-list.ts';
import type { SortedWanted } from './sort-wanted.ts';
import type { Specs } from './specs.ts';

/** Where a status is read from. */
export interface FactSources {
  readonly acme: AcmeConfig;
  readonly book: CertificateBook;
  readonly list: ServingList;
  readonly specs: Specs;
  readonly runner: OrderRunner;
  readonly now: () => number;
}

/** What is known of the certificates in the store that serve although no router wants them. */
export function unusedFacts(
  wanted: readonly SortedWanted[],
  { acme, book, list }: FactSources,
): readonly StatusFacts[] {
  const keys = new Set(wanted.map((entry) => keyOfNames(entry.wanted.names)));
  return book.certificates().flatMap(({ spec, certificate }): readonly StatusFacts[] => {
    const isServing = list.find(spec.names)?.id === certificate.id;
    if (!isServing || keys.has(keyOfNames(spec.names)) || acme.directories.length === 0) return [];
    return [
      {
        names: spec.names,
        routers: [],
        kind: 'acme',
        note: undefined,
        certificate,
        local: undefined,
        attempt: undefined,
        parkedUntil: undefined,
        isRunning: false,
        isUnused: true,
      },
    ];
  });
}

/** Everything that the status of a wanted certificate is judged by. */
export function collectFacts({ wanted, kind, note }: SortedWanted, parts: FactSources): StatusFacts {
  const { names, routers } = wanted;
  const first = parts.acme.directories[0];
  return {
    names,
    routers,
    kind,
    note,
    certificate: parts.list.find(names) ?? (kind === 'acme' ? parts.specs.serving(names)?.certificate : undefined),
    suggestedAt: kind === 'acme' ? parts.specs.held(names)?.suggestedAt : undefined,
    local: parts.list.findLocal(names),
    attempt: kind === 'acme' ? parts.specs.latestAttempt(names) : undefined,
    parkedUntil: first === undefined ? undefined : limitUntil(parts.book.parked(first), parts.now()),
    isRunning: parts.runner.isRunning(names),
  };
}
