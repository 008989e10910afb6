import { below, labelOptions, type LabelOption, type LabelRow } from './label-option.ts';
import { PORT } from './label-limits.ts';

const ROUTER: readonly LabelRow[] = [
  ['rule', 'text', 'required', 'which connections it takes: `HostSNI`, `HostSNIRegexp`, `ClientIP`, `ALPN`'],
  ['rulesyntax', 'word', '`v3`', 'syntax of the rule: that of Traefik v3 or v2', { words: ['v3', 'v2'] }],
  ['priority', 'int', 'byte length of the rule', 'the highest matching router takes the connection'],
  ['entrypoints', 'list', 'of the mode', 'entrypoints it listens on'],
  ['middlewares', 'list', 'none', 'names of TCP middlewares, in order'],
  ['service', 'text', 'the only one', 'name of the TCP service it sends to'],
  ['tls', 'switch', 'none', 'the router ends TLS'],
  ['tls.passthrough', 'bool', '`false`', 'TLS goes to the server as it is'],
  ['tls.certresolver', 'text', 'none', 'name of a resolver'],
  ['tls.domains[n].main', 'text', 'hosts of the rule', 'first name of a certificate'],
  ['tls.domains[n].sans', 'list', 'none', 'further names of the same certificate'],
  ['tls.options', 'text', '`default`', 'name of TLS options'],
];

const SERVICE: readonly LabelRow[] = [
  ['server.port', 'int', 'found', 'port of the app in its container', PORT],
  ['server.tls', 'bool', '`false`', 'TLS toward the app'],
  ['serverstransport', 'text', 'the default one', 'name of a transport'],
  ['proxyprotocol', 'switch', 'none', 'send a PROXY header'],
  ['proxyprotocol.version', 'int', '`2`', 'its version', { min: 1, max: 2 }],
  ['terminationdelay', 'int', '`100`', 'milliseconds for the other direction once one has ended'],
  ['healthcheck', 'switch', 'none', 'check servers by connecting'],
  ['healthcheck.port', 'int', 'of the server', 'port of the check', PORT],
  ['healthcheck.send', 'text', 'none', 'what is sent'],
  ['healthcheck.expect', 'text', 'none', 'what must come back'],
  ['healthcheck.interval', 'duration', '`30s`', 'time between two checks'],
  ['healthcheck.unhealthyinterval', 'duration', 'as `interval`', 'the same while the server is down'],
  ['healthcheck.timeout', 'duration', '`5s`', 'time a check may take'],
];

const MIDDLEWARE: readonly LabelRow[] = [
  ['inflightconn.amount', 'int', '`0`: no limit', 'open connections per client', { min: 0 }],
  ['ipallowlist.sourcerange', 'networks', 'required', 'addresses and networks that may connect'],
  ['ipwhitelist.sourcerange', 'networks', 'required', 'the same by its older name'],
];

const UDP_ROUTER: readonly LabelRow[] = [
  ['entrypoints', 'list', 'of the mode', 'entrypoints it listens on'],
  ['service', 'text', 'the only one', 'name of the UDP service it sends to'],
];

const UDP_SERVICE: readonly LabelRow[] = [['server.port', 'int', 'found', 'port of the app in its container', PORT]];

/** Labels of TCP and UDP (traefik-labels.md sections 9.5 and 9.6). Each object is told of once, by name. */
export const TCP_OPTIONS: readonly LabelOption[] = [
  ...labelOptions('tcpRouter', 'no', ROUTER),
  ...labelOptions('tcpService', 'no', below('loadbalancer.', SERVICE)),
  ...labelOptions('tcpMiddleware', 'no', MIDDLEWARE),
  ...labelOptions('udpRouter', 'no', UDP_ROUTER),
  ...labelOptions('udpService', 'no', below('loadbalancer.', UDP_SERVICE)),
];
