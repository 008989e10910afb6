import { expect, test } from 'vitest';
import { BalanceLab } from '../../support/balance-lab.ts';

function turns(lab: BalanceLab, count: number): string {
  return Array.from({ length: count }, () => lab.lease()).join('');
}

test('each in turn', () => {
  expect(turns(new BalanceLab({ strategy: 'roundrobin' }, [3, 3, 3]), 6)).toBe('012012');
});

test('turns of a heavy server are spread over the round', () => {
  expect(turns(new BalanceLab({ strategy: 'roundrobin' }, [5, 1, 1]), 14)).toBe('00102000010200');
});

test('shares are exact over every round, while a server is away as well', () => {
  const lab = new BalanceLab({ strategy: 'roundrobin' }, [4, 3, 2, 1]);
  for (let round = 0; round < 20; round++) expect(lab.serve(10)).toEqual([4, 3, 2, 1]);
  lab.upstreams[0]!.state = 'draining';
  for (let round = 0; round < 20; round++) expect(lab.serve(6)).toEqual([0, 3, 2, 1]);
});

test('a server that was away does not make up for it', () => {
  const lab = new BalanceLab({ strategy: 'roundrobin' }, [2, 1]);
  lab.upstreams[0]!.state = 'down';
  lab.serve(1000);
  lab.upstreams[0]!.state = 'ready';
  expect(lab.serve(30)).toEqual([20, 10]);
});
