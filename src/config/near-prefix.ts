import { editDistance } from '../lib/suggest.ts';
import { findLabel, type LabelPrefix } from './label-table.ts';
import type { Problem } from './problem.ts';

const PREFIXES: readonly LabelPrefix[] = ['sluice', 'traefik'];

/**
 * The label that was meant by one whose first element is a near miss of ours: `treafik.enable`, or `http.routers.web.rule` without
 * any. Only when the rest is a label that exists, as other programs have labels, too. Undefined: it is somebody else's.
 */
export function nearPrefix(label: string): string | undefined {
  const dot = label.indexOf('.');
  const word = label.slice(0, Math.max(0, dot)).toLowerCase();
  const rest = label.slice(dot + 1);
  if (word === 'http' && isLabel('traefik', label)) return `traefik.${label}`;
  for (const prefix of PREFIXES) {
    const isNear = Math.abs(word.length - prefix.length) <= 2 && editDistance(word, prefix, 2) <= 2;
    if (isNear && word !== prefix && isLabel(prefix, rest)) return `${prefix}.${rest}`;
  }
  return undefined;
}

/** Tells of a label that is most likely one of ours with a mistyped beginning. It is not read. */
export function warnNearPrefix(
  label: string,
  report: (problem: Omit<Problem, 'provider' | 'container'>) => void,
): void {
  const meant = nearPrefix(label);
  if (meant === undefined) return;
  const message = 'this label is not read: only names that begin with sluice. or traefik. are';
  report({ severity: 'warning', code: 'label_unknown', label, message, hint: `did you mean ${meant}?` });
}

function isLabel(prefix: LabelPrefix, path: string): boolean {
  return findLabel(prefix, path.split('.')).option !== undefined;
}
