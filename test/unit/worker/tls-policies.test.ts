import { describe, expect, test } from 'vitest';
import { DEFAULT_TLS_POLICY, type TlsPolicy } from '../../../src/config/tls-options.ts';
import { TlsPolicies } from '../../../src/worker/tls-policies.ts';
import { router } from '../../support/data-plane.ts';

const ASKS: Partial<TlsPolicy> = { clientAuth: { mode: 'require', isVerified: true, caPem: 'pem' } };
const SUITES = DEFAULT_TLS_POLICY.ciphers;

function policy(id: string, changes: Partial<TlsPolicy> = {}): TlsPolicy {
  return { ...DEFAULT_TLS_POLICY, id, ...changes };
}

const MODERN = policy('modern', { minVersion: 'TLSv1.3' });

describe('what a listener is told', () => {
  test.for<{ title: string; options: Record<string, TlsPolicy>; told: object }>([
    {
      title: 'nothing is said',
      options: {},
      told: { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3', ciphers: SUITES, hasTickets: true },
    },
    { title: 'one host needs TLS 1.3', options: { MODERN }, told: { minVersion: 'TLSv1.2', hasTickets: true } },
    {
      title: 'all need TLS 1.3',
      options: { default: policy('', { minVersion: 'TLSv1.3' }), MODERN },
      told: { minVersion: 'TLSv1.3' },
    },
    {
      title: 'the default is capped, and one host needs more',
      options: { default: policy('', { maxVersion: 'TLSv1.2' }), MODERN },
      told: { maxVersion: 'TLSv1.3' },
    },
    {
      title: 'the default is capped, and others do not care',
      options: { default: policy('', { maxVersion: 'TLSv1.2' }), a: policy('a', { sniStrict: true }) },
      told: { maxVersion: 'TLSv1.2' },
    },
    {
      title: 'one host asks',
      options: { a: policy('a', { ...ASKS, minVersion: 'TLSv1.3' }) },
      told: { hasTickets: false },
    },
    {
      title: 'the default asks',
      options: { default: policy('d', ASKS) },
      told: { hasTickets: false, clientAuth: ASKS.clientAuth },
    },
    {
      title: 'one host has other suites',
      options: { a: policy('a', { ciphers: [SUITES[3]!] }) },
      told: { hasTickets: false },
    },
    {
      title: 'what asks is refused',
      options: { a: policy('a', { ...ASKS, refused: 'x' }) },
      told: { hasTickets: true },
    },
    {
      title: 'the curves',
      options: { default: policy('', { curves: ['P-384'] }), a: policy('a', { curves: ['P-521'] }) },
      told: { curves: ['P-384'] },
    },
  ])('$title', ({ options, told }) => {
    expect(new TlsPolicies(options).listener).toMatchObject(told);
  });

  test('suites that all allow come first, and no other suite is left out', () => {
    const few = [SUITES[3]!, SUITES[5]!];
    const { ciphers } = new TlsPolicies({
      a: policy('a', { ciphers: few }),
      b: policy('b', { ciphers: ['AES128-SHA'] }),
    }).listener;
    expect(ciphers.slice(0, 2)).toEqual(few);
    expect(new Set(ciphers)).toEqual(new Set([...SUITES, 'AES128-SHA']));
  });
});

describe('what a name gets', () => {
  test('the options of its routers, and of others never', () => {
    const policies = new TlsPolicies({ MODERN });
    policies.add(router('Host(`m.test`)', { tls: true, entrypoints: ['https'], tlsOptions: 'MODERN' }));
    policies.add(router('Host(`o.test`)', { tls: true, entrypoints: ['https'] }));
    policies.add(router('Host(`o.test`)', { tls: false, entrypoints: ['https'], tlsOptions: 'MODERN' }));
    const found = ['m.test', 'o.test', 'x.test'].map((name) => policies.find('https', name).id);
    expect(found).toEqual(['modern', '', '']);
  });

  test('a router whose options are not there cannot be built', () => {
    const needy = router('Host(`m.test`)', { tls: true, tlsOptions: 'gone' });
    expect(() => new TlsPolicies({ MODERN }).idOf(needy)).toThrow('no TLS options gone');
  });

  test('where clients cannot be asked, options that ask are refused and others are not', () => {
    const policies = new TlsPolicies({ a: policy('a', ASKS), MODERN }, () => false);
    policies.add(router('Host(`a.test`)', { tls: true, entrypoints: ['https'], tlsOptions: 'a' }));
    policies.add(router('Host(`m.test`)', { tls: true, entrypoints: ['https'], tlsOptions: 'MODERN' }));
    expect(policies.find('https', 'a.test').refused).toContain('cannot ask clients');
    expect(policies.find('https', 'm.test').refused).toBeUndefined();
    expect(policies.unusable).toContain('cannot ask clients');
    expect(new TlsPolicies({ MODERN }, () => false).unusable).toBeUndefined();
  });
});
