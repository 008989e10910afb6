import type { CertificateBook } from './certificate-book.ts';
import { nextAttemptAt } from './schedule.ts';
import { keyOfNames } from './serving.ts';
import type { SortedWanted } from './sort-wanted.ts';
import type { Specs } from './specs.ts';

/**
 * The wanted certificates, groups without the names that every CA in use refuses: those are ordered each by itself, so
 * that one dead name costs the others nothing (acme.md 8). Once every such name has a certificate the group is tried
 * whole again.
 */
export function splitGroups(
  sorted: readonly SortedWanted[],
  { specs, book, now }: { readonly specs: Specs; readonly book: CertificateBook; readonly now: () => number },
): readonly SortedWanted[] {
  const split = sorted.flatMap((entry) => {
    const { names } = entry.wanted;
    const apart = entry.kind === 'acme' && names.length > 1 ? namesApart(names, specs, book) : [];
    if (apart.length === 0 || isHealed(names, apart, { specs, book, now: now() })) return [entry];
    const parts = [names.filter((name) => !apart.includes(name)), ...apart.map((name) => [name])];
    return parts.map((part) => ({ ...entry, wanted: { ...entry.wanted, names: part } }));
  });
  if (split.length === sorted.length) return sorted;
  return [...new Map(split.map((entry) => [keyOfNames(entry.wanted.names), entry])).values()];
}

function namesApart(names: readonly string[], specs: Specs, book: CertificateBook): readonly string[] {
  const directories = specs.directories(names);
  const refused = directories.map((directory) => book.renewal(specs.at(names, directory)).refused);
  const apart = refused.map((list) => names.filter((name) => list[name]?.isApart === true));
  if (apart.some((list) => list.length === 0)) return [];
  const all = names.filter((name) => apart.some((list) => list.includes(name)));
  return all.length < names.length ? all : [];
}

function isHealed(
  names: readonly string[],
  apart: readonly string[],
  { specs, book, now }: { readonly specs: Specs; readonly book: CertificateBook; readonly now: number },
): boolean {
  const isServed = (name: string): boolean => (specs.stored([name])?.certificate.notAfter ?? 0) > now;
  if (!apart.every(isServed)) return false;
  return specs.directories(names).every((directory) => {
    const { attempt } = book.get(specs.at(names, directory));
    return attempt === undefined || nextAttemptAt(attempt, { now, isEmergency: false }) <= now;
  });
}
