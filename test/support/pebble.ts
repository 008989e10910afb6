import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { probeTcp } from '../../src/health/tcp-check.ts';
import { freePort } from './free-port.ts';
import { waitFor } from './lab/wait-for.ts';
import { createListenerCa, type ListenerCa } from './listener-ca.ts';

export interface PebbleOptions {
  /** Address Pebble listens on. `0.0.0.0` lets containers on a bridge reach it; name that address in `extraSans`. */
  readonly listenHost?: string;
  /** Names and addresses, beside `localhost` and 127.0.0.1, that its listener certificate must cover. */
  readonly extraSans?: readonly string[];
  /** Host in `directoryUrl`. */
  readonly publicHost?: string;
  /** Fixed ports, to start it again where it was; default: free ones. */
  readonly port?: number;
  readonly managementPort?: number;
  /** Where it connects for HTTP-01 and TLS-ALPN-01; default 80 and 443. */
  readonly httpPort?: number;
  readonly tlsPort?: number;
  /** `address:port`; default: the system's resolver. */
  readonly dnsServer?: string;
  /** Life of issued certificates; Pebble's own default is five years. */
  readonly validitySeconds?: number;
  readonly blocklist?: readonly string[];
  /** Demands an external account; the MAC key is base64url. */
  readonly eab?: { readonly kid: string; readonly hmacKey: string };
  /** Percent of nonces refused (Pebble's default would be 5; ours is 0). */
  readonly nonceRejectPercent?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Trust root of its listener, to keep it over a restart. */
  readonly listenerCa?: ListenerCa;
}

export interface Pebble {
  readonly directoryUrl: string;
  /** File with the root that its listener's certificate chains to. */
  readonly caFile: string;
  readonly managementUrl: string;
  readonly port: number;
  readonly managementPort: number;
  readonly listenerCa: ListenerCa;
  /** Orders created since the start. An order found again (RFC 8555 7.4 allows it) is not counted. */
  orderCount(): number;
  /** Everything it printed. */
  log(): string;
  /** Root that signs the certificates it issues: new at every start. */
  rootPem(): Promise<string>;
  stop(): Promise<void>;
}

/** Starts a real Pebble on free ports and resolves when its directory answers. Fails with its output if it dies. */
export async function startPebble(options: PebbleOptions = {}): Promise<Pebble> {
  const host = options.listenHost ?? '127.0.0.1';
  const directory = await mkdtemp(join(tmpdir(), 'sluice-pebble-'));
  const listenerCa = options.listenerCa ?? (await createListenerCa(options.extraSans));
  const port = options.port ?? (await freePort(host));
  const managementPort = options.managementPort ?? (await freePort(host));
  const caFile = join(directory, 'ca.pem');
  await Promise.all([
    writeFile(caFile, listenerCa.rootPem),
    writeFile(join(directory, 'cert.pem'), listenerCa.certificatePem),
    writeFile(join(directory, 'key.pem'), listenerCa.keyPem, { mode: 0o600 }),
    writeFile(
      join(directory, 'pebble.json'),
      JSON.stringify(buildConfig(options, directory, `${host}:${port}`, `${host}:${managementPort}`)),
    ),
  ]);
  const output: string[] = [];
  const child = await launch(directory, options, output);
  // It announces its directory just before it listens.
  for (const listening of [port, managementPort]) {
    await waitFor(`pebble listening on ${listening}`, () => probeTcp('127.0.0.1', listening));
  }
  const publicHost = options.publicHost ?? '127.0.0.1';
  const managementUrl = `https://${publicHost}:${managementPort}`;
  return {
    directoryUrl: `https://${publicHost}:${port}/dir`,
    caFile,
    managementUrl,
    port,
    managementPort,
    listenerCa,
    orderCount: () => output.join('').match(/Added order "/g)?.length ?? 0,
    log: () => output.join(''),
    rootPem: () => fetchText(`https://127.0.0.1:${managementPort}/roots/0`, listenerCa.rootPem),
    stop: async () => {
      await stopChild(child);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function buildConfig(options: PebbleOptions, directory: string, listen: string, management: string): object {
  return {
    pebble: {
      listenAddress: listen,
      managementListenAddress: management,
      certificate: join(directory, 'cert.pem'),
      privateKey: join(directory, 'key.pem'),
      httpPort: options.httpPort ?? 80,
      tlsPort: options.tlsPort ?? 443,
      ocspResponderURL: '',
      externalAccountBindingRequired: options.eab !== undefined,
      externalAccountMACKeys: options.eab === undefined ? {} : { [options.eab.kid]: options.eab.hmacKey },
      domainBlocklist: options.blocklist ?? [],
      ...(options.validitySeconds === undefined ? {} : { certificateValidityPeriod: options.validitySeconds }),
    },
  };
}

async function launch(directory: string, options: PebbleOptions, output: string[]): Promise<ChildProcess> {
  const dns = options.dnsServer === undefined ? [] : ['-dnsserver', options.dnsServer];
  const child = spawn('pebble', ['-config', join(directory, 'pebble.json'), ...dns], {
    env: {
      ...process.env,
      PEBBLE_VA_NOSLEEP: '1',
      PEBBLE_AUTHZREUSE: '0',
      PEBBLE_WFE_NONCEREJECT: String(options.nonceRejectPercent ?? 0),
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const killWithUs = (): void => void child.kill('SIGKILL');
  process.once('exit', killWithUs);
  child.once('exit', () => process.off('exit', killWithUs));
  await new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output.push(chunk.toString());
      if (output.join('').includes('ACME directory available at')) resolve();
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('error', (cause) =>
      reject(new Error('pebble did not start: is the package `pebble` installed?', { cause })),
    );
    child.once('exit', (code) => reject(new Error(`pebble ended with ${code}:\n${output.join('')}`)));
  });
  return child;
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

function fetchText(url: string, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { ca, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve(text));
      response.on('error', reject);
    }).on('error', reject);
  });
}
