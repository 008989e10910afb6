import { describe, expect, test } from 'vitest';
import type { AcmeConfig } from '../../../src/config/static-config.ts';
import type { ListenerTls } from '../../../src/routing/listener.ts';
import { wantedCertificates, type TlsRouter } from '../../../src/routing/wanted-certificates.ts';
import { isRuleError, parseRule } from '../../../src/rule/parse.ts';
import { staticConfig } from '../../support/workloads.ts';

const PUBLIC = staticConfig().acme;
const PRIVATE: AcmeConfig = { ...PUBLIC, directories: ['https://ca.test/dir'], customDirectory: true };
const OFF: AcmeConfig = { ...PUBLIC, directories: [] };

function router(rule: string, tls: Partial<ListenerTls> = {}, name = 'web@docker', container = 'web-1'): TlsRouter {
  const matcher = parseRule(rule);
  if (isRuleError(matcher)) throw new Error(matcher.message);
  return { name, containers: [container], matcher, tls: { issuer: 'acme', domains: [], ...tls } };
}

/** `names issuer` of each certificate. */
function wanted(routers: readonly TlsRouter[], acme = PUBLIC): readonly string[] {
  return wantedCertificates(routers, acme).map(({ names, issuer }) => `${names.join(' ')} ${issuer}`);
}

describe('one certificate for each host', () => {
  test.for([
    { rule: 'Host(`b.com`) || Host(`A.com.`) || Host(`b.com`)', expected: ['a.com acme', 'b.com acme'] },
    { rule: 'Host(`*.a.com`) && !Host(`x.a.com`)', expected: ['*.a.com acme'] },
    { rule: 'HostRegexp(`.*`)', expected: [] },
    { rule: 'PathPrefix(`/`)', expected: [] },
    { rule: 'Host(`a.com:80`) || Host(`http://b.com`) || Host(`c.com,d.com`)', expected: [] },
    { rule: 'Host(`my_app.a.com`)', expected: ['my_app.a.com internal'] },
    { rule: 'Host(`localhost`) || Host(`a.test`)', expected: ['a.test internal', 'localhost internal'] },
    { rule: 'Host(`1.1.1.1`) || Host(`10.0.0.1`)', expected: ['1.1.1.1 acme', '10.0.0.1 internal'] },
  ])('$rule', ({ rule, expected }) => {
    expect(wanted([router(rule)])).toEqual(expected);
  });
});

test('on demand, hosts below a wildcard get their own and the wildcard none', () => {
  const rule = 'Host(`a.com`) || Host(`*.a.com`)';
  expect(wanted([router(rule, { onDemand: true })])).toEqual(['a.com acme']);
  const both = [router(rule, { onDemand: true }), router('Host(`*.a.com`)', {}, 'other@docker')];
  expect(wanted(both)).toEqual(['*.a.com acme', 'a.com acme']);
});

describe('who signs', () => {
  test.for([
    { title: 'a private CA signs what a public one does not', acme: PRIVATE, host: 'a.test', issuer: 'acme' },
    { title: 'a private CA does not sign localhost', acme: PRIVATE, host: 'a.localhost', issuer: 'internal' },
    { title: 'a private CA signs addresses', acme: PRIVATE, host: '10.0.0.1', issuer: 'acme' },
    { title: 'without a CA the local authority does', acme: OFF, host: 'a.com', issuer: 'internal' },
    {
      title: 'addresses need the short-lived profile',
      acme: { ...PUBLIC, profile: 'shortlived' },
      host: '1.1.1.1',
      issuer: 'acme',
    },
    {
      title: 'private addresses never',
      acme: { ...PUBLIC, profile: 'shortlived' },
      host: '10.0.0.1',
      issuer: 'internal',
    },
  ])('$title', ({ acme, host, issuer }) => {
    expect(wanted([router(`Host(\`${host}\`)`)], acme)).toEqual([`${host} ${issuer}`]);
  });

  test('a router may ask for the local authority', () => {
    expect(wanted([router('Host(`a.com`)', { issuer: 'internal' })])).toEqual(['a.com internal']);
  });

  test('a public certificate serves all routers of a host', () => {
    const routers = [
      router('Host(`a.com`)', { issuer: 'internal' }, 'x@docker'),
      router('Host(`a.com`)', {}, 'y@docker'),
    ];
    expect(wantedCertificates(routers, PUBLIC)).toEqual([
      { names: ['a.com'], issuer: 'acme', routers: ['x@docker', 'y@docker'] },
    ]);
  });
});

describe('groups', () => {
  const grouped = { domains: [['b.com', 'A.com', 'b.com'], ['*.c.com']] };

  test('replace the hosts of the rule', () => {
    expect(wanted([router('Host(`z.com`)', grouped)])).toEqual(['*.c.com acme', 'a.com b.com acme']);
  });

  test('are split when a CA cannot sign a name', () => {
    expect(wanted([router('Host(`z.com`)', { domains: [['a.com', 'a.test']] })])).toEqual([
      'a.com acme',
      'a.test internal',
    ]);
  });

  test('spare the hosts they hold a certificate of their own', () => {
    const routers = [
      router('Host(`a.com`) && Path(`/x`)', {}, 'x@docker'),
      router('Host(`a.com`)', grouped, 'y@docker'),
    ];
    expect(wantedCertificates(routers, PUBLIC)[1]).toEqual({
      names: ['a.com', 'b.com'],
      issuer: 'acme',
      routers: ['x@docker', 'y@docker'],
    });
  });

  test('of another container do not: a dead name in them would cost this host its certificate', () => {
    const routers = [
      router('Host(`a.com`)', {}, 'x@docker', 'x-1'),
      router('Host(`b.com`)', grouped, 'y@docker', 'y-1'),
    ];
    expect(wanted(routers)).toEqual(['*.c.com acme', 'a.com acme', 'a.com b.com acme']);
  });
});
