import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDns } from './dns.ts';
import { startPebble, type Pebble } from './pebble.ts';
import {
  freeRouterPorts,
  type RouterOptions,
  type RouterPorts,
  type RouterProcess,
  startRouter,
} from './router-process.ts';

/** A certificate authority and the place of a router that it reaches under every name. */
export interface Edge extends AsyncDisposable {
  readonly pebble: Pebble;
  readonly ports: RouterPorts;
  readonly dataDir: string;
  /** Flags that make a router use this authority; the default of `startRouter`. */
  readonly acme: readonly string[];
  /** Root of the certificates it issues. */
  readonly rootPem: string;
  /** Starts a router there; the edge ends it, if it still runs, when it is disposed. */
  startRouter(options: Pick<RouterOptions, 'docker' | 'acme' | 'flags' | 'logLevel'>): Promise<RouterProcess>;
}

/** Starts Pebble and a name server for it. All names lead to this machine. */
export async function createEdge(): Promise<Edge> {
  await using begun = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), 'sluice-edge-'));
  begun.defer(() => rm(dataDir, { recursive: true, force: true }));
  const ports = await freeRouterPorts();
  const dns = await startDns();
  begun.defer(() => dns.stop());
  const pebble = await startPebble({ httpPort: ports.http, tlsPort: ports.https, dnsServer: dns.address });
  begun.defer(() => pebble.stop());
  const acme = ['--acme-ca', pebble.directoryUrl, '--acme-ca-root', pebble.caFile, '--dns-resolvers', dns.address];
  const rootPem = await pebble.rootPem();
  // Nothing failed on the way: from here on it is all the caller's to end.
  const running = begun.move();
  return {
    pebble,
    ports,
    dataDir,
    acme,
    rootPem,
    startRouter: async (options) => running.use(await startRouter({ acme, ...options, dataDir, ports })),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
