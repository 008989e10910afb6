import type { LabelOption, LabelType } from './label-option.ts';

type Row = readonly [key: string, type: LabelType, fallback: string, meaning: string];

const ACTED: readonly Row[] = [
  ['host', 'list', 'none', 'host names, comma separated; a path may follow: `example.com/api`'],
  ['port', 'int', 'found', 'port of the app in its container'],
  ['scheme', 'text', '`http`', 'toward the app: `http` or `https`'],
  ['strip', 'bool', '`false`', 'remove the path of `host` before sending'],
  ['tls', 'text', '`auto`', '`auto`, `off` or `internal` (local authority)'],
  ['redirect', 'list', 'none', 'extra hosts that redirect to the first host'],
  ['auth', 'list', 'none', 'users for basic auth: `NAME:HASH` (htpasswd)'],
  ['allow', 'list', 'all', 'client networks allowed'],
  ['headers.<header>', 'text', 'none', 'response header to set; empty: to remove'],
  ['middlewares', 'list', 'none', 'names of full-form middlewares, in order'],
  ['network', 'text', 'found', 'Docker network whose address is used'],
  ['timeout.connect', 'duration', '`5s`', 'time to connect to the app, TLS handshake included; `0`: a day'],
  ['timeout.response', 'duration', '`60s`', 'time until the app begins to answer; `0`: a day'],
  ['timeout.idle', 'duration', '`5m`', 'time without a byte inside an answer; `0`: a day'],
  ['backend.servername', 'text', 'its address', 'with `scheme=https`: name the certificate of the app must be for'],
  [
    'backend.ca',
    'text',
    'of the system',
    'PEM file that the router can read, or PEM text: the root that is trusted instead',
  ],
  ['backend.verify', 'bool', '`true`', '`false`: do not check the certificate of the app; a warning says so'],
];

const NOT_ACTED: readonly Row[] = [
  ['limit', 'text', 'none', '`10/s burst 20`, per client address'],
  ['health', 'text', 'none', 'path of an active check'],
  ['health.path', 'text', 'none', 'path of an active check'],
  ['health.interval', 'duration', '`30s`', 'time between two checks'],
  ['health.timeout', 'duration', '`5s`', 'time a check may take'],
  ['health.status', 'int', 'any 2xx or 3xx', 'status that means healthy'],
  ['sticky', 'text', '`false`', '`true` or a cookie name'],
  ['balance', 'text', '`roundrobin`', '`roundrobin`, `leastconn`, `p2c`, `hash`'],
  ['compress', 'bool', '`false`', 'compress responses'],
  ['hold', 'duration', '`15s`', 'how long requests wait for a server while the app is replaced'],
  ['maintenance', 'bool', '`false`', 'answer 503 with Retry-After and a page'],
];

/** The shorthand of design section 6: `sluice.<key>`, or `sluice.<site>.<key>` for one of several sites. */
export const SHORTHAND_OPTIONS: readonly LabelOption[] = [...rows(ACTED, 'yes'), ...rows(NOT_ACTED, 'no')];

function rows(list: readonly Row[], acts: LabelOption['acts']): readonly LabelOption[] {
  return list.map(([key, type, fallback, meaning]) => ({ object: 'site', key, type, acts, fallback, meaning }));
}
