import type { LabelRow } from './label-option.ts';
import { NOT_NEGATIVE, PERCENT } from './label-limits.ts';

const HEALTH = 'accepted: a member without a ready server is always passed over';

/** Services made of other services. Traefik has them in files only, in the same words. */
export const COMPOSED_OPTIONS: readonly LabelRow[] = [
  ['weighted.services[n].name', 'text', 'required', 'a service among which requests are shared'],
  ['weighted.services[n].weight', 'int', '`1`', 'its share; `0`: none', NOT_NEGATIVE],
  ['weighted.healthcheck', 'switch', 'none', HEALTH],
  ['failover.service', 'text', 'required', 'service that gets the requests while it has a ready server'],
  ['failover.fallback', 'text', 'required', 'service that gets them meanwhile'],
  ['failover.healthcheck', 'switch', 'none', HEALTH],
  ['mirroring.service', 'text', 'required', 'service that answers'],
  ['mirroring.mirrorbody', 'bool', '`true`', 'copies have the payload of the request'],
  [
    'mirroring.maxbodysize',
    'int',
    '`1048576`',
    'bytes; a request with a longer payload is not copied; `-1`: 16777216, which is the most',
    { min: -1 },
  ],
  ['mirroring.mirrors[n].name', 'text', 'required', 'service that gets copies, and whose answers nobody sees'],
  ['mirroring.mirrors[n].percent', 'int', '`0`', 'of how many requests in a hundred', PERCENT],
  ['mirroring.mirrors[n].credentials', 'bool', '`false`', 'copies have `Authorization` and `Cookie`'],
  ['mirroring.healthcheck', 'switch', 'none', HEALTH],
];
