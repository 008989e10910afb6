import { existsSync, readFileSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createDnsLookup } from '../../../../src/acme/dns-lookup.ts';
import type { DnsConfig, DnsWriter } from '../../../../src/config/dns-config.ts';
import type { ChallengeType } from '../../../../src/config/static-config.ts';
import {
  eventually,
  startCertificateBench,
  wantedFor,
  type CertificateBench,
} from '../../../support/certificate-bench.ts';
import { startChallengeResponder, type ChallengeResponder } from '../../../support/challenge-responder.ts';
import { nameData, startDns, type DnsServer, type TextRecords } from '../../../support/dns.ts';
import { startPebble, type Pebble } from '../../../support/pebble.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { startUpdateServer, UPDATE_KEY } from '../../../support/update-server.ts';

const ALIAS = '_acme-challenge.alias.test';
const TARGET = 'proofs.zone.test';

let texts: TextRecords;
let dns: DnsServer;
let responder: ChallengeResponder;
let pebble: Pebble;

beforeAll(async () => {
  dns = await startDns({
    // What an alias has is what its target has.
    txt: { get: (name) => texts.get(name === ALIAS ? TARGET : name) },
    records: new Map([
      ['one.test NS', [nameData('ns1.one.test')]],
      ['zone.test NS', [nameData('ns1.zone.test')]],
      [`${ALIAS} CNAME`, [nameData(TARGET)]],
    ]),
  });
  responder = await startChallengeResponder();
  pebble = await startPebble({ dnsServer: dns.address, httpPort: responder.port, tlsPort: 1 });
});

afterAll(async () => {
  await pebble.stop();
  await responder.stop();
  await dns.stop();
});

async function obtain(
  writer: DnsWriter,
  names: readonly (readonly string[])[],
  changes: Partial<DnsConfig> & { readonly challenges?: readonly ChallengeType[] } = {},
): Promise<CertificateBench> {
  const { challenges = ['dns-01'], ...config } = changes;
  return startCertificateBench({
    dataDir: await temporaryFolder(),
    acme: {
      directories: [pebble.directoryUrl],
      caRootFile: pebble.caFile,
      challenges,
      dns: { writer, waitMs: 20_000, settleMs: 0, ...config },
    },
    lookup: createDnsLookup({ servers: [dns.address], authorityPort: dns.port }),
    publisher: responder.publisher,
    wanted: names.map((list) => wantedFor(...list)),
  });
}

function signed(bench: CertificateBench, name: string): Promise<void> {
  return eventually(() => expect(bench.serving(name)?.source).toBe('acme'));
}

test('RFC 2136: a wildcard and its parent are two values of one name, and none is left', async () => {
  const server = await startUpdateServer({ zone: 'one.test' });
  onTestFinished(() => server.stop());
  let most = 0;
  texts = {
    get: (name) => {
      const values = server.txt.get(name) ?? [];
      most = Math.max(most, values.length);
      return values;
    },
  };
  const tsig = { ...UPDATE_KEY, algorithm: 'hmac-sha256' } as const;
  const writer = { kind: 'rfc2136', host: '127.0.0.1', port: server.port, zone: undefined, tsig, ttl: 60 } as const;
  const bench = await obtain(writer, [['*.one.test', 'one.test']]);
  await signed(bench, '*.one.test');
  await eventually(() => expect([...server.txt.values()].flat()).toEqual([]));
  expect(most).toBe(2);
});

test('a program is called for each value, and again to clean up', async () => {
  const folder = await temporaryFolder();
  const program = join(folder, 'hook');
  const log = join(folder, 'log');
  await writeFile(program, `#!/bin/sh\necho "$@" >> ${log}\n`);
  await chmod(program, 0o755);
  const calls = (): readonly string[] => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []);
  // DNS shows what the program wrote down.
  texts = {
    get: (name) => {
      const words = calls().map((call) => call.split(' '));
      return words.flatMap(([action, fqdn, value]) => (action === 'present' && fqdn === `${name}.` ? [value!] : []));
    },
  };
  const bench = await obtain({ kind: 'exec', path: program }, [['*.one.test', 'one.test']]);
  await signed(bench, '*.one.test');
  await eventually(() => expect(calls()).toHaveLength(4));
  for (const call of calls()) expect(call).toMatch(/^(present|cleanup) _acme-challenge\.one\.test\. [\w-]{43}$/);
  const [presented, removed] = ['present ', 'cleanup '].map(
    (action) => new Set(calls().flatMap((call) => (call.startsWith(action) ? call.slice(action.length) : []))),
  );
  expect(presented!.size).toBe(2);
  expect(removed).toEqual(presented);
});

test('a web hook is posted to with basic credentials, and an alias is followed', async () => {
  const values = new Map<string, string[]>();
  const seen: string[] = [];
  const hook = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      seen.push(`${request.method} ${request.url} ${request.headers.authorization}`);
      const { fqdn, value } = JSON.parse(body) as { fqdn: string; value: string };
      const name = fqdn.replace(/\.$/, '');
      const others = (values.get(name) ?? []).filter((one) => one !== value);
      values.set(name, request.url === '/dns/present' ? [...others, value] : others);
      response.end('{}');
    });
  });
  await once(hook.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void hook.close());
  texts = values;
  const { port } = hook.address() as AddressInfo;
  const login = { username: 'u', password: 'p:w' };
  const bench = await obtain({ kind: 'webhook', url: `http://127.0.0.1:${port}/dns`, login }, [['*.alias.test']]);
  await signed(bench, '*.alias.test');
  await eventually(() => expect(seen).toHaveLength(2));
  const basic = `Basic ${Buffer.from('u:p:w').toString('base64')}`;
  expect(seen).toEqual([`POST /dns/present ${basic}`, `POST /dns/cleanup ${basic}`]);
  expect([...values]).toEqual([[TARGET, []]]);
});

test('a record that no server shows costs no attempt at the CA', async () => {
  texts = new Map();
  const folder = await temporaryFolder();
  const program = join(folder, 'lazy');
  await writeFile(program, '#!/bin/sh\nexit 0\n');
  await chmod(program, 0o755);
  const bench = await obtain({ kind: 'exec', path: program }, [['*.one.test']], { waitMs: 1 });
  await eventually(() => expect(bench.status('*.one.test')?.lastError?.type).toBe('dns_record'));
  const { detail } = bench.status('*.one.test')!.lastError!;
  expect(detail).toContain('127.0.0.1 does not show the TXT record of _acme-challenge.one.test.');
});

test('a program that fails is quoted', async () => {
  const folder = await temporaryFolder();
  const program = join(folder, 'broken');
  await writeFile(program, '#!/bin/sh\necho no such zone >&2\nexit 3\n');
  await chmod(program, 0o755);
  const bench = await obtain({ kind: 'exec', path: program }, [['*.one.test']]);
  await eventually(() => expect(bench.status('*.one.test')?.lastError?.type).toBe('dns_record'));
  expect(bench.status('*.one.test')!.lastError!.detail).toMatch(/ended with 3: no such zone/);
});

test('a name that HTTP cannot prove is proved by DNS in the next attempt', async () => {
  const server = await startUpdateServer({ zone: 'one.test' });
  onTestFinished(() => server.stop());
  texts = server.txt;
  let lateMs = 0;
  const tsig = { ...UPDATE_KEY, algorithm: 'hmac-sha256' } as const;
  const writer = { kind: 'rfc2136', host: '127.0.0.1', port: server.port, zone: undefined, tsig, ttl: 60 } as const;
  const bench = await startCertificateBench({
    dataDir: await temporaryFolder(),
    acme: {
      directories: [pebble.directoryUrl],
      caRootFile: pebble.caFile,
      // Nobody listens on its port.
      challenges: ['tls-alpn-01', 'dns-01'],
      dns: { writer, waitMs: 20_000, settleMs: 0 },
    },
    lookup: createDnsLookup({ servers: [dns.address], authorityPort: dns.port }),
    publisher: { publish: async () => undefined, withdraw: () => undefined },
    wanted: [wantedFor('host.one.test')],
    now: () => Date.now() + lateMs,
  });
  await eventually(() => expect(bench.status('host.one.test')?.failures).toBe(1));
  lateMs = 200_000;
  // The clock of the update server is the true one: this one is within its five minutes.
  await signed(bench, 'host.one.test');
});
