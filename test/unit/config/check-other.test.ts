import { describe, expect, test } from 'vitest';
import { decodeLabels } from '../../../src/config/decode-labels.ts';
import { workload } from '../../support/workloads.ts';

const DEFAULTS = { mode: 'traefik', exposedByDefault: true, defaultHost: 'web' } as const;
const ROUTER = 'tcp.routers.db.';

/** `severity code label message` of each problem, prefix `traefik.` left out. */
function problemsOf(labels: Readonly<Record<string, string>>, ruleSyntax: 'v2' | 'v3' = 'v3') {
  const written = Object.fromEntries(Object.entries(labels).map(([key, value]) => [`traefik.${key}`, value]));
  const { problems, routers } = decodeLabels(workload({ labels: written }), { ...DEFAULTS, ruleSyntax });
  expect(routers).toEqual([]);
  return problems;
}

describe('TCP and UDP objects that are right are told of once, by name', () => {
  test.for<{ labels: Readonly<Record<string, string>>; names: readonly string[] }>([
    { labels: { [`${ROUTER}rule`]: 'HostSNI(`*`)' }, names: ['the TCP router db'] },
    {
      labels: { [`${ROUTER}rule`]: 'HostSNI(`a.test`)', [`${ROUTER}tls`]: 'true', [`${ROUTER}priority`]: '7' },
      names: ['the TCP router db'],
    },
    {
      labels: { [`${ROUTER}rule`]: 'HostSNI(`a.test`)', [`${ROUTER}tls.passthrough`]: 'true' },
      names: ['the TCP router db'],
    },
    { labels: { [`${ROUTER}rule`]: 'ClientIP(`10.0.0.0/8`)' }, names: ['the TCP router db'] },
    {
      labels: {
        [`${ROUTER}rule`]: 'HostSNI(`*`)',
        [`${ROUTER}service`]: 'db',
        'tcp.services.db.loadbalancer.server.port': '5432',
        'tcp.services.db.loadbalancer.server.tls': 'true',
      },
      names: ['the TCP router db', 'the TCP service db'],
    },
    { labels: { 'tcp.middlewares.m.inflightconn.amount': '5' }, names: ['the TCP middleware m'] },
    {
      labels: { 'udp.routers.dns.entrypoints': 'dns', 'udp.services.dns.loadbalancer.server.port': '53' },
      names: ['the UDP router dns', 'the UDP service dns'],
    },
  ])('$labels', ({ labels, names }) => {
    const problems = problemsOf(labels);
    expect(problems.map(({ message }) => message)).toEqual(
      names.map((name) => expect.stringContaining(name) as string),
    );
    for (const problem of problems) expect(problem).toMatchObject({ severity: 'warning', code: 'not_acted_on' });
  });
});

describe('what is wrong with them is an error, and the only one', () => {
  test.for<{ labels: Readonly<Record<string, string>>; error: object }>([
    { labels: { [`${ROUTER}rule`]: 'HostSNI(`a`' }, error: { code: 'rule_syntax', column: 12 } },
    {
      labels: { [`${ROUTER}rule`]: 'Host(`a.test`)' },
      error: { code: 'rule_syntax', column: 1, hint: expect.stringContaining('HostSNI') as string },
    },
    { labels: { [`${ROUTER}rule`]: '' }, error: { code: 'rule_missing' } },
    { labels: { [`${ROUTER}entrypoints`]: 'db' }, error: { code: 'rule_missing' } },
    {
      labels: { [`${ROUTER}rule`]: 'HostSNI(`a.test`)' },
      error: { code: 'rule_syntax', message: expect.stringContaining('needs TLS') as string },
    },
    {
      labels: { [`${ROUTER}rule`]: 'HostSNI(`a.test`)', [`${ROUTER}tls`]: 'false', [`${ROUTER}tls.options`]: 'x' },
      error: { code: 'rule_syntax', message: expect.stringContaining('needs TLS') as string },
    },
    {
      labels: { [`${ROUTER}rule`]: 'ClientIP(`10.0.0.0/8`) || !HostSNI(`a.test`)' },
      error: { code: 'rule_syntax', message: expect.stringContaining('HostSNI(`a.test`) needs TLS') as string },
    },
    {
      labels: { [`${ROUTER}rule`]: 'HostSNI(`*`)', [`${ROUTER}rul`]: 'x' },
      error: { code: 'label_unknown', hint: expect.stringContaining('tcp.routers.db.rule') as string },
    },
  ])('$labels', ({ labels, error }) => {
    expect(problemsOf(labels)).toMatchObject([{ severity: 'error', ...error }]);
  });

  test('several services, and the router names none', () => {
    const port = (name: string) => ({ [`tcp.services.${name}.loadbalancer.server.port`]: '1' });
    const problems = problemsOf({ [`${ROUTER}rule`]: 'HostSNI(`*`)', ...port('a'), ...port('b') });
    expect(problems.map(({ code }) => code)).toEqual(['service_ambiguous', 'not_acted_on', 'not_acted_on']);
  });

  test('a rule that can never match is a warning', () => {
    const problems = problemsOf({ [`${ROUTER}rule`]: 'HostSNI(`a.test:443`)', [`${ROUTER}tls`]: 'true' });
    expect(problems).toMatchObject([{ severity: 'warning', code: 'rule_syntax' }, { code: 'not_acted_on' }]);
  });

  test.for([
    { said: 'v2', byDefault: 'v3', codes: ['not_acted_on'] },
    { said: undefined, byDefault: 'v2', codes: ['not_acted_on'] },
    { said: 'v3', byDefault: 'v2', codes: ['rule_syntax'] },
  ] as const)('several arguments with rulesyntax $said, by default $byDefault', ({ said, byDefault, codes }) => {
    const syntax = said === undefined ? {} : { [`${ROUTER}rulesyntax`]: said };
    const labels = { [`${ROUTER}rule`]: 'ALPN(`h2`, `mqtt`)', ...syntax };
    expect(problemsOf(labels, byDefault).map(({ code }) => code)).toEqual(codes);
  });
});

test('a TCP router leaves the HTTP router of the same name alone', () => {
  const labels = {
    'traefik.http.routers.web.rule': 'Host(`a.com`)',
    'traefik.tcp.routers.web.rule': 'HostSNI(`a`',
  };
  const { routers, problems } = decodeLabels(workload({ labels }), DEFAULTS);
  expect(routers).toMatchObject([{ name: 'web', fault: undefined }]);
  expect(problems.map(({ code, object }) => [code, object])).toEqual([['rule_syntax', undefined]]);
});
