import { describe, expect, test } from 'vitest';
import { buildConfig } from '../../../src/config/build-config.ts';
import type { Workload } from '../../../src/config/workload.ts';
import { buildSnapshot } from '../../../src/routing/build-snapshot.ts';
import type { LastPublished } from '../../../src/routing/keep-last-good.ts';
import { PLACE, readRootCas, readUsers, staticConfig, workload } from '../../support/workloads.ts';

const HASH = 'fay:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=';

function publish(workloads: readonly Workload[], last?: LastPublished) {
  const { config } = buildConfig(workloads, PLACE, staticConfig());
  return buildSnapshot(config, staticConfig(), readRootCas, readUsers, last);
}

function app(labels: Readonly<Record<string, string>>, changes: Partial<Workload> = {}): Workload {
  return workload({ name: 'app', labels, ...changes });
}

function routes({ snapshot }: Pick<LastPublished, 'snapshot'>): string[] {
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
    const before = publish([app({ 'sluice.host': 'a.test,b.test', 'sluice.redirect': 'www.a.test' })]);
    const after = publish([app({ 'sluice.host': 'a test' })], before);
    expect(routes(after).filter((line) => line.startsWith('app@'))).toEqual(
      routes(before).filter((line) => line.startsWith('app@')),
    );
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
      'when another container has the address now',
      [app({ 'sluice.host': 'a test' }), workload({ name: 'other', labels: { 'sluice.host': 'a.test' } })],
    ],
  ];
  test.each(LOST)('%s', (_, workloads) => {
    const before = publish([app({ 'sluice.host': 'a.test' })]);
    const after = publish(workloads, before);
    expect([...after.kept]).toEqual([]);
    const own = after.snapshot.routers.filter(({ of }) => of === 'app@docker' && !of.endsWith('@internal'));
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
