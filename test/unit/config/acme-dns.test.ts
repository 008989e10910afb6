import { describe, expect, test } from 'vitest';
import { parseStaticOptions } from '../../../src/config/parse-static-options.ts';

const KEY_FILE = 'key "lab." {\n  algorithm hmac-sha512;\n  secret "c2VjcmV0";\n};\n';
const LE = '--certificatesresolvers.le.acme';
const FILES: Readonly<Record<string, string>> = {
  '/key': KEY_FILE,
  '/secret': 'c2VjcmV0\n',
  '/no-key': 'zone "a" {};',
};

function parse(
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): ReturnType<typeof parseStaticOptions> {
  return parseStaticOptions(argv, env, (path) => {
    const text = FILES[path];
    if (text === undefined) throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
    return text;
  });
}

const TSIG = { name: 'lab', secret: 'c2VjcmV0', algorithm: 'hmac-sha512' };
const SERVER = { kind: 'rfc2136', host: 'ns.test', port: 53, zone: undefined, tsig: undefined, ttl: 60 };

describe('who writes records', () => {
  test.for<{ argv: string[]; writer: object; waitMs?: number }>([
    { argv: ['--acme-dns=exec:/usr/bin/hook'], writer: { kind: 'exec', path: '/usr/bin/hook' } },
    {
      argv: ['--acme-dns=webhook:https://u:p%40w@hook.test/dns/'],
      writer: { kind: 'webhook', url: 'https://hook.test/dns', login: { username: 'u', password: 'p@w' } },
    },
    {
      argv: ['--acme-dns=webhook:http://hook.test'],
      writer: { kind: 'webhook', url: 'http://hook.test', login: undefined },
    },
    { argv: ['--acme-dns=rfc2136://ns.test'], writer: SERVER },
    {
      argv: ['--acme-dns=rfc2136://ns.test:5353?zone=A.test.&ttl=5'],
      writer: { ...SERVER, port: 5353, zone: 'a.test', ttl: 5 },
    },
    { argv: ['--acme-dns=rfc2136://[2001:db8::1]:53'], writer: { ...SERVER, host: '2001:db8::1' } },
    {
      argv: ['--acme-dns=rfc2136://ns.test', '--acme-dns-tsig-name=lab.', '--acme-dns-tsig-secret=c2VjcmV0'],
      writer: { ...SERVER, tsig: { ...TSIG, algorithm: 'hmac-sha256' } },
    },
    { argv: ['--acme-dns=rfc2136://ns.test', '--acme-dns-tsig-file=/key'], writer: { ...SERVER, tsig: TSIG } },
    { argv: ['--acme-dns=exec:/hook', '--acme-dns-wait=0'], writer: { kind: 'exec' }, waitMs: 0 },
  ])('$argv', ({ argv, writer, waitMs = 120_000 }) => {
    const result = parse(argv);
    expect(result).toMatchObject({ config: { acme: { dns: { writer, waitMs } } } });
  });

  test.for<{ argv: string[]; says: RegExp }>([
    {
      argv: ['--acme-dns=cloudflare'],
      says: /--acme-dns: "cloudflare" is not a way to write DNS records; write exec:/,
    },
    { argv: ['--acme-dns=exec:hook'], says: /names no program; write exec:\/path/ },
    { argv: ['--acme-dns=webhook:ftp://a'], says: /not the URL of a webhook/ },
    { argv: ['--acme-dns=webhook:https://u:geheim@hook.test?x'], says: /^(?!.*geheim).*not the URL of a webhook/ },
    { argv: ['--acme-dns=webhook:https://u:ge/heim@hook.test?x'], says: /^(?!.*heim).*not the URL of a webhook/ },
    { argv: ['--acme-dns=rfc2136://'], says: /not the address of a name server/ },
    { argv: ['--acme-dns=rfc2136://ns.test?zona=a'], says: /unknown part zona/ },
    { argv: ['--acme-dns=rfc2136://ns.test?ttl=x'], says: /ttl that is none/ },
    {
      argv: ['--acme-dns=rfc2136://ns.test', '--acme-dns-tsig-name=k'],
      says: /has no secret; add --acme-dns-tsig-secret/,
    },
    { argv: ['--acme-dns=rfc2136://ns.test', '--acme-dns-tsig-secret=c2VjcmV0'], says: /has no name/ },
    {
      argv: ['--acme-dns=rfc2136://ns.test', '--acme-dns-tsig-name=k', '--acme-dns-tsig-secret=geheim!'],
      says: /^(?!.*geheim).*is not Base64/,
    },
    { argv: ['--acme-dns=rfc2136://ns.test', '--acme-dns-tsig-file=/none'], says: /cannot be read/ },
    { argv: ['--acme-dns=rfc2136://ns.test', '--acme-dns-tsig-file=/no-key'], says: /holds no TSIG key/ },
    { argv: ['--acme-dns=exec:/hook', '--acme-dns-tsig-file=/key'], says: /not signed by TSIG/ },
    { argv: ['--acme-challenge=dns-01'], says: /dns-01 needs somebody who writes the records: set --acme-dns/ },
  ])('$argv is refused', ({ argv, says }) => {
    const result = parse(argv);
    expect(result).toMatchObject({ problems: [expect.stringMatching(says)] });
  });

  test.for([
    { argv: ['--acme-dns=exec:/hook'], challenges: ['http-01', 'tls-alpn-01', 'dns-01'] },
    { argv: ['--acme-dns=exec:/hook', '--acme-challenge=http-01'], challenges: ['http-01', 'dns-01'] },
    { argv: ['--acme-dns=exec:/hook', '--acme-challenge=dns-01,http-01'], challenges: ['dns-01', 'http-01'] },
    { argv: [], challenges: ['http-01', 'tls-alpn-01'] },
  ])('$argv: challenges are $challenges', ({ argv, challenges }) => {
    expect(parse(argv)).toMatchObject({ config: { acme: { challenges } } });
  });
});

describe("Traefik's providers with their variables", () => {
  test.for<{ provider: string; env: Record<string, string>; dns: object }>([
    {
      provider: 'exec',
      env: { EXEC_PATH: './hook.sh', EXEC_PROPAGATION_TIMEOUT: '300' },
      dns: { writer: { kind: 'exec', path: './hook.sh' }, waitMs: 300_000 },
    },
    {
      provider: 'httpreq',
      env: { HTTPREQ_ENDPOINT: 'http://hook:9090/x', HTTPREQ_USERNAME: 'u', HTTPREQ_PASSWORD_FILE: '/secret' },
      dns: {
        writer: { kind: 'webhook', url: 'http://hook:9090/x', login: { username: 'u', password: 'c2VjcmV0' } },
        waitMs: 60_000,
      },
    },
    {
      provider: 'rfc2136',
      env: {
        RFC2136_NAMESERVER: 'ns.test',
        RFC2136_TSIG_KEY: 'lab.',
        RFC2136_TSIG_SECRET: 'c2VjcmV0',
        RFC2136_TTL: '30',
      },
      dns: { writer: { ...SERVER, ttl: 30, tsig: { ...TSIG, algorithm: 'hmac-sha1' } } },
    },
    {
      provider: 'rfc2136',
      env: {
        RFC2136_NAMESERVER: '10.0.0.1:5353',
        RFC2136_TSIG_KEY: 'lab',
        RFC2136_TSIG_SECRET: 'c2VjcmV0',
        RFC2136_TSIG_ALGORITHM: 'hmac-sha512.',
      },
      dns: { writer: { ...SERVER, host: '10.0.0.1', port: 5353, ttl: 120, tsig: TSIG } },
    },
    {
      provider: 'rfc2136',
      env: { RFC2136_NAMESERVER: 'ns.test', RFC2136_TSIG_FILE: '/key' },
      dns: { writer: { ...SERVER, ttl: 120, tsig: TSIG } },
    },
  ])('$provider $env', ({ provider, env, dns }) => {
    const result = parse([`${LE}.dnschallenge.provider=${provider}`], env);
    expect(result).toMatchObject({ config: { acme: { dns, challenges: ['dns-01'] } } });
  });

  test.for<{ provider: string; env: Record<string, string>; says: RegExp }>([
    { provider: 'exec', env: {}, says: /^EXEC_PATH: it must name the program/ },
    { provider: 'exec', env: { EXEC_PATH: '/hook', EXEC_MODE: 'RAW' }, says: /^EXEC_MODE: RAW is not supported/ },
    { provider: 'httpreq', env: {}, says: /^HTTPREQ_ENDPOINT: it must be the URL/ },
    {
      provider: 'httpreq',
      env: { HTTPREQ_ENDPOINT_FILE: '/none' },
      says: /^HTTPREQ_ENDPOINT_FILE: \/none cannot be read/,
    },
    { provider: 'rfc2136', env: {}, says: /^RFC2136_NAMESERVER: / },
    {
      provider: 'rfc2136',
      env: {
        RFC2136_NAMESERVER: 'ns',
        RFC2136_TSIG_KEY: 'k',
        RFC2136_TSIG_SECRET: 'YQ==',
        RFC2136_TSIG_ALGORITHM: 'hmac-md5',
      },
      says: /^RFC2136_TSIG_ALGORITHM: hmac-md5 is none of/,
    },
    {
      provider: 'rfc2136',
      env: { RFC2136_NAMESERVER: 'ns', RFC2136_TSIG_KEY: 'k', RFC2136_TSIG_SECRET: 'geheim!' },
      says: /^RFC2136_TSIG_SECRET: it is not Base64/,
    },
  ])('$provider $env is refused', ({ provider, env, says }) => {
    const result = parse([`${LE}.dnschallenge.provider=${provider}`], env);
    expect(result).toMatchObject({ problems: [expect.stringMatching(says)] });
  });

  test('another provider is a notice that names the ways, and names are proved over HTTP and TLS', () => {
    const result = parse([`${LE}.dnschallenge.provider=cloudflare`]);
    expect(result).toMatchObject({ config: { acme: { challenges: ['http-01', 'tls-alpn-01'] } } });
    expect(result.notices.join('\n')).toMatch(/DNS provider cloudflare is not built in.*exec, httpreq and rfc2136/);
  });

  test('own options come first', () => {
    const argv = [`${LE}.dnschallenge.provider=exec`, '--acme-dns=exec:/mine'];
    const result = parse(argv, { EXEC_PATH: '/theirs' });
    expect(result).toMatchObject({ config: { acme: { dns: { writer: { path: '/mine' } } } } });
  });
});
