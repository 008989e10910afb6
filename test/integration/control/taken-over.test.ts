import { createPrivateKey } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ariIdOf } from '../../../src/acme/renewal-info.ts';
import { createCaSession } from '../../../src/acme/ca-session.ts';
import { createCertificateStore } from '../../../src/certs/store.ts';
import { traefikAccount, traefikEntry } from '../../support/acme-json.ts';
import { createCaExtras } from '../../support/ca-extras.ts';
import { ACME_OFF } from '../../support/certificate-bench.ts';
import { collectLogger } from '../../support/collect-logger.ts';
import { waitFor } from '../../support/lab/wait-for.ts';
import { startRouterCaLab, type RouterCaLab } from '../../support/router-ca-lab.ts';

const [OLD, NEXT] = ['moved.test', 'next.test'];

/** A router for each host, as a container behind Traefik has it. */
function labelsFor(hosts: readonly string[]): Readonly<Record<string, string>> {
  const entries = hosts.flatMap((host, index) => [
    [`traefik.http.routers.r${index}.rule`, `Host(\`${host}\`)`],
    [`traefik.http.routers.r${index}.entrypoints`, 'https'],
    [`traefik.http.routers.r${index}.tls.certresolver`, 'le'],
  ]);
  return Object.fromEntries(entries) as Readonly<Record<string, string>>;
}

/** Registers the account of Traefik's file at the CA, by its key, and keeps it in a data folder; answers its URL. */
async function register({ proxy }: RouterCaLab, dataDir: string): Promise<string> {
  const { logger } = collectLogger();
  const now = Date.now;
  const store = createCertificateStore({ dataDir, now, logger });
  const der = Buffer.from(traefikAccount().PrivateKey, 'base64');
  const keyPem = createPrivateKey({ key: der, format: 'der', type: 'pkcs1' }).export({ type: 'pkcs8', format: 'pem' });
  const { directoryUrl: directory, caFile: caRootFile } = proxy;
  const session = createCaSession({
    directory,
    acme: { ...ACME_OFF, directories: [directory], caRootFile },
    store,
    saved: { directory, keyPem, url: undefined, contact: [], eabKid: undefined, createdAt: now() },
    userAgent: 'test/1',
    now,
    logger,
  });
  const { url } = await session.account();
  session.close();
  return url;
}

test(
  "Traefik's file named by its option: its certificate serves from the first handshake, and its account orders the next",
  { timeout: 60_000 },
  async () => {
    const extras = createCaExtras();
    await using lab = await startRouterCaLab({ extras, pebble: { validitySeconds: 90 * 86_400 } });
    // As long as Traefik ran: an account with its key, and a certificate that it ordered.
    const before = join(lab.folder, 'before');
    const account = await register(lab, before);
    await lab.setLabels(labelsFor([OLD]));
    const first = await lab.startRouter({ dataDir: before });
    const served = await lab.trusted(OLD);
    await first.stop();
    const { logger } = collectLogger();
    const { entries } = await createCertificateStore({ dataDir: before, now: Date.now, logger }).load();
    const pair = entries[0]!.current!.certificate;
    const file = join(lab.folder, 'acme.json');
    const resolver = { Account: traefikAccount(account), Certificates: [traefikEntry(pair, { main: OLD })] };
    const text = JSON.stringify({ le: resolver }, undefined, 2);
    await writeFile(file, text, { mode: 0o600 });

    const from = lab.proxy.requests.length;
    const since = () => lab.proxy.requests.slice(from);
    const flags = [`--certificatesresolvers.le.acme.storage=${file}`, '--certificatesresolvers.le.acme.httpchallenge'];
    const router = await lab.startRouter({ flags, hasTraefikFlags: true });
    expect(await lab.look(OLD)).toEqual(served);
    await router.logged("certificates taken over from Traefik's file", ({ accounts }) => String(accounts) === account);
    await lab.setLabels(labelsFor([OLD, NEXT]));
    await lab.trusted(NEXT);
    const orders = since().filter(({ path }) => path === '/order-plz');
    expect(orders).toMatchObject([{ account, payload: { identifiers: [{ value: NEXT }] } }]);
    expect(since().filter(({ path }) => path === '/sign-me-up')).toEqual([]);

    // Its renewal names it, as the account is the one that ordered it.
    const answer = await fetch(`http://127.0.0.1:${router.ports.admin}/api/certificates/renew`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: OLD }),
    });
    expect(answer.status).toBe(200);
    await waitFor('the renewed certificate', async () => (await lab.look(OLD)).serial !== served.serial);
    expect((await lab.look(OLD)).isTrusted).toBe(true);
    expect([...extras.replaced]).toEqual([await ariIdOf(pair.chainPem)]);
    expect(await readFile(file, 'utf8')).toBe(text);

    // A second start finds nothing to take over, and orders nothing.
    const renewed = await lab.look(OLD);
    await router.stop();
    const count = lab.proxy.count('/order-plz');
    const again = await lab.startRouter({ flags, hasTraefikFlags: true });
    expect(await lab.look(OLD)).toEqual(renewed);
    await lab.setLabels(labelsFor([OLD, NEXT, 'last.test']));
    await lab.trusted('last.test');
    expect(lab.proxy.count('/order-plz')).toBe(count + 1);
    expect(again.records.filter(({ msg }) => msg.startsWith('certificates taken over'))).toEqual([]);
  },
);
