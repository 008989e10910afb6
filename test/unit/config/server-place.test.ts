import { describe, expect, test } from 'vitest';
import { chooseAddress, type NamedNetwork } from '../../../src/config/server-address.ts';
import { choosePort } from '../../../src/config/server-port.ts';
import { defaultHost } from '../../../src/config/default-host.ts';
import { workload } from '../../support/workloads.ts';

const A = { network: 'a', address: '172.18.0.2' };
const B = { network: 'b', address: '172.19.0.2' };
const BRIDGE = { network: 'bridge', address: '172.17.0.2' };
const GONE = { network: 'c', address: '' };

function choose(networks: readonly (typeof A)[], place: readonly string[] | undefined, named?: NamedNetwork) {
  const choice = chooseAddress(workload({ networks }), { networks: place }, named);
  return choice.address === undefined ? choice.fault.code : `${choice.address} ${choice.warning?.code ?? ''}`.trim();
}

describe('chooseAddress', () => {
  const named = (name: string): NamedNetwork => ({ name, label: 'sluice.network' });
  test.for([
    { title: 'the only network', networks: [A], place: ['a'], expected: A.address },
    { title: 'the shared one of several', networks: [A, B], place: ['b'], expected: B.address },
    { title: 'the first by name of several shared', networks: [B, A], place: ['b', 'a'], expected: A.address },
    { title: 'bridge comes last', networks: [BRIDGE, B], place: ['bridge', 'b'], expected: B.address },
    { title: 'bridge alone is fine', networks: [BRIDGE], place: ['bridge'], expected: BRIDGE.address },
    { title: 'a router on the host reaches all', networks: [B], place: undefined, expected: B.address },
    { title: 'a router in the host network reaches all', networks: [B], place: ['host'], expected: B.address },
    { title: 'the named one', networks: [A, B], place: ['a', 'b'], network: named('b'), expected: B.address },
    { title: 'no shared one', networks: [A], place: ['b'], expected: 'network_unreachable' },
    { title: 'a router without networks', networks: [A], place: [], expected: 'network_unreachable' },
    { title: 'no network', networks: [], place: ['a'], expected: 'address_missing' },
    { title: 'no address yet', networks: [GONE], place: ['c'], expected: 'address_missing' },
    {
      title: 'an unshared name falls back',
      networks: [A, B],
      place: ['a'],
      network: named('b'),
      expected: `${A.address} network_unreachable`,
    },
    {
      title: 'an unknown name falls back',
      networks: [A],
      place: ['a'],
      network: named('x'),
      expected: `${A.address} network_missing`,
    },
    {
      title: 'an unknown name without fallback',
      networks: [A],
      place: ['b'],
      network: named('x'),
      expected: 'network_missing',
    },
    {
      title: 'an unshared name without fallback',
      networks: [A],
      place: ['b'],
      network: named('a'),
      expected: 'network_unreachable',
    },
  ])('$title', ({ networks, place, network, expected }) => {
    expect(choose(networks, place, network)).toBe(expected);
  });

  test.for([
    { place: undefined, expected: '127.0.0.1' },
    { place: ['host'], expected: '127.0.0.1' },
    { place: ['a'], expected: undefined },
  ])('a container in the host network, router in $place', ({ place, expected }) => {
    expect(chooseAddress(workload({ hostNetwork: true }), { networks: place }, undefined).address).toBe(expected);
  });

  test('the hint knows how compose names networks', () => {
    const networks = [A, { network: 'shop_web', address: '172.20.0.2' }];
    const choice = chooseAddress(workload({ networks }), { networks: ['a'] }, { name: 'web', label: 'sluice.network' });
    expect(choice).toMatchObject({ warning: { label: 'sluice.network', hint: 'did you mean shop_web?' } });
  });
});

describe('choosePort', () => {
  test.for([
    { exposed: [], scheme: 'http', mode: 'sluice', expected: 'port_missing' },
    { exposed: [1234], scheme: 'http', mode: 'sluice', expected: '1234' },
    { exposed: [80, 443], scheme: 'http', mode: 'sluice', expected: '80' },
    { exposed: [80, 443], scheme: 'https', mode: 'sluice', expected: '443' },
    { exposed: [3000, 8080], scheme: 'http', mode: 'sluice', expected: '8080 port_ambiguous' },
    { exposed: [22, 3000], scheme: 'h2c', mode: 'sluice', expected: '3000' },
    { exposed: [22, 5432], scheme: 'http', mode: 'sluice', expected: 'port_missing' },
    { exposed: [80, 3000], scheme: 'https', mode: 'sluice', expected: 'port_missing' },
    { exposed: [22, 80], scheme: 'http', mode: 'traefik', expected: '22' },
    { exposed: [], scheme: 'http', mode: 'traefik', expected: 'port_missing' },
  ] as const)('$exposed $scheme $mode: $expected', ({ exposed, scheme, mode, expected }) => {
    const choice = choosePort(exposed, scheme, mode, 'sluice.port');
    expect(choice.port === undefined ? choice.fault.code : `${choice.port} ${choice.warning?.code ?? ''}`.trim()).toBe(
      expected,
    );
  });
});

describe('defaultHost', () => {
  const service = (name: string) => ({ 'com.docker.compose.service': name });
  test.for([
    { labels: {}, domain: undefined, host: undefined },
    { labels: {}, domain: 'a.com', host: 'my-web.a.com' },
    { labels: service('API'), domain: 'a.com', host: 'api.a.com' },
    { labels: service('my_app.v2'), domain: 'a.com', host: 'my-app-v2.a.com' },
    { labels: service('_x_'), domain: 'a.com', host: 'x.a.com' },
    { labels: service('___'), domain: 'a.com', host: undefined },
    { labels: service(`${'a'.repeat(62)}--b`), domain: 'a.com', host: `${'a'.repeat(62)}.a.com` },
  ] as const)('$labels $domain: $host', ({ labels, domain, host }) => {
    expect(defaultHost({ labels, baseName: 'My-Web' }, domain)).toBe(host);
  });
});
