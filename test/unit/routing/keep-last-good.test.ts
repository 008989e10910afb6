import { describe, expect, test } from 'vitest';
import { buildConfig } from '../../../src/config/build-config.ts';
import type { Workload } from '../../../src/config/workload.ts';
import { type BuiltSnapshot, buildSnapshot } from '../../../src/routing/build-snapshot.ts';
import { type LastGood, NOTHING_GOOD, restoreLastGood } from '../../../src/routing/keep-last-good.ts';
import { printSnapshot } from '../../../src/routing/print.ts';
import { PLACE, readRootCas, readUsers, staticConfig, traefikConfig, workload } from '../../support/workloads.ts';

const HASH = 'fay:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=';

interface Publication extends BuiltSnapshot {
  readonly kept: ReadonlySet<string>;
  readonly last: LastGood;
}

function publish(workloads: readonly Workload[], before?: Publication, options = staticConfig()): Publication {
  const built = buildConfig(workloads, PLACE, options);
  const { config, kept, last } = restoreLastGood(built.config, before?.last ?? NOTHING_GOOD);
  return { ...buildSnapshot(config, options, readRootCas, readUsers), kept, last };
}

function app(labels: Readonly<Record<string, string>>, changes: Partial<Workload> = {}): Workload {
  return workload({ name: 'app', labels, ...changes });
}

function routes({ snapshot }: Publication): string[] {
  return snapshot.routers.map(
    ({ name, rule, disabled }) => `${name} ${rule}${disabled === undefined ? '' : ' disabled'}`,
  );
}

const RULE = 'sluice.http.routers.app.rule';
const good = {
  [RULE]: 'Host(`a.test`)',
  'sluice.http.routers.app.middlewares': 'mw',
  'sluice.http.middlewares.mw.addprefix.prefix': '/x',
};

describe('a router that labels have spoiled keeps its last good version', () => {
  const SPOILED: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ['its rule does not parse', { ...good, [RULE]: 'Host(`a.test`' }],
    ['its rule is empty', { ...good, [RULE]: '' }],
    ['its priority is no number', { ...good, 'sluice.http.routers.app.priority': 'high' }],
    ['its service is ambiguous', { ...good, 'sluice.http.routers.app.rulesyntax': 'v2', [RULE]: 'Host(`a.test`' }],
  ];
  test.each(SPOILED)('%s', (_, labels) => {
    const before = publish([app(good)]);
    const after = publish([app(labels, { id: 'second' })], before);
    expect(routes(after)).toEqual(routes(before));
    expect(after.wanted).toEqual(before.wanted);
    expect([...after.kept]).toEqual(['app@docker']);
    // The servers are those of now.
    expect(after.snapshot.services[0]?.servers[0]?.id).toMatch(/^second\//);
    // And it goes on for as long as the labels stay as they are.
    expect(routes(publish([app(labels, { id: 'third' })], after))).toEqual(routes(before));
  });

  test('also one of the shorthand, with all that was made of it', () => {
    const labels = {
      'sluice.host': 'a.test/app,b.test',
      'sluice.redirect': 'www.a.test',
      'sluice.strip': 'true',
      'sluice.auth': HASH,
    };
    const before = publish([app(labels)]);
    const after = publish([app({ ...labels, 'sluice.host': 'a test' })], before);
    expect(routes(after)).toEqual(routes(before));
    expect(printSnapshot(after.snapshot)).toBe(printSnapshot(before.snapshot));
    expect([...after.kept].sort()).toEqual(['app-2@docker', 'app-alias@docker', 'app@docker']);
  });

  test('with the protections that its labels name now', () => {
    const before = publish([app({ [RULE]: 'Host(`a.test`)' })]);
    const auth = {
      'sluice.http.routers.app.middlewares': 'auth',
      'sluice.http.middlewares.auth.basicauth.users': HASH,
    };
    const after = publish([app({ [RULE]: 'Host(`a.test`', ...auth })], before);
    const [own] = after.snapshot.routers;
    expect(own).toMatchObject({ name: 'app@docker', disabled: undefined, middlewares: [{ name: 'auth@docker' }] });
    const missing = publish(
      [app({ [RULE]: 'Host(`a.test`', 'sluice.http.routers.app.middlewares': 'nowhere' })],
      before,
    );
    expect(missing.snapshot.routers[0]).toMatchObject({ disabled: 'there is no middleware nowhere@docker' });
  });

  test('with the TLS options that its labels name now, and never in plain HTTP', () => {
    const before = publish([app({ 'sluice.host': 'a.test' })]);
    const labels = { 'sluice.host': 'a.test:bad', 'sluice.tls.clientca': '/ca.pem' };
    const after = publish([app(labels)], before, staticConfig());
    const kept = after.snapshot.routers.find(({ name }) => name === 'app@docker');
    expect(kept).toMatchObject({
      rule: 'Host(`a.test`)',
      tls: true,
      tlsOptions: 'app.tls@docker',
      disabled: undefined,
    });
    expect(after.snapshot.tlsOptions?.['app.tls@docker']?.clientAuth?.mode).toBe('require');
    const options = {
      ...staticConfig(),
      entrypoints: staticConfig().entrypoints.filter(({ name }) => name === 'http'),
    };
    const plain = publish([app({ 'sluice.host': 'a.test' })], undefined, options);
    expect(publish([app(labels)], plain, options).snapshot.routers).toEqual([]);
  });

  test('with its middlewares as they are defined now', () => {
    const users = (hash: string) =>
      workload({ name: 'guard', labels: { 'sluice.http.middlewares.auth.basicauth.users': hash } });
    const labels = { [RULE]: 'Host(`a.test`)', 'sluice.http.routers.app.middlewares': 'auth' };
    const before = publish([app(labels), users(HASH)]);
    const revoked = publish([app({ ...labels, [RULE]: 'Host(' }), users(HASH.replace('fay', 'ada'))], before);
    expect(JSON.stringify(revoked.snapshot.routers[0]?.middlewares)).toContain('ada');
    expect(JSON.stringify(revoked.snapshot.routers)).not.toContain('fay');
    const gone = publish([app({ ...labels, [RULE]: 'Host(' })], before);
    expect(gone.snapshot.routers[0]?.disabled).toBeDefined();
  });

  test('with its certificate, also where it is split over entrypoints', () => {
    const options = traefikConfig({
      entrypoints: traefikConfig().entrypoints.map((one) =>
        one.name === 'web'
          ? one
          : { ...one, defaults: { tls: { resolver: 'le', domains: [] }, middlewares: [], isDefault: false } },
      ),
    });
    const before = publish([app({ [RULE]: 'Host(`shop.example.com`)' })], undefined, options);
    const after = publish([app({ [RULE]: 'Host(`shop.example.com`' })], before, options);
    expect(before.wanted.map(({ names }) => names)).toEqual([['shop.example.com']]);
    expect(after.wanted).toEqual(before.wanted);
    expect(routes(after)).toEqual(routes(before));
  });

  test('the new one takes its place once it is right', () => {
    const before = publish([app(good)]);
    const spoiled = publish([app({ ...good, [RULE]: 'Host(' })], before);
    const mended = publish([app({ ...good, [RULE]: 'Host(`c.test`)' })], spoiled);
    expect(routes(mended)[0]).toBe('app@docker Host(`c.test`)');
    expect([...mended.kept]).toEqual([]);
  });
});

describe('nothing is kept', () => {
  const LOST: readonly (readonly [string, readonly Workload[]])[] = [
    ['of a container that is gone', []],
    ['when a label of a protection is wrong', [app({ 'sluice.host': 'a.test', 'sluice.allow': 'nonsense' })]],
    [
      'when a label is unknown: it may have meant a protection',
      [app({ 'sluice.host': 'a.test', 'sluice.atuh': HASH })],
    ],
    ['when the rule and a protection are wrong', [app({ 'sluice.host': 'a test', 'sluice.auth': 'nonsense' })]],
    ['when a middleware is missing', [app({ 'sluice.host': 'a.test', 'sluice.middlewares': 'nowhere' })]],
    [
      'when another container has the address now, however it is written',
      [
        app({ 'sluice.host': 'a test' }),
        workload({ name: 'other', createdAt: 5000, labels: { 'sluice.host': 'A.test' } }),
      ],
    ],
    [
      'for another container that calls its router the same',
      [
        workload({
          name: 'evil',
          labels: { [RULE]: 'Host(', 'sluice.http.services.app.loadbalancer.server.port': '80' },
        }),
      ],
    ],
  ];
  test.each(LOST)('%s', (_, workloads) => {
    const before = publish([app({ 'sluice.host': 'a.test' })]);
    const after = publish(workloads, before);
    const own = after.snapshot.routers.filter(({ of }) => of === 'app@docker');
    expect(own.filter(({ disabled, tls }) => tls && disabled === undefined)).toEqual([]);
  });
});

test('routers that have no place are told with the reason', () => {
  const { idle } = publish([
    app({ [RULE]: 'Host(`a.test' }),
    workload({ name: 'first', createdAt: 1, labels: { 'sluice.host': 'b.test' } }),
    workload({ name: 'second', createdAt: 2, labels: { 'sluice.host': 'b.test' } }),
  ]);
  expect(idle.map(({ name, reason }) => `${name}: ${reason}`)).toEqual([
    'app@docker: column 6 of its rule: the text that starts here has no closing backtick',
    'second@docker: Host(`b.test`) is already answered by first (router first@docker)',
  ]);
});
