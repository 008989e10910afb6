import { writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { eventually, startCertificateBench, wantedFor } from '../../support/certificate-bench.ts';
import { startChallengeResponder } from '../../support/challenge-responder.ts';
import { startDns } from '../../support/dns.ts';
import { startPebble, type PebbleOptions } from '../../support/pebble.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

test('short-lived certificates are renewed before they expire, one order each', { timeout: 60_000 }, async () => {
  await using stack = new AsyncDisposableStack();
  const dns = stack.adopt(await startDns(), (part) => part.stop());
  const responder = stack.adopt(await startChallengeResponder(), (part) => part.stop());
  const options = { dnsServer: dns.address, httpPort: responder.port, validitySeconds: 12 };
  const pebble = stack.adopt(await startPebble(options), (part) => part.stop());
  const run = await startCertificateBench({
    dataDir: await temporaryFolder(),
    acme: { directories: [pebble.directoryUrl], caRootFile: pebble.caFile },
    publisher: responder.publisher,
    wanted: [wantedFor('short.test')],
  });
  const seen = new Map<string, number>();
  await eventually(() => {
    const serving = run.serving('short.test');
    if (serving?.source === 'acme') {
      seen.set(serving.id, serving.notAfter);
      expect(serving.notAfter).toBeGreaterThan(Date.now());
    }
    expect(seen.size).toBe(3);
  }, 40_000);
  expect(pebble.orderCount()).toBe(3);
  expect(run.lines.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);
});

test(
  'a CA that goes and comes back empty: the old certificate serves, then all heals',
  { timeout: 60_000 },
  async () => {
    await using stack = new AsyncDisposableStack();
    const dns = stack.adopt(await startDns(), (part) => part.stop());
    const responder = stack.adopt(await startChallengeResponder(), (part) => part.stop());
    const options: PebbleOptions = { dnsServer: dns.address, httpPort: responder.port, validitySeconds: 90 * 86_400 };
    const first = await startPebble(options);
    let offset = 0;
    const dataDir = await temporaryFolder();
    const common = {
      dataDir,
      acme: { directories: [first.directoryUrl], caRootFile: `${dataDir}/ca.pem` },
      publisher: responder.publisher,
      now: () => Date.now() + offset,
    };
    await writeFile(common.acme.caRootFile, first.listenerCa.rootPem);
    const run = await startCertificateBench({ ...common, wanted: [wantedFor('old.test')] });
    await eventually(() => expect(run.serving('old.test')?.source).toBe('acme'));
    await first.stop();

    run.manager.setWanted([wantedFor('old.test'), wantedFor('new.test')]);
    await eventually(() => expect(run.status('new.test')).toMatchObject({ state: 'failed', failures: 1 }));
    expect(run.serving('old.test')?.source).toBe('acme');
    expect(run.serving('new.test')?.source).toBe('local');
    expect(run.status('new.test')?.lastError).toMatchObject({
      type: 'unreachable',
      detail: expect.stringContaining('ECONNREFUSED'),
    });

    const { port, managementPort, listenerCa } = first;
    stack.adopt(await startPebble({ ...options, port, managementPort, listenerCa }), (part) => part.stop());
    offset += 31_000;
    await eventually(() => expect(run.serving('new.test')?.source).toBe('acme'));
    expect(run.lines.map(({ message }) => message)).toContain('account unknown to the CA, registering its key again');
    expect(run.status('old.test')?.state).toBe('ok');
  },
);

test('the second CA takes over when the first refuses a name', { timeout: 60_000 }, async () => {
  await using stack = new AsyncDisposableStack();
  const dns = stack.adopt(await startDns(), (part) => part.stop());
  const responder = stack.adopt(await startChallengeResponder(), (part) => part.stop());
  const options = { dnsServer: dns.address, httpPort: responder.port };
  const picky = stack.adopt(await startPebble({ ...options, blocklist: ['choosy.test'] }), (part) => part.stop());
  const { listenerCa } = picky;
  const kind = stack.adopt(await startPebble({ ...options, listenerCa }), (part) => part.stop());
  const run = await startCertificateBench({
    dataDir: await temporaryFolder(),
    acme: { directories: [picky.directoryUrl, kind.directoryUrl], caRootFile: picky.caFile },
    publisher: responder.publisher,
    wanted: [wantedFor('choosy.test'), wantedFor('easy.test')],
  });
  await eventually(() => {
    expect(run.serving('choosy.test')?.source).toBe('acme');
    expect(run.serving('easy.test')?.source).toBe('acme');
  });
  expect([picky.orderCount(), kind.orderCount()]).toEqual([1, 1]);
});
