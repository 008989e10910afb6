import { parseDuration } from '../lib/duration.ts';
import type { BalanceConfig, BalanceStrategy, HashKey } from './dynamic.ts';
import type { LabelGroup } from './label-group.ts';
import { parseInteger } from './label-value.ts';
import { rightValue } from './right-value.ts';

/** What Traefik calls them. */
const TRAEFIK: Readonly<Record<string, BalanceStrategy>> = { wrr: 'roundrobin', p2c: 'p2c', hrw: 'hash' };

/** How the servers of a full-form service are chosen; undefined: in turn. A fault costs nobody the service. */
export function decodeBalance(group: LabelGroup): BalanceConfig | undefined {
  const word = rightValue(group, group.find('loadbalancer.strategy'))?.toLowerCase();
  const strategy = word === undefined ? 'roundrobin' : (TRAEFIK[word] ?? (word as BalanceStrategy));
  return strategy === 'roundrobin' ? undefined : { strategy, slowStartMs: 0 };
}

/** The same of the shorthand's service. */
export function decodeSiteBalance(group: LabelGroup): BalanceConfig | undefined {
  const said = rightValue(group, group.find('balance'))?.toLowerCase() as BalanceStrategy | undefined;
  const strategy = said ?? 'roundrobin';
  const slowStartMs = parseDuration(rightValue(group, group.find('balance.slowstart')) ?? '0') ?? 0;
  const key = decodeKey(group, strategy);
  if (strategy === 'roundrobin' && slowStartMs === 0) return undefined;
  return { strategy, ...(key === undefined ? {} : { key }), slowStartMs };
}

/** The weight that a label gives to the servers of its workload. */
export function decodeWeight(group: LabelGroup, key: string): number {
  return parseInteger(rightValue(group, group.find(key)) ?? '1') ?? 1;
}

function decodeKey(group: LabelGroup, strategy: BalanceStrategy): HashKey | undefined {
  const setting = group.find('balance.key');
  if (setting === undefined) return undefined;
  const value = setting.value.trim();
  const [, from = '', name = ''] = /^(header|cookie)\s*:\s*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)$/i.exec(value) ?? [];
  const { label } = setting;
  if (name === '') {
    const message = `"${value.slice(0, 80)}" is not what a hash can be made of`;
    group.error({ code: 'label_value', label, message, hint: 'write header:X-User or cookie:session' });
    return undefined;
  }
  if (strategy !== 'hash') {
    const balance = group.find('balance')?.label ?? label.replace(/\.key$/i, '');
    const message = `it needs ${balance}=hash`;
    group.error({ code: 'label_conflict', label, message, hint: `write ${balance}=hash, or remove this label` });
    return undefined;
  }
  return from.toLowerCase() === 'header' ? { from: 'header', name: name.toLowerCase() } : { from: 'cookie', name };
}
