import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  canonicalHost,
  canonicalName,
  hostWithTrailingDot,
  isCertificateName,
  isLocalhost,
  isPublicName,
  parseHostname,
} from '../../../src/lib/hostname.ts';

describe('canonicalHost (A3)', () => {
  test.for([
    { authority: 'Example.COM', host: 'example.com', withDot: 'example.com' },
    { authority: 'example.com:8080', host: 'example.com', withDot: 'example.com' },
    { authority: 'example.com.', host: 'example.com', withDot: 'example.com.' },
    { authority: 'example.com.:80', host: 'example.com', withDot: 'example.com.' },
    { authority: 'example.com:', host: 'example.com', withDot: 'example.com' },
    { authority: '[2001:DB8::A]:443', host: '2001:db8::a', withDot: '2001:db8::a' },
    { authority: '[::1]', host: '::1', withDot: '::1' },
    { authority: '', host: '', withDot: '' },
  ])('$authority', ({ authority, host, withDot }) => {
    expect(canonicalHost(authority)).toBe(host);
    expect(hostWithTrailingDot(authority)).toBe(withDot);
  });

  test.for([
    { name: 'Example.COM.', canonical: 'example.com' },
    { name: '*.Example.com', canonical: '*.example.com' },
    { name: '2001:DB8::A', canonical: '2001:db8::a' },
    { name: 'a..', canonical: 'a.' },
    { name: '', canonical: '' },
  ])('of the name $name alone is $canonical', ({ name, canonical }) => {
    expect(canonicalName(name)).toBe(canonical);
  });

  test('is the same when it is applied twice', () => {
    const name = fc.stringMatching(/^[a-zA-Z0-9-]{1,10}(\.[a-zA-Z0-9-]{1,10}){0,3}$/);
    fc.assert(fc.property(name, (host) => canonicalHost(canonicalHost(host)) === canonicalHost(host)));
  });
});

describe('parseHostname', () => {
  test.for([
    { text: ' Example.COM. ', name: 'example.com' },
    { text: '*.example.com', name: '*.example.com' },
    { text: 'my_app.example.com', name: 'my_app.example.com' },
    { text: 'bücher.example', name: 'xn--bcher-kva.example' },
    { text: '*.bücher.example', name: '*.xn--bcher-kva.example' },
    { text: 'localhost', name: 'localhost' },
    { text: '10.0.0.7', name: '10.0.0.7' },
    { text: '2001:DB8::1', name: '2001:db8::1' },
    { text: '', name: undefined },
    { text: '.', name: undefined },
    { text: '*', name: undefined },
    { text: '*.*.example.com', name: undefined },
    { text: 'a..b', name: undefined },
    { text: '-a.example', name: undefined },
    { text: 'a b', name: undefined },
    { text: 'example.com:80', name: undefined },
    { text: 'https://example.com', name: undefined },
    { text: 'ü@example.com', name: undefined },
    { text: '10.0.0.256', name: undefined },
    { text: '*.10.0.0.7', name: undefined },
    { text: `${'a'.repeat(64)}.example`, name: undefined },
    { text: Array<string>(60).fill('abcd').join('.'), name: undefined },
  ])('"$text" is $name', ({ text, name }) => {
    expect(parseHostname(text)).toBe(name);
  });

  test('what it gives it takes again unchanged', () => {
    fc.assert(
      fc.property(fc.domain(), (text) => {
        const name = parseHostname(text);
        return name === undefined || parseHostname(name) === name;
      }),
    );
  });
});

describe('names of certificates (acme.md section 8)', () => {
  test.for([
    { name: 'example.com', isCertificate: true, isPublic: true },
    { name: '*.example.com', isCertificate: true, isPublic: true },
    { name: 'my_app.example.com', isCertificate: false, isPublic: false },
    { name: 'web', isCertificate: true, isPublic: false },
    { name: 'localhost', isCertificate: true, isPublic: false },
    { name: 'a.localhost', isCertificate: true, isPublic: false },
    { name: 'a.test', isCertificate: true, isPublic: false },
    { name: '*.a.test', isCertificate: true, isPublic: false },
    { name: 'nas.local', isCertificate: true, isPublic: false },
    { name: 'a.internal', isCertificate: true, isPublic: false },
    { name: 'a.home.arpa', isCertificate: true, isPublic: false },
    { name: 'a.example', isCertificate: true, isPublic: false },
    { name: 'contest.com', isCertificate: true, isPublic: true },
    { name: '10.0.0.7', isCertificate: true, isPublic: false },
    { name: '192.168.1.1', isCertificate: true, isPublic: false },
    { name: '127.0.0.1', isCertificate: true, isPublic: false },
    { name: '1.1.1.1', isCertificate: true, isPublic: true },
    { name: '::1', isCertificate: true, isPublic: false },
    { name: 'fd00::1', isCertificate: true, isPublic: false },
    { name: '2606:4700::1111', isCertificate: true, isPublic: true },
    { name: 'a b', isCertificate: false, isPublic: false },
    { name: '', isCertificate: false, isPublic: false },
    { name: '*', isCertificate: false, isPublic: false },
  ])('$name', ({ name, isCertificate, isPublic }) => {
    expect({ isCertificate: isCertificateName(name), isPublic: isPublicName(name) }).toEqual({
      isCertificate,
      isPublic,
    });
  });

  test.for([
    { name: 'localhost', expected: true },
    { name: 'a.b.localhost', expected: true },
    { name: 'notlocalhost', expected: false },
    { name: 'localhost.example.com', expected: false },
  ])('$name is local: $expected', ({ name, expected }) => {
    expect(isLocalhost(name)).toBe(expected);
  });
});
