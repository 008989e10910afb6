import { expect, test } from 'vitest';
import { parseStaticOptions } from '../../../src/config/parse-static-options.ts';

test.for([
  [[], undefined],
  [['--tls-min-version=1.3'], { minVersion: 'TLSv1.3' }],
  [['--tls-min-version=VersionTLS12'], { minVersion: 'TLSv1.2' }],
  [
    ['--tls-ciphers=ECDHE-RSA-AES256-GCM-SHA384,TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'],
    { ciphers: ['ECDHE-RSA-AES256-GCM-SHA384', 'ECDHE-ECDSA-AES256-GCM-SHA384'] },
  ],
  [['--tls-ciphers=TLS_AES_128_GCM_SHA256'], undefined],
] as const)('%j', ([flags, tls]) => {
  const result = parseStaticOptions(flags, {}, () => '');
  expect('config' in result && result.config.tls).toEqual(tls);
});

test.for([
  ['--tls-min-version=1.1', 'is no version of TLS that is spoken here'],
  ['--tls-min-version=', 'is no version of TLS'],
  ['--tls-ciphers=RC4', 'is broken'],
  ['--tls-ciphers=HIGH:!aNULL', 'is no cipher suite'],
])('%s ends the start', ([flag, message]) => {
  const result = parseStaticOptions([flag!], {}, () => '');
  expect('problems' in result && result.problems.join()).toContain(message);
});

test('an entrypoint names TLS options for its routers that say nothing about TLS', () => {
  const flags = [
    '--entrypoints.web.address=:443',
    '--entrypoints.web.http.tls.options=strict@file',
    '--providers.docker',
  ];
  const result = parseStaticOptions(flags, {}, () => '');
  const tls = 'config' in result ? result.config.entrypoints[0]?.defaults?.tls : undefined;
  expect(tls).toEqual({ resolver: undefined, domains: [], options: 'strict@file' });
});
