import { readFileSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startDns } from '../../support/dns.ts';
import { freePort } from '../../support/free-port.ts';
import { handshake } from '../../support/handshake.ts';
import { eventually } from '../../support/certificate-bench.ts';
import { startPebble } from '../../support/pebble.ts';
import { freeRouterPorts, startRouter, type RouterProcess } from '../../support/router-process.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

interface Lab {
  readonly router: RouterProcess;
  readonly rootPem: string;
  readonly folder: string;
}

/** A router with these hosts, a CA that reaches it, and flags that may need the folder both share. */
async function startLab(hosts: readonly string[], flagsOf: (folder: string) => readonly string[]): Promise<Lab> {
  const folder = await temporaryFolder();
  const log = join(folder, 'records');
  writeFileSync(log, '');
  // Asked for at once, so that no two are the same.
  const [ports, port, managementPort] = await Promise.all([freeRouterPorts(), freePort(), freePort()]);
  const dns = await startDns({
    // What the program has written and not taken back.
    txt: {
      get: (name) => {
        const calls = readFileSync(log, 'utf8')
          .split('\n')
          .map((call) => call.split(' '));
        const removed = new Set(calls.flatMap(([action, , value]) => (action === 'cleanup' ? [value] : [])));
        return calls.flatMap(([action, fqdn, value]) =>
          action === 'present' && fqdn === `${name}.` && !removed.has(value) ? [value!] : [],
        );
      },
    },
  });
  onTestFinished(() => dns.stop());
  const pebble = await startPebble({
    port,
    managementPort,
    httpPort: ports.http,
    tlsPort: ports.https,
    dnsServer: dns.address,
  });
  onTestFinished(() => pebble.stop());
  const services = join(folder, 'services.yaml');
  const entries = hosts.map(
    (host, index) => `s${index}:\n  servers: [http://127.0.0.1:9]\n  labels: {sluice.host: "${host}"}\n`,
  );
  await writeFile(services, entries.join(''));
  const acme = ['--acme-ca', pebble.directoryUrl, '--acme-ca-root', pebble.caFile, '--dns-resolvers', dns.address];
  const router = await startRouter({
    dataDir: join(folder, 'data'),
    docker: 'off',
    ports,
    acme,
    flags: ['--file', services, ...flagsOf(folder)],
  });
  onTestFinished(() => router[Symbol.asyncDispose]());
  return { router, rootPem: await pebble.rootPem(), folder };
}

function trusted({ router, rootPem }: Lab, name: string): Promise<string> {
  const look = async (): Promise<string> => {
    const served = await handshake({ at: router.https, name, caPem: rootPem });
    expect(served.isTrusted).toBe(true);
    return served.names;
  };
  return vi.waitFor(look, { timeout: 15_000, interval: 50 });
}

function served({ router }: Lab): readonly unknown[] {
  return router.records.flatMap((record) => (record.msg === 'challenge served' ? [record['host']] : []));
}

test('HTTP-01: our own listener is asked first, past the redirect to HTTPS', async () => {
  const lab = await startLab(['a.test'], () => ['--acme-challenge', 'http-01']);
  expect(await trusted(lab, 'a.test')).toBe('DNS:a.test');
  // Three times by the CA, once by ourselves.
  expect(served(lab).filter((host) => host === 'a.test')).toHaveLength(4);
  expect(lab.router.records.filter(({ level }) => level === 'error')).toEqual([]);
});

test('TLS-ALPN-01 alone', async () => {
  const lab = await startLab(['a.test', 'b.test'], () => ['--acme-challenge', 'tls-alpn-01']);
  expect(await trusted(lab, 'a.test')).toBe('DNS:a.test');
  expect(await trusted(lab, 'b.test')).toBe('DNS:b.test');
  expect(new Set(served(lab))).toEqual(new Set(['a.test', 'b.test']));
});

test('DNS-01: a wildcard by a program, which serves the hosts below it too', async () => {
  const lab = await startLab(['*.wild.test', 'host.wild.test', 'other.test'], (folder) => {
    const program = join(folder, 'hook');
    writeFileSync(program, `#!/bin/sh\necho "$@" >> ${join(folder, 'records')}\n`, { mode: 0o755 });
    return [`--acme-dns=exec:${program}`, '--acme-dns-wait=0'];
  });
  expect(await trusted(lab, 'any.wild.test')).toBe('DNS:*.wild.test');
  expect(await trusted(lab, 'host.wild.test')).toBe('DNS:*.wild.test');
  expect(await trusted(lab, 'other.test')).toBe('DNS:other.test');
  const ordered = lab.router.records.flatMap((record) =>
    record.msg === 'obtaining certificate' ? [record['names']] : [],
  );
  expect(ordered.map(String).toSorted()).toEqual(['*.wild.test', 'other.test']);
  await eventually(() => expect(readFileSync(join(lab.folder, 'records'), 'utf8')).toMatch(/^cleanup /m));
});
