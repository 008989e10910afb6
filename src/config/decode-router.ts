import type { RuleSyntax } from '../rule/ast.ts';
import { decodeDomains } from './decode-domains.ts';
import type { RouterDraft } from './draft.ts';
import type { RouterLabelNames, RouterTls } from './dynamic.ts';
import type { LabelGroup } from './label-group.ts';
import { parseBoolean } from './label-value.ts';
import { decodeRuleSyntax } from './rule-syntax.ts';
import { booleanFault } from './value-hints.ts';

// Above these no router of a person may stand: redirects of whole entrypoints are there.
const MAX_PRIORITY = Number.MAX_SAFE_INTEGER - 1000;

/** A full-form router. `defaultSyntax` is that of its rule when no label says it. */
export function decodeRouter(group: LabelGroup, defaultSyntax: RuleSyntax): RouterDraft {
  const priority = group.int('priority', -MAX_PRIORITY, MAX_PRIORITY);
  const draft = {
    name: group.name,
    rule: group.text('rule'),
    ruleSyntax: decodeRuleSyntax(group) ?? defaultSyntax,
    priority: priority === 0 ? undefined : priority,
    entryPoints: group.list('entrypoints'),
    middlewares: group.list('middlewares') ?? [],
    service: decodeServiceName(group),
    tls: decodeTls(group),
    ...decodeOptionsName(group),
    labels: labelNames(group),
    isImplicit: false,
  };
  // Last: everything above may have found a fault.
  return {
    ...draft,
    rule: draft.rule === '' ? undefined : draft.rule,
    fault: group.fault,
    mayKeepLast: group.isHarmless,
  };
}

function decodeServiceName(group: LabelGroup): string | undefined {
  const name = group.text('service');
  return name === '' ? undefined : name;
}

function decodeOptionsName(group: LabelGroup): { readonly tlsOptions?: string } {
  const name = group.text('tls.options');
  return name === undefined || name === '' ? {} : { tlsOptions: name };
}

function decodeTls(group: LabelGroup): RouterTls {
  const bare = group.find('tls');
  const isSaid = group.settings.some(({ option }) => option.key === 'tls' || option.key.startsWith('tls.'));
  if (!isSaid) return { mode: 'unsaid' };
  if (bare !== undefined && bare.value.trim() !== '') {
    const value = parseBoolean(bare.value);
    if (value === undefined) group.failText(bare, booleanFault(bare.value));
    // As in Traefik, `false` removes the object together with everything below it.
    else if (!value) return { mode: 'off' };
  }
  const domains = decodeDomains(group);
  return { mode: 'auto', resolver: group.text('tls.certresolver'), domains, ...decodeOnDemand(group) };
}

/** `tls.ondemand`; nothing when it is not said. */
export function decodeOnDemand(group: LabelGroup): { readonly onDemand?: true } {
  return group.bool('tls.ondemand') === true ? { onDemand: true } : {};
}

function labelNames(group: LabelGroup): RouterLabelNames {
  const names: Record<string, string> = {};
  const keys = { rule: 'rule', entryPoints: 'entrypoints', middlewares: 'middlewares', service: 'service' };
  for (const [name, key] of Object.entries({
    ...keys,
    tls: 'tls',
    resolver: 'tls.certresolver',
    tlsOptions: 'tls.options',
  })) {
    const label = group.find(key)?.label;
    if (label !== undefined) names[name] = label;
  }
  const tls = names['tls'] ?? group.settings.find(({ option }) => option.key.startsWith('tls.'))?.label;
  return tls === undefined ? names : { ...names, tls };
}
