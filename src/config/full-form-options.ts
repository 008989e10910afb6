import { MIDDLEWARE_OPTIONS } from './middleware-table.ts';
import type { LabelObject, LabelOption, LabelType } from './label-option.ts';

type Row = readonly [key: string, type: LabelType, fallback: string, meaning: string];

const CONTAINER: readonly Row[] = [
  ['enable', 'bool', '`true`', '`false` hides the container'],
  ['docker.network', 'text', 'found', 'Docker network whose address is used'],
  ['docker.allownonrunning', 'bool', '`true`', 'accepted; a stopped container always keeps its routers'],
];

const ROUTER: readonly Row[] = [
  ['rule', 'text', 'none', 'which requests it answers'],
  ['rulesyntax', 'text', '`v3`', 'only `v3`'],
  ['priority', 'int', 'byte length of the rule', 'the highest matching router answers; 0 is the default'],
  ['entrypoints', 'list', 'of the mode', 'entrypoints it listens on'],
  ['middlewares', 'list', 'none', 'names of middlewares, in order'],
  ['service', 'text', 'the only one', 'name of the service it sends to'],
  ['tls', 'switch', 'of the mode', '`true`: it answers HTTPS; `false`: plain HTTP'],
  ['tls.certresolver', 'text', 'none', 'name of a resolver'],
  ['tls.domains[n].main', 'text', 'hosts of the rule', 'first name of a certificate'],
  ['tls.domains[n].sans', 'list', 'none', 'further names of the same certificate'],
];

const SERVICE: readonly Row[] = [
  ['loadbalancer.server.port', 'int', 'found', 'port of the app in its container'],
  ['loadbalancer.server.scheme', 'text', '`http`', '`http` or `https`'],
  ['loadbalancer.server.url', 'text', 'none', 'full URL instead of port and scheme'],
  ['loadbalancer.passhostheader', 'bool', '`true`', 'send the Host of the client'],
  ['loadbalancer.serverstransport', 'text', 'the default one', 'name of a transport: how its servers are reached'],
];

const TRANSPORT: readonly Row[] = [
  ['servername', 'text', 'host of the server', 'name the certificate must be for; sent as SNI'],
  ['insecureskipverify', 'bool', '`false`', 'do not check certificates; a warning says so'],
  ['rootcas', 'list', 'of the system', 'paths of PEM files, or PEM text: the roots that are trusted instead'],
  ['forwardingtimeouts.dialtimeout', 'duration', '`5s`', 'time to connect, TLS handshake included; `0`: a day'],
  ['forwardingtimeouts.responseheadertimeout', 'duration', '`60s`', 'time until a response begins; `0`: a day'],
  ['forwardingtimeouts.idleconntimeout', 'duration', '`60s`', 'how long an idle connection is kept; `0`: a day'],
  ['maxidleconnsperhost', 'int', '`64`', 'idle connections kept per server and worker; `-1`: none'],
];

/** Full-form labels that act, with either prefix (traefik-labels.md section 9). */
export const FULL_FORM_OPTIONS: readonly LabelOption[] = [
  ...rows('container', CONTAINER),
  ...rows('router', ROUTER),
  ...rows('service', SERVICE),
  ...MIDDLEWARE_OPTIONS,
  ...rows('transport', TRANSPORT),
];

function rows(object: LabelObject, list: readonly Row[]): readonly LabelOption[] {
  return list.map(([key, type, fallback, meaning]) => ({ object, key, type, acts: 'yes', fallback, meaning }));
}
