import { below, type LabelRow } from './label-option.ts';
import { IPV6_BITS } from './label-limits.ts';

/** Which address of a visitor is compared (traefik-labels.md section 10). */
export const IP_STRATEGY: readonly LabelRow[] = [
  ['ipstrategy', 'switch', 'address of the peer', 'which address is compared'],
  [
    'ipstrategy.depth',
    'int',
    '`0`',
    'the n-th from the right of `X-Forwarded-For` of a trusted proxy',
    { min: 0, max: 100 },
  ],
  ['ipstrategy.excludedips', 'networks', 'none', 'the first from the right of it that is not among these'],
  ['ipstrategy.ipv6subnet', 'int', '`128`', 'leading bits of an IPv6 address that count', IPV6_BITS],
];

/** By what requests are told apart. */
export const SOURCE_CRITERION: readonly LabelRow[] = [
  ...below('sourcecriterion.', IP_STRATEGY),
  ['sourcecriterion.requestheadername', 'text', 'none', 'by the value of this header'],
  ['sourcecriterion.requesthost', 'bool', '`false`', 'by the host'],
];
