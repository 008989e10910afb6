import { once } from 'node:events';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CaExtras } from './ca-extras.ts';
import { startCaProxy, type CaProxy } from './ca-proxy.ts';
import { startDns, type DnsAnswer } from './dns.ts';
import { freePort } from './free-port.ts';
import { handshake, type ServedCertificate } from './handshake.ts';
import { waitFor } from './lab/wait-for.ts';
import { startPebble, type Pebble, type PebbleOptions } from './pebble.ts';
import { freeRouterPorts, startRouter, type RouterOptions, type RouterProcess } from './router-process.ts';

export interface RouterCaLabOptions {
  readonly pebble?: PebbleOptions;
  /** What the CA has beyond Pebble. */
  readonly extras?: CaExtras;
}

/** A router as a process, a backend, and a CA behind a proxy that reaches the router under every name. No containers. */
export interface RouterCaLab extends AsyncDisposable {
  readonly folder: string;
  readonly pebble: Pebble;
  readonly proxy: CaProxy;
  /** Root of the certificates that the CA issues. */
  readonly rootPem: string;
  /** The file that names the services. */
  readonly services: string;
  /** Names whose address is another one than the router's, or none. */
  readonly wrong: Map<string, DnsAnswer>;
  /** The site has these hosts from now on. */
  setHosts(hosts: readonly string[]): Promise<void>;
  /** The same with labels of the full form, without `traefik.` before them. */
  setLabels(labels: Readonly<Record<string, string>>): Promise<void>;
  /** At the same ports each time. `dataDir` is a folder of the lab's unless named. */
  startRouter(options?: Partial<RouterOptions>): Promise<RouterProcess>;
  look(name: string): Promise<ServedCertificate>;
  /** Waits until the name is served with a certificate of the CA. */
  trusted(name: string, timeoutMs?: number): Promise<ServedCertificate>;
}

/** Starts everything but the router. */
export async function startRouterCaLab(options: RouterCaLabOptions = {}): Promise<RouterCaLab> {
  await using begun = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'sluice-router-ca-'));
  begun.defer(() => rm(folder, { recursive: true, force: true }));
  const [ports, port, managementPort] = await Promise.all([freeRouterPorts(), freePort(), freePort()]);
  const wrong = new Map<string, DnsAnswer>();
  const dns = await startDns({ answer: (name) => wrong.get(name) ?? ['127.0.0.1'] });
  begun.defer(() => dns.stop());
  const pebble = await startPebble({
    port,
    managementPort,
    httpPort: ports.http,
    tlsPort: ports.https,
    dnsServer: dns.address,
    ...options.pebble,
  });
  begun.defer(() => pebble.stop());
  const proxy = await startCaProxy(pebble, options.extras);
  begun.defer(() => proxy.stop());
  const backend = createServer((request, response) => void response.end(`hello from ${request.headers.host}\n`));
  begun.defer(() => void backend.close());
  await once(backend.listen(0, '127.0.0.1'), 'listening');
  const backendUrl = `http://127.0.0.1:${(backend.address() as AddressInfo).port}`;
  const services = join(folder, 'services.yaml');
  const rootPem = await pebble.rootPem();
  const setLabels = async (labels: Readonly<Record<string, string>>): Promise<void> => {
    // JSON is YAML. The new file takes the place of the old one at once.
    await writeFile(`${services}.new`, JSON.stringify({ site: { servers: [backendUrl], labels } }));
    await rename(`${services}.new`, services);
  };
  await setLabels({});
  const running = begun.move();
  const acme = ['--acme-ca', proxy.directoryUrl, '--acme-ca-root', proxy.caFile, '--dns-resolvers', dns.address];
  const look = (name: string): Promise<ServedCertificate> =>
    handshake({ at: `127.0.0.1:${ports.https}`, name, caPem: rootPem });
  return {
    folder,
    pebble,
    proxy,
    rootPem,
    services,
    wrong,
    setLabels,
    setHosts: (hosts) => setLabels({ 'sluice.host': hosts.join(',') }),
    startRouter: async (changes = {}) => {
      const flags = ['--file', services, ...(changes.flags ?? [])];
      const common = { dataDir: join(folder, 'data'), docker: 'off', ports, acme };
      return running.use(await startRouter({ ...common, ...changes, flags }));
    },
    look,
    trusted: (name, timeoutMs = 15_000) =>
      waitFor(
        `a certificate of the CA for ${name}`,
        async () => {
          const served = await look(name);
          return served.isTrusted && served;
        },
        timeoutMs,
      ),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
