import type { ServiceRow } from '../admin/service-rows.ts';
import { nearest } from '../lib/suggest.ts';

/** The service that a person names, or why none is it. */
export type FoundService = { readonly row: ServiceRow } | { readonly fault: string; readonly isAmbiguous: boolean };

/** Finds a service by its full name, its name without provider, or the compose service when it makes only one. */
export function findService(word: string, rows: readonly ServiceRow[]): FoundService {
  const [exact] = rows.filter(({ name }) => name === word);
  if (exact !== undefined) return { row: exact };
  for (const isMeant of [
    ({ name }: ServiceRow) => shortName(name) === word,
    ({ composeServices }: ServiceRow) => composeServices.includes(word),
  ]) {
    const [first, ...others] = rows.filter(isMeant);
    if (first === undefined) continue;
    if (others.length === 0) return { row: first };
    const names = [first, ...others].map(({ name }) => name).join(', ');
    return { fault: `${word} may be several services: name one of ${names}`, isAmbiguous: true };
  }
  return { fault: unknown(word, rows), isAmbiguous: false };
}

function unknown(word: string, rows: readonly ServiceRow[]): string {
  const words = rows.flatMap(({ name, composeServices }) => [shortName(name), name, ...composeServices]);
  const near = nearest(word, words);
  const [first] =
    near === undefined
      ? []
      : rows.filter((row) => [shortName(row.name), row.name, ...row.composeServices].includes(near));
  if (first !== undefined) return `there is no service ${word}; did you mean ${first.name}?`;
  const names = rows.map(({ name }) => name).filter((name) => !name.endsWith('@internal'));
  return `there is no service ${word}; ${names.length === 0 ? 'there is none at all' : `there are ${names.slice(0, 10).join(', ')}`}`;
}

function shortName(name: string): string {
  return name.slice(0, name.lastIndexOf('@'));
}
