import { describe, expect, test } from 'vitest';
import { decodeLabels } from '../../../src/config/decode-labels.ts';
import { compile, workload } from '../../support/workloads.ts';

const DEFAULTS = { mode: 'sluice', exposedByDefault: true, defaultHost: undefined } as const;
const SERVICE = 'traefik.http.services.web.loadbalancer.';
const FULL = { 'traefik.http.routers.web.rule': 'Host(`a.com`)' };
const SITE = { 'sluice.host': 'a.com' };
const PLAIN = { path: '/', httpOnly: true, sameSite: 'lax' };

type Labels = Readonly<Record<string, string>>;

function decode(labels: Labels) {
  const { services, problems, routers } = decodeLabels(workload({ labels }), DEFAULTS);
  return { sticky: services[0]!.sticky, problems, routers };
}

describe('the shorthand', () => {
  test.for<[Labels, object | undefined]>([
    [{}, undefined],
    [{ 'sluice.sticky': 'false' }, undefined],
    [{ 'sluice.sticky': 'true' }, PLAIN],
    [{ 'sluice.sticky': ' lb_id ' }, { ...PLAIN, name: 'lb_id' }],
    [{ 'sluice.sticky': '0', 'sluice.sticky.path': '/a' }, undefined],
    [
      { 'sluice.sticky.path': '/a b', 'sluice.sticky.domain': '.a.com' },
      { ...PLAIN, path: '/a b', domain: '.a.com' },
    ],
    [
      { 'sluice.sticky': 'true', 'sluice.sticky.maxage': '60', 'sluice.sticky.samesite': 'Strict' },
      { ...PLAIN, maxAge: 60, sameSite: 'strict' },
    ],
    [{ 'sluice.sticky.maxage': '0' }, PLAIN],
    [{ 'sluice.sticky.maxage': '-1' }, { ...PLAIN, maxAge: 0 }],
    [
      { 'sluice.sticky': 'true', 'sluice.sticky.secure': 'true', 'sluice.sticky.httponly': 'false' },
      { ...PLAIN, secure: true, httpOnly: false },
    ],
    [{ 'sluice.sticky.secure': 'false' }, { ...PLAIN, secure: false }],
  ])('%j', ([labels, sticky]) => {
    const { problems, ...found } = decode({ ...SITE, ...labels });
    expect([found.sticky, problems]).toEqual([sticky, []]);
  });
});

describe('labels of Traefik', () => {
  test.for<[Labels, object | undefined]>([
    [{ 'sticky.cookie': 'true' }, PLAIN],
    [{ 'sticky.cookie': '' }, PLAIN],
    [{ 'sticky.cookie': 'false', 'sticky.cookie.name': 'x' }, undefined],
    [
      { sticky: 'true', 'sticky.cookie.name': 'x' },
      { ...PLAIN, name: 'x' },
    ],
    [{ sticky: 'false', 'sticky.cookie.name': 'x' }, undefined],
    [
      { 'sticky.cookie.maxage': '5', 'sticky.cookie.secure': 'true' },
      { ...PLAIN, maxAge: 5, secure: true },
    ],
    [
      { 'sticky.cookie.samesite': 'none', 'sticky.cookie.httponly': 'false' },
      { ...PLAIN, httpOnly: false, sameSite: 'none' },
    ],
  ])('%j', ([labels, sticky]) => {
    const named = Object.fromEntries(Object.entries(labels).map(([key, value]) => [SERVICE + key, value]));
    const { problems, ...found } = decode({ ...FULL, ...named });
    expect([found.sticky, problems]).toEqual([sticky, []]);
  });

  test('without `cookie` it does nothing, and a warning says so', () => {
    const { sticky, problems } = decode({ ...FULL, [`${SERVICE}sticky`]: 'true' });
    expect([sticky, problems]).toMatchObject([
      undefined,
      [{ severity: 'warning', code: 'not_acted_on', hint: `add ${SERVICE}sticky.cookie=true` }],
    ]);
  });
});

describe('a wrong value is an error, the default holds and nobody loses the site', () => {
  test.for<[string, string, object]>([
    ['sluice.sticky', 'a b', PLAIN],
    ['sluice.sticky', 'a;b', PLAIN],
    ['sluice.sticky', 'a\r\nSet-Cookie: x', PLAIN],
    ['sluice.sticky', '', PLAIN],
    ['sluice.sticky', 'x'.repeat(129), PLAIN],
    ['sluice.sticky.path', 'a', PLAIN],
    ['sluice.sticky.path', '/;Domain=evil.test', PLAIN],
    ['sluice.sticky.path', '/\r\nX: y', PLAIN],
    ['sluice.sticky.path', '/\u00e9', PLAIN],
    ['sluice.sticky.path', '/\u0130', PLAIN],
    ['sluice.sticky.domain', 'a.com; Path=/x', PLAIN],
    ['sluice.sticky.domain', '-a.com', PLAIN],
    ['sluice.sticky.domain', 'a..com', PLAIN],
    ['sluice.sticky.maxage', 'soon', PLAIN],
    ['sluice.sticky.samesite', 'maybe', PLAIN],
    ['sluice.sticky.secure', 'often', PLAIN],
    ['sluice.sticky.httponly', 'often', PLAIN],
  ])('%s=%j', ([label, value, sticky]) => {
    const { problems, routers, ...found } = decode({ ...SITE, [label]: value });
    expect(found.sticky).toEqual(sticky);
    expect(problems).toMatchObject([{ severity: 'error', code: 'label_value', label }]);
    expect(routers[0]!.fault).toBeUndefined();
  });
});

test('containers of one service that differ in it are in conflict', () => {
  const labels = { ...SITE, 'sluice.sticky': 'true' };
  const { snapshot, problems } = compile([
    workload({ labels }),
    workload({ name: 'web-2', createdAt: 2000, labels: SITE }),
  ]);
  expect(snapshot.services).toMatchObject([{ sticky: PLAIN, servers: [{ container: 'web-1' }] }]);
  expect(problems).toMatchObject([{ code: 'service_conflict', container: 'web-2' }]);
});
