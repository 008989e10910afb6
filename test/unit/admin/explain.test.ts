import { describe, expect, test } from 'vitest';
import { explain, type Explanation } from '../../../src/admin/explain.ts';
import { readQuestion } from '../../../src/admin/explain-question.ts';
import { printExplanation } from '../../../src/cli/explain.ts';
import type { TrialRequest, TrialVerdict } from '../../../src/protocol.ts';
import { adminFacts } from '../../support/admin-facts.ts';
import { traefikConfig, workload } from '../../support/workloads.ts';

const HASH = 'fay:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=';
const web = workload({ name: 'web-1', labels: { 'sluice.host': 'app.test', 'sluice.auth': HASH } });
const api = workload({
  name: 'api-1',
  labels: { 'sluice.http.routers.api.rule': 'Host(`app.test`) && PathPrefix(`/api`) && Method(`GET`)' },
});
const noRouter: TrialVerdict = { router: undefined, reason: 'no_router', status: 404 };

type Facts = Parameters<typeof adminFacts>[1];

async function ask(question: unknown, workloads = [web, api], changes: Facts = {}): Promise<Explanation> {
  const read = readQuestion(question);
  if ('fault' in read) throw new Error(read.fault);
  const answer = await explain(read, adminFacts(workloads, { verdict: () => noRouter, ...changes }));
  if ('fault' in answer) throw new Error(answer.fault);
  return answer;
}

describe('the decision', () => {
  const judged = { 'id-web-1/172.18.0.2:80': { state: 'ready', reason: 'Docker says healthy' } } as const;
  const question = { url: 'https://app.test/x', method: 'GET' };
  const routed = { verdict: () => ({ router: 'web@docker' }) };

  test('a router, its middlewares, its servers, the certificate: as a tree', async () => {
    const certificate = {
      names: ['app.test'],
      state: 'failed',
      routers: ['web@docker'],
      issuer: 'Sluice local',
      notAfter: Date.UTC(2027, 0, 2),
      renewAt: undefined,
      nextAttempt: undefined,
      failures: 1,
      lastError: { type: 'dns', detail: 'no such name', hint: 'add an A record', at: 0 },
    } as const;
    const answer = await ask(question, [web, api], { ...routed, judgements: judged, certificates: [certificate] });
    expect(answer).toMatchObject({ entrypoint: 'https', tls: true, router: 'web@docker', reason: 'ok' });
    expect(printExplanation({ ...question, headers: [] }, answer)).toBe(`GET https://app.test/x
├─ entrypoint https (TLS)
├─ routers, in the order in which they are tried
│  ├─ ✗ api@docker  Host(\`app.test\`) && PathPrefix(\`/api\`) && Method(\`GET\`)  priority 55
│  │  └─ PathPrefix(\`/api\`): the path is /x
│  └─ ✓ web@docker  Host(\`app.test\`)  priority 16  ← takes the request
├─ middlewares
│  └─ web.auth@docker  users fay  realm sluice
├─ service web@docker
│  └─ ✓ http://172.18.0.2:80  web-1  ready: Docker says healthy
├─ certificate app.test  failed  by Sluice local  until 2027-01-02
│  ├─ no such name
│  └─ → add an A record
└─ ok: 1 of 1 servers take requests
`);
  });

  test.for([
    ['no server is ready', { 'id-web-1/172.18.0.2:80': { state: 'starting', reason: 'nothing accepts yet' } } as const],
    ['nobody judges its server', {}],
  ] as const)('%s', async ([, judgements]) => {
    const answer = await ask(question, [web], { ...routed, judgements });
    expect(answer.reason).toBe('no_server');
    expect(answer.message).toMatch(/^no server takes requests: http:\/\/172\.18\.0\.2:80: /);
  });

  test('a disabled router says why', async () => {
    const broken = workload({ name: 'web-1', labels: { 'sluice.host': 'app.test', 'sluice.middlewares': 'nowhere' } });
    const answer = await ask(question, [broken], routed);
    expect(answer).toMatchObject({ reason: 'router_disabled', problems: [{ code: 'middleware_missing' }] });
    expect(answer.message).toContain('nowhere@docker');
  });

  test('a site in maintenance says so', async () => {
    const closed = workload({ name: 'web-1', labels: { 'sluice.host': 'app.test', 'sluice.maintenance': 'true' } });
    const answer = await ask(question, [closed], routed);
    expect(answer).toMatchObject({ router: 'web@docker', reason: 'maintenance' });
  });

  test('a redirect answers by itself', async () => {
    const verdict = () => ({ router: 'web-redirect@internal' });
    const answer = await ask({ url: 'http://app.test/' }, [web], { verdict });
    expect(answer).toMatchObject({ entrypoint: 'http', tls: false, reason: 'answered', service: 'noop@internal' });
    expect(answer.certificate).toBeUndefined();
  });

  const MIDDLEWARE = 'sluice.http.middlewares.m';
  test.for<readonly [title: string, reason: string, labels: Record<string, string>]>([
    ['no middleware', 'no_server', {}],
    ['one that lets requests pass', 'no_server', { [`${MIDDLEWARE}.addprefix.prefix`]: '/x' }],
    ['a redirect to where the request is', 'no_server', { [`${MIDDLEWARE}.redirectscheme.scheme`]: 'https' }],
    ['a redirect to elsewhere', 'answered', { [`${MIDDLEWARE}.redirectscheme.scheme`]: 'http' }],
    [
      'a redirect of some',
      'answered',
      { [`${MIDDLEWARE}.redirectregex.regex`]: '^x', [`${MIDDLEWARE}.redirectregex.replacement`]: 'https://b.test' },
    ],
  ])('a router without a service and with %s: %s', async ([, reason, more]) => {
    const labels = {
      'sluice.http.routers.w.rule': 'Host(`app.test`)',
      'sluice.http.routers.w.service': 'noop@internal',
      ...more,
      ...(Object.keys(more).length === 0 ? {} : { 'sluice.http.routers.w.middlewares': 'm' }),
    };
    const verdict = () => ({ router: 'w@docker' });
    const answer = await ask(question, [workload({ name: 'w', labels })], { verdict });
    expect(answer).toMatchObject({ tls: true, reason });
    expect(answer.message.includes('has no service')).toBe(
      reason === 'no_server' || MIDDLEWARE + '.redirectregex.regex' in more,
    );
  });

  test('what is refused before any router', async () => {
    const verdict = (): TrialVerdict => ({ router: undefined, reason: 'bad_path', status: 400 });
    const answer = await ask({ url: 'https://app.test/..' }, [web], { verdict });
    expect(answer).toMatchObject({ router: null, reason: 'bad_path' });
    // The rule alone still says what it would have said.
    expect(answer.routers.find(({ name }) => name === 'web@docker')?.matched).toBe(true);
  });
});

describe('which way in is asked', () => {
  const CASES: readonly (readonly [string, unknown, readonly string[], boolean])[] = [
    ['https: the TLS entrypoint', { url: 'https://app.test/' }, ['https tls'], false],
    ['http: the plain one', { url: 'http://app.test/' }, ['http plain'], false],
    ['a bare path: both, TLS first', { url: '/', headers: { host: 'app.test' } }, ['https tls', 'http plain'], false],
    ['the entrypoint that is named', { url: '/', entrypoint: 'http' }, ['http plain'], false],
    ['an alias of it', { url: '/', entrypoint: 'web' }, ['http plain'], false],
    ["Traefik's entrypoints take both", { url: '/', entrypoint: 'web' }, ['web plain', 'web tls'], true],
    ['the one with the port', { url: 'https://app.test/' }, ['websecure tls'], true],
    ['the one with that port', { url: 'http://app.test:443/' }, ['websecure plain'], true],
  ];
  test.for(CASES)('%s', async ([, question, doors, isTraefik]) => {
    const asked: string[] = [];
    const verdict = ({ entrypoint, isTls }: TrialRequest): TrialVerdict => {
      asked.push(`${entrypoint} ${isTls ? 'tls' : 'plain'}`);
      return noRouter;
    };
    await ask(question, [web], isTraefik ? { config: traefikConfig(), verdict } : { verdict });
    expect(asked).toEqual(doors);
  });
});

describe('a host that no router names', () => {
  const named = (name: string, labels: Readonly<Record<string, string>>) => workload({ name, baseName: name, labels });

  test('the nearest one', async () => {
    const answer = await ask({ url: 'https://ap.test/' });
    expect(answer).toMatchObject({ router: null, reason: 'no_router', nearestHost: 'app.test' });
    expect(answer.message).toBe('no router is for ap.test; the nearest host is app.test');
  });

  test('a host that is named, with a path that nobody has', async () => {
    const answer = await ask({ url: 'https://app.test/' }, [api]);
    expect(answer.message).toBe('routers name this host, and the rule of none accepts the request');
    expect(answer.nearestHost).toBeUndefined();
  });

  const MEANT: readonly (readonly [string, Readonly<Record<string, string>>, RegExp])[] = [
    ['a rule that does not parse', { 'sluice.http.routers.b.rule': 'Host(`blog.test)' }, /closing backtick/],
    [
      'a mistyped label',
      { 'sluice.hots': 'blog.test' },
      /sluice\.hots: there is no such label; did you mean sluice\.host\?/,
    ],
    ['a label of nobody', { 'virtual.host': 'blog.test' }, /it names the host in the label virtual\.host/],
    [
      'a container of that name',
      {},
      /it is called blog and no label of it names a host; add the label sluice\.host=blog\.test/,
    ],
  ];
  test.for(MEANT)('%s', async ([, labels, reason]) => {
    const { lookAlikes } = await ask({ url: 'https://blog.test/' }, [web, named('blog', labels)]);
    expect(lookAlikes).toEqual([{ container: 'blog', reason: expect.stringMatching(reason) }]);
  });

  test('containers that have nothing to do with it are not named', async () => {
    expect((await ask({ url: 'https://shop.test/' }, [web, named('blog', {})])).lookAlikes).toEqual([]);
  });
});
