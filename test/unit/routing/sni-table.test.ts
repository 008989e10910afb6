import { describe, expect, test } from 'vitest';
import { SniTable } from '../../../src/routing/sni-table.ts';
import { router } from '../../support/data-plane.ts';

/** Rules with the id of their options, in order; all on `https`. */
function table(...routers: readonly (readonly [rule: string, options: string])[]): SniTable {
  const made = new SniTable();
  for (const [rule, options] of routers) made.add({ ...router(rule), entrypoints: ['https'], options });
  return made;
}

describe('which options a name gets', () => {
  test.for<{ routers: [string, string][]; name: string; found: string | undefined }>([
    { routers: [['Host(`a.test`)', 'm']], name: 'a.test', found: 'm' },
    { routers: [['Host(`A.Test.`)', 'm']], name: 'a.test', found: 'm' },
    { routers: [['Host(`a.test`)', 'm']], name: 'b.test', found: undefined },
    { routers: [['Host(`*.test`)', 'm']], name: 'a.test', found: 'm' },
    { routers: [['Host(`*.test`)', 'm']], name: 'a.b.test', found: undefined },
    { routers: [['Host(`*.test`)', 'm']], name: 'test', found: undefined },
    { routers: [['Host(`a.test`) && PathPrefix(`/x`)', 'm']], name: 'a.test', found: 'm' },
    { routers: [['Host(`a.test`) || Host(`b.test`)', 'm']], name: 'b.test', found: 'm' },
    { routers: [['PathPrefix(`/x`)', 'm']], name: 'a.test', found: undefined },
    {
      routers: [
        ['Host(`*.test`)', 'm'],
        ['Host(`a.test`)', ''],
      ],
      name: 'a.test',
      found: '',
    },
    {
      routers: [
        ['Host(`a.test`)', ''],
        ['Host(`*.test`)', 'm'],
      ],
      name: 'a.test',
      found: '',
    },
    {
      routers: [
        ['Host(`a.test`)', 'm'],
        ['Host(`a.test`) && Path(`/x`)', 'm'],
      ],
      name: 'a.test',
      found: 'm',
    },
    {
      routers: [
        ['Host(`a.test`)', 'm'],
        ['Host(`a.test`) && Path(`/x`)', ''],
      ],
      name: 'a.test',
      found: undefined,
    },
    {
      routers: [
        ['Host(`a.test`)', ''],
        ['Host(`a.test`) && Path(`/x`)', 'm'],
      ],
      name: 'a.test',
      found: undefined,
    },
    {
      routers: [
        ['Host(`a.test`)', 'm'],
        ['Host(`a.test`)', 'n'],
        ['Host(`a.test`)', 'm'],
      ],
      name: 'a.test',
      found: undefined,
    },
  ])('$routers: $name gets $found', ({ routers, name, found }) => {
    expect(table(...routers).find('https', name)).toBe(found);
  });

  test('each entrypoint has its own', () => {
    const made = table(['Host(`a.test`)', 'm']);
    made.add({ ...router('Host(`a.test`)'), entrypoints: ['public'], options: '' });
    expect([made.find('https', 'a.test'), made.find('public', 'a.test'), made.find('other', 'a.test')]).toEqual([
      'm',
      '',
      undefined,
    ]);
  });

  test('contested hosts are told', () => {
    const made = table(['Host(`a.test`) || Host(`b.test`)', 'm'], ['Host(`b.test`)', 'n']);
    const asked = { ...router('Host(`a.test`) || Host(`b.test`)'), entrypoints: ['https'] };
    expect(made.contestedHosts(asked)).toEqual(['b.test']);
  });
});
