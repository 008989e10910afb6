import { nearest } from '../lib/suggest.ts';
import type { LabelObject } from './label-option.ts';
import { isSharedName, type LabelPrefix } from './label-table.ts';

/** What a label belongs to. */
export interface LabelOwner {
  readonly object: LabelObject;
  readonly name: string;
}

const HTTP: ReadonlyMap<string, LabelObject> = new Map([
  ['routers', 'router'],
  ['services', 'service'],
  ['middlewares', 'middleware'],
  ['serverstransports', 'transport'],
]);

/** Objects of the full form by protocol. */
const OBJECTS: ReadonlyMap<string, ReadonlyMap<string, LabelObject>> = new Map([
  ['http', HTTP],
  [
    'tcp',
    new Map<string, LabelObject>([
      ['routers', 'tcpRouter'],
      ['services', 'tcpService'],
      ['middlewares', 'tcpMiddleware'],
    ]),
  ],
  [
    'udp',
    new Map<string, LabelObject>([
      ['routers', 'udpRouter'],
      ['services', 'udpService'],
    ]),
  ],
]);

/**
 * What an unknown label belongs to, as far as its name tells; undefined: the container. `http.router.web.middlewares` was
 * meant for the router `web`, which must not serve without them. `sites` are those that have a host, in lower case.
 */
export function ownerOfUnknown(
  prefix: LabelPrefix,
  path: readonly string[],
  sites: ReadonlySet<string>,
): LabelOwner | undefined {
  const first = (path[0] ?? '').toLowerCase();
  if (first === 'docker' || first === 'swarm') return undefined;
  const owner = tlsOptionsOwner(path) ?? fullFormOwner(path);
  if (owner !== undefined || prefix === 'traefik' || OBJECTS.has(first)) return owner;
  const isOption = ['tls', 'health', 'headers', 'enable'].includes(first) || (isSharedName(first) && !sites.has(first));
  const isOfUnnamed = path.length === 1 || isOption;
  return { object: 'site', name: isOfUnnamed ? '' : (path[0] ?? '') };
}

/** TLS options ask something of clients: a wrong word in them must not leave it out. */
function tlsOptionsOwner([first = '', second = '', name, option]: readonly string[]): LabelOwner | undefined {
  const isOptions = first.toLowerCase() === 'tls' && nearest(second, ['options']) !== undefined;
  return isOptions && name !== undefined && option !== undefined ? { object: 'tlsOptions', name } : undefined;
}

function fullFormOwner(path: readonly string[]): LabelOwner | undefined {
  const protocol = nearest(path[0] ?? '', OBJECTS.keys());
  const [kind = '', name, option] = protocol === undefined ? path : path.slice(1);
  const objects = OBJECTS.get(protocol ?? 'http') ?? HTTP;
  const guess = nearest(kind, objects.keys());
  const object = guess === undefined ? undefined : objects.get(guess);
  return object === undefined || !name || option === undefined ? undefined : { object, name };
}
