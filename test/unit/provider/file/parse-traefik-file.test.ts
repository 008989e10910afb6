import { describe, expect, test } from 'vitest';
import { parseTraefikFile } from '../../../../src/provider/file/parse-traefik-file.ts';
import { printProblems, printSnapshot } from '../../../../src/routing/print.ts';
import { compile, traefikConfig, workload } from '../../../support/workloads.ts';

const ENV = { DOMAIN: 'example.com' };
const parse = (content: string, path = '/d/a.yml') => parseTraefikFile(content, path, ENV);

/** The snapshot and the problems of both steps, as text. */
function render(content: string, containers: Parameters<typeof compile>[0] = []): string {
  const { workloads = [], problems } = parse(content);
  const compiled = compile([...workloads, ...containers], traefikConfig());
  return printSnapshot(compiled.snapshot) + printProblems([...problems, ...compiled.problems]);
}

test('what people have in such a file, with a container that refers to it', () => {
  const content = `
http:
  routers:
    nas.home:
      rule: Host(\`nas.{{ env "DOMAIN" }}\`)
      entryPoints: [websecure]
      middlewares:
        - lan
        - headers
      service: nas
      tls:
        certResolver: le
        domains:
          - main: example.com
            sans: ["*.example.com", a.example.com]
  middlewares:
    lan: {ipAllowList: {sourceRange: [10.0.0.0/8, 192.168.1.7]}}
    headers:
      headers:
        customRequestHeaders: {X-Script.Name: nas, X-Empty: ""}
        stsSeconds: 31536000
    strip: {stripPrefixRegex: {regex: ["/a{1,2}", "/b"]}}
  services:
    nas:
      loadBalancer:
        passHostHeader: false
        serversTransport: insecure
        servers:
          - url: https://10.0.0.7:5001
          - {url: "https://10.0.0.8:5001/ignored/", weight: 1}
          - {url: "https://10.0.0.9:5001", weight: 0}
          - {url: "https://10.0.0.10:5001", weight: 3}
  serversTransports:
    insecure:
      insecureSkipVerify: true
      forwardingTimeouts: {dialTimeout: 30s}
`;
  const container = workload({
    labels: {
      'traefik.http.routers.web.rule': 'Host(`web.example.com`)',
      'traefik.http.routers.web.middlewares': 'lan@file, strip@file',
      'traefik.http.routers.web.service': 'nas@file',
    },
  });
  expect(render(content, [container])).toBe(`routers:
  nas.home@file  websecure  tls  priority 23
    Host(\`nas.example.com\`)
    via lan@file  allow 10.0.0.0/8 192.168.1.7
    via headers@file  request X-Script.Name, -X-Empty  over TLS Strict-Transport-Security=max-age=31536000
    to nas@file
  web@docker  web,websecure  plain  priority 23
    Host(\`web.example.com\`)
    via lan@file  allow 10.0.0.0/8 192.168.1.7
    via strip@file  strip what matches /a{1,2} /b
    to nas@file
services:
  nas@file  host of the server
    over insecure@file
    https://10.0.0.7:5001  /d/a.yml
    https://10.0.0.8:5001  /d/a.yml
    https://10.0.0.10:5001  /d/a.yml  weight 3
transports:
  insecure@file
    connect 30s  head 1m  body 5m  idle 1m  keeps 200
    certificates not checked
problems:
  warning tls_unverified  /d/a.yml · insecure@file · http.serversTransports.insecure.insecureSkipVerify
    line 35: certificates of the servers are not checked: whoever stands between can read and change everything
    → name the root that signed them with ….rootcas
`);
});

describe('one fault costs the smallest thing and names its line', () => {
  const SERVICE = 'http:\n  services: {app: {loadBalancer: {servers: [{url: http://10.0.0.7}]}}}\n';
  const ROUTER =
    '  routers:\n    a: {rule: Host(`a.test`), service: app}\n    b:\n      rule: Host(`b.test`)\n      service: app\n';

  test.for([
    {
      more: '      middleware: [x]\n',
      label: 'http.routers.b.middleware',
      message: 'line 8: there is no such label',
      hint: 'did you mean http.routers.b.middlewares?',
    },
    {
      more: '      priority: high\n',
      label: 'http.routers.b.priority',
      message: 'line 8: "high" is not',
      hint: 'number',
    },
    {
      more: '      tls: {options: modern@file}\n',
      label: 'http.routers.b.tls.options',
      message: 'there are no TLS options modern@file',
      hint: 'define them',
    },
  ])('$label', ({ more, label, message, hint }) => {
    const { workloads = [] } = parse(SERVICE + ROUTER + more);
    const { snapshot, problems } = compile(workloads, traefikConfig());
    const disabled = snapshot.routers.filter((router) => router.disabled !== undefined).map(({ name }) => name);
    expect(disabled).toEqual(['b@file']);
    expect(snapshot.routers).toHaveLength(2);
    expect(problems).toMatchObject([
      { container: '/d/a.yml', label, message: expect.stringContaining(message), hint: expect.stringContaining(hint) },
    ]);
  });

  test.for([
    { content: 'http: {routes: {}}', label: 'http.routes', hint: 'did you mean routers?' },
    { content: 'htp: {}', label: 'htp', hint: 'did you mean http?' },
    { content: 'entryPoints: {web: {address: ":80"}}', label: 'entryPoints', hint: 'move it to traefik.yml' },
    { content: 'http: {routers: [a]}', label: 'http.routers', hint: 'names below it' },
    { content: 'http: {routers: {a: x}}', label: 'http.routers.a', hint: 'below its name' },
    { content: 'http: {routers: {a@file: {rule: x}}}', label: 'http.routers.a@file', hint: 'without @' },
    {
      content: 'http: {services: {a: {loadBalancer: {servers: x}}}}',
      label: 'http.services.a.loadBalancer.servers',
      hint: '[{url',
    },
    {
      content: 'http: {services: {a: {loadBalancer: {servers: [x]}}}}',
      label: 'http.services.a.loadBalancer.servers[0]',
      hint: '{url',
    },
    {
      content: 'http: {services: {a: {loadBalancer: {servers: [{weight: 1}]}}}}',
      label: 'http.services.a.loadBalancer.servers[0]',
      hint: 'write url',
    },
    {
      content: 'http: {services: {a: {loadBalancer: {servers: [{ulr: http://x}]}}}}',
      label: 'http.services.a.loadBalancer.servers[0].ulr',
      hint: 'did you mean url?',
    },
    {
      content: 'http: {services: {a: {loadBalancer: {servers: [{url: http://x, weight: heavy}]}}}}',
      label: 'http.services.a.loadBalancer.servers[0].weight',
      hint: 'write weight: 2',
    },
    {
      content: 'http: {services: {a: {loadBalancer: {servers: [{url: http://x/y, preservePath: true}]}}}}',
      label: 'http.services.a.loadBalancer.servers[0].url',
      hint: 'addPrefix',
    },
  ])('$content', ({ content, label, hint }) => {
    const { workloads, problems } = parse(content);
    expect(workloads).toHaveLength(1);
    expect(problems[0]).toMatchObject({
      severity: 'error',
      code: 'file_syntax',
      container: '/d/a.yml',
      label,
      message: expect.stringContaining('line 1: '),
      hint: expect.stringContaining(hint),
    });
  });
});

describe('what is known and not acted on yet', () => {
  test('a service of a kind that is not built disables the routers that name it, with that reason', () => {
    const text = render(`http:
  routers: {a: {rule: Host(\`a.test\`), service: pool}}
  services:
    pool:
      highestRandomWeight: {services: [{name: app}]}
    app: {loadBalancer: {servers: [{url: http://10.0.0.7}]}}
`);
    expect(text).toContain(`disabled: line 5: highestRandomWeight services are known and not acted on yet`);
    expect(text).toContain(`warning not_acted_on  /d/a.yml · pool@file\n    line 5: highestRandomWeight services`);
  });

  test('stores, tcp and udp are named', () => {
    const { problems } = parse(`
tls:
  stores: {default: {defaultGeneratedCert: {resolver: le}}}
tcp:
  routers: {db: {rule: HostSNI(\`*\`), service: db}}
udp: {services: {dns: {}}}
`);
    expect(problems.map(({ severity, label }) => `${severity} ${label}`)).toEqual([
      'warning tls.stores.default.defaultGeneratedCert',
      'warning tcp.routers.db',
      'warning udp.services.dns',
    ]);
  });
});

describe('what cannot be read keeps what it said before', () => {
  test.for([
    { content: 'http: {', message: '/d/a.yml:1:8: ' },
    { content: '- a', message: '/d/a.yml: the file is not a map' },
    { content: 'http:\n  # {{ env }}\n', message: '/d/a.yml:2:8: env: it takes 1 values' },
    { content: 'a: "{{ .Name }}"\nb: {{ nope }}', message: '/d/a.yml:2:7: there is no function nope' },
    { content: 'a = 1', message: '/d/a.toml: TOML is not read', path: '/d/a.toml' },
  ])('$content', ({ content, message, path = '/d/a.yml' }) => {
    const { workloads, problems } = parse(content, path);
    expect(workloads).toBeUndefined();
    expect(problems[0]).toMatchObject({
      code: 'file_syntax',
      container: path,
      message: expect.stringContaining(message),
    });
  });

  test.for(['', '# nothing\n', '~'])('an empty file says nothing: %j', (content) => {
    expect(parse(content)).toEqual({ workloads: [], problems: [] });
  });

  test.for(['http: {}', 'http:\n', 'http:\n  routers:\n'])('nor does one with empty sections: %j', (content) => {
    expect(render(content)).toBe('routers: none\nservices: none\nproblems: none\n');
  });
});

test('anchors, aliases and merges', () => {
  const { workloads, problems } = parse(`
x: &common {service: app, entryPoints: &eps [web]}
http:
  routers:
    a: {<<: *common, rule: Host(\`a.test\`)}
    b: {rule: Host(\`b.test\`), service: own, <<: [*common]}
    c: {rule: Host(\`c.test\`), entryPoints: *eps, service: app}
`);
  expect(problems.map(({ label }) => label)).toEqual(['x']);
  const settings = workloads?.[0]?.settings?.map(({ path, value }) => `${path.slice(2).join('.')}=${value}`);
  expect(settings?.filter((one) => /^[abc]\./.test(one)).toSorted()).toEqual([
    'a.entryPoints=web',
    'a.rule=Host(`a.test`)',
    'a.service=app',
    'b.entryPoints=web',
    'b.rule=Host(`b.test`)',
    'b.service=own',
    'c.entryPoints=web',
    'c.rule=Host(`c.test`)',
    'c.service=app',
  ]);
});

describe('aliases without end are cut, and nothing of the file counts', () => {
  const wide = Array.from({ length: 8 }, (_, index) => `k${index}: *a`).join(', ');
  const levels = Array.from({ length: 8 }, (_, level) => {
    return `l${level}: &l${level} [${`${level === 0 ? 'x' : `*l${level - 1}`}, `.repeat(8)}]`;
  });
  test.for([
    ['a map in itself', 'headers: &a {x: *a}'],
    ['a list in itself', 'headers: &a [*a]'],
    ['a list of maps', 'headers: &a [{x: *a}]'],
    ['many of itself in each', `headers: &a {${wide}}`],
    ['a tree of aliases', `${levels.join('\n      ')}\n      headers: {x: *l7, y: *l7}`],
    ['nesting without an alias', `headers: ${'['.repeat(100)}{}${']'.repeat(100)}`],
  ] as const)('%s', ([, text]) => {
    const { workloads, problems } = parse(`http:\n  middlewares:\n    m:\n      ${text}\n`);
    expect(workloads).toBeUndefined();
    expect(problems).toMatchObject([
      {
        code: 'file_syntax',
        message: '/d/a.yml: it is nested too deeply or too long',
        hint: expect.stringContaining('alias'),
      },
    ]);
  });
});

test('templates make objects', () => {
  const text = render(`http:
  routers:
{{- range $i, $name := list "a" "b" }}
    {{ $name }}:
      rule: Host(\`{{ $name }}.{{ env "DOMAIN" }}\`)
      service: app
{{- end }}
  services: {app: {loadBalancer: {servers: [{url: http://10.0.0.7}]}}}
`);
  expect(text).toContain('Host(`a.example.com`)');
  expect(text).toContain('Host(`b.example.com`)');
  expect(text).toContain('problems: none');
});

describe('services made of services', () => {
  const rules = ['a', 'b', 'c'].map((name) => `${name}: {rule: Host(\`${name}.test\`), service: ${name}}`);
  const apps = ['one', 'two'].map((name) => `${name}: {loadBalancer: {servers: [{url: http://${name}.test}]}}`);

  test('are what labels make, in the same words', () => {
    const text = render(`http:
  routers: {${rules.join(', ')}}
  services:
    a:
      weighted:
        healthCheck: {}
        services: [{name: one, weight: 3}, {name: two}]
        sticky: {cookie: {name: side, secure: true}}
    b: {failover: {service: a, fallback: two, healthCheck: {}}}
    c:
      mirroring:
        service: b
        mirrorBody: false
        maxBodySize: 1024
        healthCheck: {}
        mirrors: [{name: two, percent: 5}, {name: web@docker, percent: 100, credentials: true}]
    ${apps.join('\n    ')}
`);
    expect(text).toContain('a@file\n    weighted: one@file 3, two@file 1\n    sticky by the cookie side  secure\n');
    expect(text).toContain('b@file\n    failover: a@file, else two@file\n');
    // No container is there.
    expect(text).toContain('there is no service web@docker');
  });

  test('reach services of containers', () => {
    const labels = { 'traefik.http.services.web.loadbalancer.server.port': '80' };
    const text = render(
      `http:
  routers: {a: {rule: Host(\`a.test\`), service: a}}
  services:
    a: {mirroring: {service: one, mirrorBody: false, mirrors: [{name: web@docker, percent: 5}]}}
    ${apps[0]}
`,
      [workload({ labels })],
    );
    expect(text).toContain('mirroring: one@file, copies 5 % to web@docker, no payloads\n');
    expect(text).toContain('  web@docker\n    http://172.18.0.2:80');
  });

  test.for([
    [
      'two kinds',
      'a: {weighted: {services: [{name: one}]}, failover: {service: one, fallback: one}}',
      'weighted and by failover',
    ],
    [
      'its own servers',
      'a: {loadBalancer: {servers: [{url: http://x}]}, failover: {service: one}}',
      'loadBalancer and by failover',
    ],
  ] as const)('one that is made of %s disables the routers that name it', ([, service, words]) => {
    const text = render(`http:
  routers: {a: {rule: Host(\`a.test\`), service: a}}
  services:
    ${service}
    ${apps[0]}
`);
    expect(text).toContain(`disabled: line 4: it is made by ${words}\n`);
    expect(text).toContain('error label_conflict  /d/a.yml · a@file\n');
  });
});

describe('TLS', () => {
  const APP = `http:
  routers:
    a: {rule: Host(\`a.test\`), service: app, tls: {options: modern}}
    b: {rule: Host(\`b.test\`), service: app, tls: {options: default}}
  services: {app: {loadBalancer: {servers: [{url: http://10.0.0.7}]}}}
`;

  test('options are read as Traefik writes them', () => {
    const text = render(`${APP}tls:
  options:
    default: {sniStrict: true, curvePreferences: [X25519, CurveP384], alpnProtocols: [http/1.1]}
    modern:
      minVersion: VersionTLS12
      cipherSuites: [TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, ECDHE-RSA-CHACHA20-POLY1305, TLS_AES_256_GCM_SHA384]
      clientAuth: {clientAuthType: RequestClientCert}
`);
    expect(text).toContain(`TLS options:
  default
    TLSv1.2 to TLSv1.3
    curves X25519 P-384
    known names only
  modern@file
    TLSv1.2 to TLSv1.3
    ciphers ECDHE-RSA-AES256-GCM-SHA384 ECDHE-RSA-CHACHA20-POLY1305
    certificates of clients optional, not verified
`);
    expect(text).toContain('warning not_acted_on  /d/a.yml · default@file · tls.options.default.alpnProtocols');
  });

  test('options that say nothing are there', () => {
    const text = render(`${APP}tls: {options: {modern: {}}}\n`);
    expect(text).toContain('problems: none');
  });

  test.for([
    { options: '{minVersio: VersionTLS13}', message: 'line 6: there is no such label' },
    { options: '{minVersion: VersionTLS14}', message: 'line 6: "VersionTLS14" is no version of TLS' },
    { options: '{cipherSuites: [TLS_RSA_WITH_RC4_128_SHA]}', message: 'TLS_RSA_WITH_RC4_128_SHA, which is broken' },
    { options: '{clientAuth: {clientAuthType: RequireAndVerifyClientCert}}', message: 'it is not said who signs' },
    {
      options: '{clientAuth: {caFiles: [/none.pem], clientAuthType: Requir}}',
      message: 'is not a value of this label',
    },
    { options: '{minVersion: VersionTLS13, maxVersion: VersionTLS12}', message: 'is below the lowest version' },
  ])('$options cost the routers that name them, and open nothing', ({ options, message }) => {
    const { workloads = [], problems: read } = parse(`${APP}tls: {options: {modern: ${options}}}\n`);
    const { snapshot, problems } = compile(workloads, traefikConfig());
    expect(read).toEqual([]);
    expect(problems[0]?.message).toContain(message);
    expect(snapshot.routers.filter((router) => router.disabled !== undefined).map(({ name }) => name)).toEqual([
      'a@file',
    ]);
    expect(snapshot.tlsOptions?.['modern@file']?.refused).toContain('modern@file cannot work');
  });

  test('certificates of the user are named by their files', () => {
    const { workloads, problems } = parse(`tls:
  certificates:
    - {certFile: /a.crt, keyFile: /a.key}
    - {certFile: /b.crt}
  stores: {default: {defaultCertificate: {certFile: /d.crt, keyFile: /d.key}}}
`);
    expect(workloads?.[0]?.certificates).toEqual([
      { certFile: '/a.crt', keyFile: '/a.key', isDefault: false, line: 3 },
      { certFile: '/d.crt', keyFile: '/d.key', isDefault: true, line: 5 },
    ]);
    expect(problems).toMatchObject([
      { label: 'tls.certificates[1]', message: 'line 4: a certificate needs certFile and keyFile' },
    ]);
  });
});
