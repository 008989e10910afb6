import { expect, test } from 'vitest';
import { compile, traefikConfig, workload } from '../../support/workloads.ts';

const USERS = 'fay:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=';
const SITE = { 'sluice.host': 'a.test' };
const ROUTER = { 'traefik.http.routers.r.rule': 'Host(`a.test`)' };
const ALLOWED = {
  ...ROUTER,
  'traefik.http.routers.r.middlewares': 'm',
  'traefik.http.middlewares.m.ipallowlist.sourcerange': '10.0.0.0/8',
};

test.for<readonly [meant: string, mistyped: string, rest: Record<string, string>]>([
  ['auth of a site', 'slucie.auth', SITE],
  ['networks of a site', 'sluce.allow', SITE],
  ['middlewares of a site', 'sluise.middlewares', SITE],
  ['auth of a named site', 'slucie.shop.auth', { 'sluice.shop.host': 'a.test' }],
  ['auth of a site for routers that are alone', 'slucie.auth', ROUTER],
  ['middlewares of a router', 'treafik.http.routers.r.middlewares', ROUTER],
  ['middlewares of a router without prefix', 'http.routers.r.middlewares', ROUTER],
  ['middlewares of a router with our prefix', 'slucie.http.routers.r.middlewares', ROUTER],
  ['TLS options of a router', 'traefic.http.routers.r.tls.options', ROUTER],
  ['middlewares of a service', 'treafik.http.services.r.middlewares', ROUTER],
  ['a part of a middleware', 'treafik.http.middlewares.m.ipallowlist.ipstrategy.depth', ALLOWED],
])('%s: nothing is served without it', ([, mistyped, rest]) => {
  const { snapshot, problems } = compile([workload({ labels: { ...rest, [mistyped]: USERS } })], traefikConfig());
  expect(problems).toContainEqual(expect.objectContaining({ severity: 'error', label: mistyped }));
  const asked = snapshot.routers.filter(({ rule }) => rule === 'Host(`a.test`)');
  expect(asked.length).toBeGreaterThan(0);
  for (const router of asked) expect(router.disabled).toBeDefined();
});

test.for([
  ['port of a site', 'slucie.port', SITE],
  ['priority of a router', 'treafik.http.routers.r.priority', ROUTER],
  ['protection of another site', 'slucie.shop.auth', SITE],
  ['protection of another router', 'treafik.http.routers.other.middlewares', ROUTER],
  ['something of another program', 'slice.auth.mode', SITE],
] as const)('%s: it serves on', ([, mistyped, rest]) => {
  const { snapshot } = compile([workload({ labels: { ...rest, [mistyped]: '80' } })], traefikConfig());
  const asked = snapshot.routers.filter(({ rule }) => rule === 'Host(`a.test`)');
  expect(asked.length).toBeGreaterThan(0);
  for (const router of asked) expect(router.disabled).toBeUndefined();
});
