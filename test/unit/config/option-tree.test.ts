import { describe, expect, test } from 'vitest';
import { buildOptionTree, expectedAt, findOption, suggestPath } from '../../../src/config/option-tree.ts';

const PATHS = [
  'http.routers.<router>.rule',
  'http.routers.<router>.tls',
  'http.routers.<router>.tls.domains[n].main',
  'http.services.<service>.loadbalancer.server.port',
  'enable',
  'metrics.**',
  '<site>.host',
];
const tree = buildOptionTree(PATHS, (path) => [path]);
const split = (path: string) => path.split('.');

describe('findOption', () => {
  test.for([
    { path: 'enable', row: 'enable', names: [], index: 0 },
    { path: 'HTTP.Routers.Web.RULE', row: 'http.routers.<router>.rule', names: ['Web'], index: 0 },
    { path: 'http.routers.rule.rule', row: 'http.routers.<router>.rule', names: ['rule'], index: 0 },
    {
      path: 'http.routers.a.tls.domains[3].main',
      row: 'http.routers.<router>.tls.domains[n].main',
      names: ['a'],
      index: 3,
    },
    { path: 'metrics', row: 'metrics.**', names: [], index: 0 },
    { path: 'metrics.anything.below', row: 'metrics.**', names: [], index: 0 },
    { path: 'shop.host', row: '<site>.host', names: ['shop'], index: 0 },
  ])('$path', ({ path, ...found }) => {
    expect(findOption(tree, split(path))).toEqual(found);
  });

  test.for([
    'http',
    'http.routers',
    'http.routers.web',
    'http.routers..rule',
    'http.routers.web.rule.more',
    'http.routers.web.tls.domains.main',
    'http.routers.web.tls.domains[x].main',
    'http.routers.web.rule[0]',
    'http.host',
    'enable.host',
    '',
  ])('"%s" is no option', (path) => {
    expect(findOption(tree, split(path))).toBeUndefined();
  });
});

describe('suggestPath', () => {
  test.for([
    { path: 'enabel', expected: 'enable' },
    { path: 'htpp.routers.web.rule', expected: 'http.routers.web.rule' },
    { path: 'http.router.web.rul', expected: 'http.routers.web.rule' },
    { path: 'http.services.web.loadbalancer.port', expected: 'http.services.web.loadbalancer.server.port' },
    { path: 'shop.hots', expected: 'shop.host' },
    { path: 'http.routers.web.tls.domains.main', expected: 'http.routers.web.tls.domains[0].main' },
    { path: 'http.routers.web.tls.domains[x].main', expected: 'http.routers.web.tls.domains[0].main' },
    { path: 'http.routers.web.tls.domain[3].main', expected: 'http.routers.web.tls.domains[3].main' },
    { path: 'http.routers.web.tls.main', expected: 'http.routers.web.tls.domains[0].main' },
    { path: 'http.routers.web.rule[0]', expected: 'http.routers.web.rule' },
    { path: 'completely.else', expected: undefined },
  ])('$path → $expected', ({ path, expected }) => {
    expect(suggestPath(tree, split(path))).toBe(expected);
  });
});

test('expectedAt lists what may follow', () => {
  expect(expectedAt(tree, ['http', 'routers', 'web', 'nothing'])).toEqual(['rule', 'tls']);
  expect(expectedAt(tree, ['http'])).toEqual(['routers', 'services']);
  expect(expectedAt(tree, ['http', 'routers', 'web', 'tls'])).toEqual(['domains[0]']);
});
