/** What a label is about; a fault in it disables no more than this. */
export type LabelObject =
  | 'container'
  | 'site'
  | 'router'
  | 'service'
  | 'middleware'
  | 'transport'
  | 'tlsOptions'
  | 'tcpRouter'
  | 'tcpService'
  | 'tcpMiddleware'
  | 'udpRouter'
  | 'udpService'
  | 'other';

/**
 * `switch`: an object that its bare label (empty or `true`) switches on. `word`: one of `words`. `networks`: addresses and
 * networks. `statuses`: codes and ranges. `rate`: `10/s burst 20`. `cookie`: `true`, `false` or a name.
 */
export type LabelType =
  | 'text'
  | 'bool'
  | 'int'
  | 'list'
  | 'duration'
  | 'switch'
  | 'word'
  | 'networks'
  | 'statuses'
  | 'regexp'
  | 'url'
  | 'path'
  | 'rate'
  | 'cookie';

/** What a value may be within its type. A duration is not negative unless `min` is. */
export interface LabelLimits {
  readonly words?: readonly string[];
  readonly min?: number;
  readonly max?: number;
}

/**
 * One row of the option table, the only source of label names, types and defaults.
 * `acts`: `yes`; `no`, it is checked and accepted with a warning; `protects`, it asks for a protection that is not there, and
 * what it belongs to must not serve without it.
 */
export interface LabelOption extends LabelLimits {
  readonly object: LabelObject;
  /** Path below the object: `rule`, `tls.domains[n].main`. */
  readonly key: string;
  readonly type: LabelType;
  readonly acts: 'yes' | 'no' | 'protects';
  readonly fallback: string;
  readonly meaning: string;
}

/** An option as its table writes it. */
export type LabelRow = readonly [key: string, type: LabelType, fallback: string, meaning: string, limits?: LabelLimits];

/** Rows of one object as options. */
export function labelOptions(
  object: LabelObject,
  acts: LabelOption['acts'],
  rows: readonly LabelRow[],
): readonly LabelOption[] {
  return rows.map(([key, type, fallback, meaning, limits]) => {
    return { object, key, type, acts, fallback, meaning, ...limits };
  });
}

/** The same rows below a longer path. */
export function below(prefix: string, rows: readonly LabelRow[]): readonly LabelRow[] {
  return rows.map(([key, ...rest]) => [prefix + key, ...rest]);
}

const PREFIXES: Readonly<Record<LabelObject, string>> = {
  container: '',
  site: '',
  router: 'http.routers.<router>.',
  service: 'http.services.<service>.',
  middleware: 'http.middlewares.<middleware>.',
  transport: 'http.serverstransports.<transport>.',
  tlsOptions: 'tls.options.<options>.',
  tcpRouter: 'tcp.routers.<router>.',
  tcpService: 'tcp.services.<service>.',
  tcpMiddleware: 'tcp.middlewares.<middleware>.',
  udpRouter: 'udp.routers.<router>.',
  udpService: 'udp.services.<service>.',
  other: '',
};

/** What stands before the keys of an object, without the prefix `sluice.` or `traefik.`; empty for those directly behind it. */
export function objectPath(object: LabelObject): string {
  return PREFIXES[object];
}

/** The full path of an option, without the prefix `sluice.` or `traefik.`. */
export function optionPath(option: Pick<LabelOption, 'object' | 'key'>): string {
  return PREFIXES[option.object] + option.key;
}
