import { editDistance } from '../lib/suggest.ts';
import type { LabelGroup } from './label-group.ts';
import type { LabelObject, LabelOption } from './label-option.ts';
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

/**
 * Tells of a label that is most likely one of ours with a mistyped beginning. It is not read. One that was meant to protect
 * something disables that, as an unknown label of it does: nothing is served without what somebody wrote down.
 */
export function reportNearPrefix(
  label: string,
  report: (problem: Omit<Problem, 'provider' | 'container'>) => void,
  groupOf: (option: LabelOption, path: readonly string[], names: readonly string[], label: string) => LabelGroup,
): void {
  const meant = nearPrefix(label);
  if (meant === undefined) return;
  const message = 'this label is not read: only names that begin with sluice. or traefik. are';
  const fault = { code: 'label_unknown', label, message, hint: `did you mean ${meant}?` } as const;
  const [prefix, ...path] = meant.split('.');
  const found = findLabel(prefix === 'sluice' ? 'sluice' : 'traefik', path);
  if (found.option === undefined || !isProtection(found.option)) report({ severity: 'warning', ...fault });
  else groupOf(found.option, path, found.names, label).fail(fault);
}

/** Labels that decide who may visit. A middleware or TLS options as a whole may be one: what they are by lies in their labels together. */
function isProtection({ object, key, acts }: LabelOption): boolean {
  return (
    acts === 'protects' || object === 'middleware' || object === 'tlsOptions' || PROTECTIONS[object]?.has(key) === true
  );
}

const PROTECTIONS: Readonly<Partial<Record<LabelObject, ReadonlySet<string>>>> = {
  site: new Set(['auth', 'allow', 'middlewares', 'tls.minversion', 'tls.ciphers', 'tls.clientca', 'tls.clientauth']),
  router: new Set(['middlewares', 'tls.options']),
};

function isLabel(prefix: LabelPrefix, path: string): boolean {
  return findLabel(prefix, path.split('.')).option !== undefined;
}
