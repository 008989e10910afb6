import { parseIpNetwork } from '../lib/ip-address.ts';
import type { LabelGroup } from './label-group.ts';
import { parseBoolean } from './label-value.ts';
import type { AddressSource, IpAllowListOptions } from './middleware-options.ts';

/** A middleware of type `ipallowlist`, or `ipwhitelist` as it was called (traefik-labels.md sections 9.4 and 10). */
export function decodeIpAllowList(group: LabelGroup, type: 'ipallowlist' | 'ipwhitelist'): IpAllowListOptions {
  const networks = decodeNetworks(group, `${type}.sourcerange`);
  if (networks.length === 0 && group.fault === undefined) {
    group.fail({
      code: 'label_value',
      message: `${type}.sourcerange is missing or empty`,
      hint: `add ….http.middlewares.${group.name}.${type}.sourcerange=192.0.2.0/24`,
    });
  }
  const strategy = `${type}.ipstrategy`;
  const bare = group.find(strategy);
  // As in Traefik, `false` removes the object together with everything below it.
  const isOff = bare !== undefined && bare.value.trim() !== '' && parseBoolean(bare.value) !== true;
  if (isOff && parseBoolean(bare.value) === undefined) group.bool(strategy);
  return {
    type: 'ipAllowList',
    networks,
    source: isOff ? { kind: 'peer' } : decodeSource(group, strategy),
    ipv6Bits: isOff ? undefined : group.int(`${strategy}.ipv6subnet`, 1, 128),
    status: group.int(`${type}.rejectstatuscode`, 400, 599),
  };
}

function decodeSource(group: LabelGroup, strategy: string): AddressSource {
  const depth = group.int(`${strategy}.depth`, 0, 100) ?? 0;
  const networks = decodeNetworks(group, `${strategy}.excludedips`);
  if (depth > 0) return { kind: 'depth', depth };
  return networks.length > 0 ? { kind: 'excluding', networks } : { kind: 'peer' };
}

/** The networks of the shorthand, `sluice.allow`: of the visitor, also behind a trusted proxy. */
export function decodeSiteAllow(group: LabelGroup): IpAllowListOptions | undefined {
  const setting = group.find('allow');
  if (setting === undefined) return undefined;
  const networks = decodeNetworks(group, 'allow');
  if (networks.length === 0) {
    if (group.fault === undefined) group.failValue(setting, 'names no network', 'write a network such as 192.0.2.0/24');
    return undefined;
  }
  return { type: 'ipAllowList', networks, source: { kind: 'visitor' }, ipv6Bits: undefined, status: undefined };
}

function decodeNetworks(group: LabelGroup, key: string): readonly string[] {
  const setting = group.find(key);
  if (setting === undefined) return [];
  let column = 1;
  for (const item of setting.value.split(',')) {
    const text = item.trim();
    if (text !== '' && parseIpNetwork(text) === undefined) {
      group.fail({
        code: 'label_value',
        label: setting.label,
        column: column + item.length - item.trimStart().length,
        message: `"${text.slice(0, 80)}" is neither an IP address nor a network`,
        hint: 'write an address (192.0.2.1, 2001:db8::1) or a network (192.0.2.0/24), without port and brackets',
      });
      return [];
    }
    column += item.length + 1;
  }
  return group.list(key) ?? [];
}
