import type { AcmeConfig } from '../../src/config/static-config.ts';
import type { WantedCertificate } from '../../src/routing/snapshot.ts';
import { createCaExtras, type CaExtras } from './ca-extras.ts';
import { startCaProxy, type CaProxy } from './ca-proxy.ts';
import { startCertificateBench, wantedFor, type CertificateBench } from './certificate-bench.ts';
import { startChallengeResponder, type ChallengeResponder } from './challenge-responder.ts';
import { startDns, type DnsServer } from './dns.ts';
import { startPebble, type Pebble, type PebbleOptions } from './pebble.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A clock that tests move forward: waits of days pass at once. */
export interface MovableClock {
  now(): number;
  advance(ms: number): void;
}

export function movableClock(): MovableClock {
  let offset = 0;
  return { now: () => Date.now() + offset, advance: (ms) => void (offset += ms) };
}

/** A certificate manager toward the lab's CA. */
export interface LabRun extends CertificateBench {
  readonly dataDir: string;
  readonly clock: MovableClock;
  /** The log lines of one event. */
  events(event: string): readonly object[];
}

export interface RunOptions {
  readonly dataDir?: string;
  readonly clock?: MovableClock;
  readonly acme?: Partial<AcmeConfig>;
}

/** A CA with everything around it: Pebble, the proxy in front of it, DNS, a web server for the challenges. */
export interface CaLab {
  readonly dns: DnsServer;
  readonly responder: ChallengeResponder;
  readonly pebble: Pebble;
  readonly proxy: CaProxy;
  readonly extras: CaExtras;
  /** Names that lead nowhere, until they are taken out. */
  readonly dead: Set<string>;
  run(wanted: readonly (string | WantedCertificate)[], options?: RunOptions): Promise<LabRun>;
  stop(): Promise<void>;
}

export async function startCaLab(
  options: { readonly pebble?: PebbleOptions; readonly extras?: CaExtras } = {},
): Promise<CaLab> {
  const dead = new Set<string>();
  const dns = await startDns({ answer: (name) => (dead.has(name) ? 'nxdomain' : ['127.0.0.1']) });
  const responder = await startChallengeResponder();
  const pebble = await startPebble({
    dnsServer: dns.address,
    httpPort: responder.port,
    validitySeconds: 90 * 86_400,
    ...options.pebble,
  });
  const extras = options.extras ?? createCaExtras();
  const proxy = await startCaProxy(pebble, extras);
  return {
    dns,
    responder,
    pebble,
    proxy,
    extras,
    dead,
    run: async (wanted, { dataDir, clock, acme } = {}) => {
      const folder = dataDir ?? (await temporaryFolder());
      const time = clock ?? movableClock();
      const bench = await startCertificateBench({
        dataDir: folder,
        acme: { directories: [proxy.directoryUrl], caRootFile: proxy.caFile, ...acme },
        publisher: responder.publisher,
        wanted: wanted.map((entry) => (typeof entry === 'string' ? wantedFor(entry) : entry)),
        now: time.now,
      });
      const events = (event: string): readonly object[] =>
        bench.lines.filter(({ fields }) => fields['event'] === event);
      return { ...bench, dataDir: folder, clock: time, events };
    },
    stop: async () => {
      await proxy.stop();
      await pebble.stop();
      await responder.stop();
      await dns.stop();
    },
  };
}
