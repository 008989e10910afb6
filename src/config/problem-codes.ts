/** What a kind of configuration fault is, for the reference. */
export interface ProblemCodeFacts {
  /** `either`: it depends on what is lost; the meaning says so. */
  readonly severity: 'error' | 'warning' | 'either';
  readonly meaning: string;
  /** A message as it is printed. */
  readonly example: string;
  readonly fix: string;
}

/** Every kind of configuration fault: the only source of the codes. A code never means two things. */
export const PROBLEM_CODES = {
  label_unknown: {
    severity: 'either',
    meaning:
      'There is no such label. What it was meant for does not serve; a name that only resembles one of ours, or one of Traefik v1, is a warning.',
    example: 'there is no such label',
    fix: 'Write the name that the hint proposes, or remove the label.',
  },
  label_value: {
    severity: 'either',
    meaning:
      'The value of a label is not of its type, is out of range, or is missing. It is a warning where a part of it has its effect all the same.',
    example: '"abc" is not a duration',
    fix: 'Write a value as the hint shows it.',
  },
  label_conflict: {
    severity: 'either',
    meaning:
      'Two labels contradict each other, or one name is defined in two ways; the older definition keeps it. It is a warning where it is plain which one counts.',
    example: 'the same label is given as traefik.http.routers.Web.rule, which counts',
    fix: 'Remove one of the two, or give one of them another name.',
  },
  rule_syntax: {
    severity: 'either',
    meaning: 'The rule of a router does not parse; or, as a warning, a part of it can never match.',
    example: 'there is no matcher Hots',
    fix: 'Mend the rule at the column that is named; the hint has the right form.',
  },
  rule_missing: {
    severity: 'either',
    meaning: 'A router has no rule; or, as a warning, a labelled container names no host. No request can reach it.',
    example: 'the router has no rule',
    fix: 'Add the rule or `sluice.host`, or hide the container with `sluice.enable=false`.',
  },
  service_missing: {
    severity: 'error',
    meaning: 'A router names a service that nobody defines.',
    example: 'there is no service shop@docker',
    fix: 'Define the service, or name another one.',
  },
  service_ambiguous: {
    severity: 'error',
    meaning: 'A router names no service, and its container defines several.',
    example: 'it names no service, and there are several: web, api',
    fix: 'Name one with the label `service` of the router.',
  },
  middleware_missing: {
    severity: 'error',
    meaning: 'A router names a middleware that nobody defines or that cannot work. It answers 503.',
    example: 'there is no middleware auth@docker',
    fix: 'Define the middleware, or mend it; remove its name only if the router may serve without it.',
  },
  middleware_unsupported: {
    severity: 'error',
    meaning: 'A router names a middleware of a type that is known and not built. It answers 503.',
    example: 'the middleware auth@docker cannot work: middlewares of type digestauth are not supported yet',
    fix: 'Use another type, or remove its name only if the router may serve without it.',
  },
  transport_missing: {
    severity: 'error',
    meaning: 'A service names a transport that nobody defines or that cannot work. Its routers answer 503.',
    example: 'there is no servers transport inner@file',
    fix: 'Define the transport, or mend it.',
  },
  tls_options_missing: {
    severity: 'error',
    meaning:
      'A router names TLS options that nobody defines or that cannot work. It answers 503, and TLS connections for its hosts are refused.',
    example: 'there are no TLS options modern@docker',
    fix: 'Define the options in a file, or mend them; remove their name only if the router may serve without them.',
  },
  tls_options_conflict: {
    severity: 'either',
    meaning:
      'The name of the server decides which TLS options a connection has, and that cannot come to this router: another router of the host has other options or, as a warning, its rule matches hosts that it does not name. Such requests get 421.',
    example: 'its rule matches hosts that it does not name; connections for those have other TLS options and get 421',
    fix: 'Give all routers of a host the same options, and name each host in the rule.',
  },
  ca_unusable: {
    severity: 'error',
    meaning:
      'A file with trusted roots for servers or clients cannot be read or has no certificate. Its routers answer 503; with roots of clients, TLS connections for their hosts are refused.',
    example: '/etc/inner-ca.pem cannot be read: ENOENT',
    fix: 'Mount the file where the router can read it; it is looked at again every few seconds.',
  },
  tls_unverified: {
    severity: 'warning',
    meaning: 'A label turns the check of certificates of servers off.',
    example: 'certificates of the servers are not checked: whoever stands between can read and change everything',
    fix: 'Name the root that signed them instead.',
  },
  entrypoint_unknown: {
    severity: 'error',
    meaning: 'A router names an entrypoint that does not exist or is off.',
    example: 'there is no entrypoint websecur',
    fix: 'Name one that exists, or configure it.',
  },
  on_demand_off: {
    severity: 'warning',
    meaning:
      'A router wants certificates on demand, and nobody can be asked which names are allowed, so none is obtained.',
    example: 'certificates on demand need somebody who is asked',
    fix: 'Set `--acme-ask` to a URL that answers 200 for names that may have one.',
  },
  resolver_unknown: {
    severity: 'error',
    meaning: 'A router names a certificate resolver that does not exist; the local authority signs instead.',
    example: 'there is no resolver lets; the local authority signs instead',
    fix: 'Name one that exists, or configure it.',
  },
  port_missing: {
    severity: 'either',
    meaning:
      'No label names the port of the app, and it cannot be told from what the container exposes. It is a warning where no label asks for the router.',
    example: 'the container exposes no port, and no label names one',
    fix: 'Add `sluice.port`.',
  },
  port_ambiguous: {
    severity: 'warning',
    meaning: 'The container exposes several ports that may be the right one; the first of the usual ones is taken.',
    example: 'the container exposes 80, 8080; 80 is taken',
    fix: 'Say which one with `sluice.port`.',
  },
  network_missing: {
    severity: 'either',
    meaning:
      'The network that a label or an option of the router names is none of the container. It is a warning where another one serves.',
    example: 'the container is not in the network edge, but in default',
    fix: 'Write its full name (of compose: `PROJECT_NETWORK`), or attach the container to it.',
  },
  network_unreachable: {
    severity: 'either',
    meaning:
      'The router is in none of the networks in which the container has an address. It is a warning where no label asks for the router.',
    example: "the router is in none of the container's networks (db)",
    fix: 'Put both into one network.',
  },
  address_missing: {
    severity: 'either',
    meaning:
      'The container, or the entry of a file, has no address at all. It is a warning where no label asks for the router.',
    example: 'the container has no network address',
    fix: 'Attach it to a network, or name its servers.',
  },
  host_conflict: {
    severity: 'either',
    meaning:
      'Two routers have the same rule; the one of the older container keeps it. It is a warning when the younger container is stopped.',
    example: 'Host(`example.com`) is already answered by web-1 (router web@docker)',
    fix: 'Use another host or path, or remove one of the two.',
  },
  router_conflict: {
    severity: 'either',
    meaning:
      'Two containers define one router in different ways; the older definition keeps the name. It is a warning when the younger container is stopped.',
    example: 'web@docker is defined otherwise by web-1, which keeps it',
    fix: 'Give one of the two another name, or make their labels equal.',
  },
  service_conflict: {
    severity: 'either',
    meaning:
      'Two containers (or files) define one service in different ways; the older definition keeps the name. It is a warning when the younger container is stopped.',
    example: 'web@docker is defined otherwise by web-1, which keeps it',
    fix: 'Give one of the two another name, or make their labels equal.',
  },
  not_acted_on: {
    severity: 'either',
    meaning:
      'A label is understood and has no effect yet, which is a warning; or it asks for what cannot be given, and what it belongs to does not serve.',
    example: 'this label is known but has no effect yet',
    fix: 'Remove the label, or do without what it asks for.',
  },
  server_foreign: {
    severity: 'error',
    meaning: 'A label names a server by a URL that is not an address of its own container.',
    example: '10.0.0.9 is not an address of this container',
    fix: 'Name a port, or start the router with `--allow-foreign-servers`.',
  },
  file_syntax: {
    severity: 'error',
    meaning: 'A file of the file provider is not YAML of the expected form.',
    example: 'services.yml:3:5: there is no key "server"',
    fix: 'Mend it at the line and column that are named.',
  },
  file_unreadable: {
    severity: 'error',
    meaning: 'A file of the file provider cannot be read; what it said last goes on.',
    example: '/etc/sluice/services.yml cannot be read: EACCES: permission denied',
    fix: 'Let the router read it.',
  },
} as const satisfies Readonly<Record<string, ProblemCodeFacts>>;

export type ProblemCode = keyof typeof PROBLEM_CODES;
