import { labelOptions, type LabelOption, type LabelRow } from './label-option.ts';

const ACTED: readonly LabelRow[] = [
  ['rule', 'text', 'none', 'which requests it answers'],
  ['rulesyntax', 'word', '`v3`', 'syntax of the rule: that of Traefik v3 or v2', { words: ['v3', 'v2'] }],
  ['priority', 'int', 'byte length of the rule', 'the highest matching router answers; 0 is the default'],
  ['entrypoints', 'list', 'of the mode', 'entrypoints it listens on'],
  ['middlewares', 'list', 'none', 'names of middlewares, in order'],
  ['service', 'text', 'the only one', 'name of the service it sends to'],
  ['tls', 'switch', 'of the mode', '`true`: it answers HTTPS; `false`: plain HTTP'],
  ['tls.certresolver', 'text', 'none', 'name of a resolver'],
  ['tls.domains[n].main', 'text', 'hosts of the rule', 'first name of a certificate'],
  ['tls.domains[n].sans', 'list', 'none', 'further names of the same certificate'],
  [
    'tls.ondemand',
    'bool',
    '`false`',
    'hosts that the rule leaves open (`HostRegexp`, wildcards) get a certificate when it is first asked for, if `--acme-ask` allows it',
  ],
  ['tls.options', 'text', '`default`', 'name of TLS options: versions, ciphers, certificates of clients'],
];

const NOT_ACTED: readonly LabelRow[] = [
  ['observability.accesslogs', 'bool', '`true`', 'its requests are in the access log'],
  ['observability.metrics', 'bool', '`true`', 'its requests are counted'],
  ['observability.tracing', 'bool', '`true`', 'its requests are traced'],
  ['observability.traceverbosity', 'word', '`minimal`', 'how much a trace tells', { words: ['minimal', 'detailed'] }],
];

/** Labels of HTTP routers (traefik-labels.md section 9.2). */
export const ROUTER_OPTIONS: readonly LabelOption[] = [
  ...labelOptions('router', 'yes', ACTED),
  ...labelOptions('router', 'no', NOT_ACTED),
];
