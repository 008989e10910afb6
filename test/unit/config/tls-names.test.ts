import { getCiphers } from 'node:tls';
import { expect, test } from 'vitest';
import { parseCiphers, parseClientAuth, parseCurves, parseTlsVersion } from '../../../src/config/tls-names.ts';

test.for([
  ['1.2', 'TLSv1.2'],
  ['1.3', 'TLSv1.3'],
  [' VersionTLS13 ', 'TLSv1.3'],
  ['VersionTLS12', 'TLSv1.2'],
  ['VersionTLS11', 'old'],
  ['1.1', undefined],
  ['', undefined],
] as const)('version %s is %s', ([text, version]) => {
  expect(parseTlsVersion(text)).toBe(version);
});

test.for([
  ['NoClientCert', 'off'],
  ['RequestClientCert', { mode: 'optional', isVerified: false }],
  ['RequireAnyClientCert', { mode: 'require', isVerified: false }],
  ['VerifyClientCertIfGiven', { mode: 'optional', isVerified: true }],
  ['RequireAndVerifyClientCert', { mode: 'require', isVerified: true }],
  ['off', 'off'],
  ['optional', { mode: 'optional', isVerified: true }],
  ['Require', { mode: 'require', isVerified: true }],
  ['true', undefined],
  ['', undefined],
] as const)('client authentication %s', ([text, expected]) => {
  expect(parseClientAuth(text)).toEqual(expected);
});

test('suites are known by both spellings, and those of TLS 1.3 are accepted', () => {
  const names = ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'ecdhe-rsa-aes128-gcm-sha256', 'TLS_AES_128_GCM_SHA256'];
  expect(parseCiphers(names)).toEqual(['ECDHE-RSA-AES128-GCM-SHA256']);
  expect(parseCiphers(['TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305'])).toEqual(['ECDHE-ECDSA-CHACHA20-POLY1305']);
});

test('every suite that Traefik names and OpenSSL has is one of OpenSSL', () => {
  const all = ['RSA', 'ECDHE_RSA', 'ECDHE_ECDSA'].flatMap((kind) =>
    ['AES_128_CBC_SHA', 'AES_256_CBC_SHA', 'AES_128_CBC_SHA256', 'AES_128_GCM_SHA256', 'AES_256_GCM_SHA384'].map(
      (suite) => `TLS_${kind}_WITH_${suite}`,
    ),
  );
  const parsed = parseCiphers(all);
  if ('message' in parsed) throw new Error(parsed.message);
  expect(parsed).toHaveLength(15);
  const known = getCiphers();
  expect(parsed.filter((suite) => !known.includes(suite.toLowerCase()))).toEqual([]);
});

test.for([
  [['TLS_RSA_WITH_RC4_128_SHA'], 'which is broken'],
  [['TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA'], 'which is broken'],
  [['ECDHE-RSA-AES256-GCM-SHA384:!aNULL'], 'which is no cipher suite'],
  [['ALL'], 'which is no cipher suite'],
] as const)('suites %s are refused', ([names, message]) => {
  expect(parseCiphers(names)).toMatchObject({ message: expect.stringContaining(message) });
});

test('curves are known by the names of Go and of OpenSSL', () => {
  expect(parseCurves(['X25519MLKEM768', 'X25519', 'CurveP256', 'secp384r1', 'P-521', 'prime256v1'])).toEqual([
    'X25519MLKEM768',
    'X25519',
    'P-256',
    'P-384',
    'P-521',
  ]);
  expect(parseCurves(['CurveP255'])).toMatchObject({ hint: 'did you mean curvep256?' });
});
