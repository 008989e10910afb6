import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type Dockerode from 'dockerode';
import type { DockerTls } from '../../config/static-config.ts';
import type { ContainerRow } from './container.ts';
import { parseDockerEndpoint } from './endpoint.ts';
import { EVENT_FILTERS } from './event.ts';

/** The few calls the provider makes; a socket filter need not allow more. All reject when the `signal` they are given aborts. */
export interface DockerApi {
  /** For messages: the value of `--docker`. */
  readonly endpoint: string;
  /** `Docker 28.2.2, API 1.50` */
  version(signal: AbortSignal): Promise<string>;
  /** Every container, also those that do not run. */
  list(signal: AbortSignal): Promise<readonly ContainerRow[]>;
  /**
   * Resolves when the engine has begun to send; `onText` then gets the stream in pieces of any size.
   * `closed` resolves when the stream ends, for whatever reason. `since` (`seconds.nanoseconds`): what the engine remembers
   * from then on comes first.
   */
  subscribe(
    signal: AbortSignal,
    onText: (text: string) => void,
    since?: string,
  ): Promise<{ readonly closed: Promise<void> }>;
  /** The signal that stops a container, as its image or its start says it; undefined: neither does. A filter may forbid it. */
  stopSignal(containerId: string, signal: AbortSignal): Promise<string | undefined>;
}

export interface DockerApiOptions {
  readonly endpoint: string;
  /** Folder with ca.pem, cert.pem and key.pem. */
  readonly certPath: string | undefined;
  /** Paths of files, or PEM text; each goes before the file of the folder. */
  readonly tls?: DockerTls | undefined;
  /** Sent as Basic credentials. */
  readonly login?: { readonly username: string; readonly password: string } | undefined;
}

/**
 * Opens nothing yet. Throws when the endpoint has no known form or a certificate file cannot be read.
 * Calls carry no API version: the engine then answers with its newest, and the fields read are in all of them.
 */
export function createDockerApi(given: DockerApiOptions): DockerApi {
  const { endpoint } = given;
  const options = clientOptions(given);
  let client: Promise<Dockerode> | undefined;
  const connect = () => (client ??= loadClient(options));
  return {
    endpoint,
    version: async (signal) => {
      const docker = await connect();
      const { Version, ApiVersion } = await untilAborted(signal, () => docker.version());
      return `Docker ${Version ?? '?'}, API ${ApiVersion ?? '?'}`;
    },
    list: async (signal) => {
      const docker = await connect();
      const rows: unknown = await untilAborted(signal, () => docker.listContainers({ all: true, abortSignal: signal }));
      // The client hands over bytes it could not parse as if they were the answer.
      if (!Array.isArray(rows)) throw new Error('the engine answered with something that is no container list');
      return rows as ContainerRow[];
    },
    subscribe: async (signal, onText, since) => {
      const docker = await connect();
      const filters = JSON.stringify(EVENT_FILTERS);
      // The client's types want `since` as a number, which has no room for nanoseconds.
      const query: object = { filters, abortSignal: signal, ...(since === undefined ? {} : { since }) };
      const stream = (await untilAborted(signal, () =>
        docker.getEvents(query as Dockerode.GetEventsOptions),
      )) as Readable;
      return { closed: follow(stream, onText) };
    },
    stopSignal: async (containerId, signal) => {
      const docker = await connect();
      const container = docker.getContainer(containerId);
      const { Config } = await untilAborted(signal, () => container.inspect({ abortSignal: signal }));
      // The client's types do not know it.
      const { StopSignal } = (Config ?? {}) as { readonly StopSignal?: unknown };
      return typeof StopSignal === 'string' && StopSignal !== '' ? StopSignal : undefined;
    },
  };
}

/** Loading it costs 0.2 s, so it is not part of the start. */
async function loadClient(options: Dockerode.DockerOptions): Promise<Dockerode> {
  const { default: Client } = await import('dockerode');
  return new Client(options);
}

function clientOptions({ endpoint, certPath, tls, login }: DockerApiOptions): Dockerode.DockerOptions {
  const target = parseDockerEndpoint(endpoint, certPath !== undefined || tls !== undefined);
  // The client takes what is absent here from DOCKER_HOST and DOCKER_CERT_PATH: say everything, also what is not.
  const none = { ca: undefined, cert: undefined, key: undefined, timeout: undefined };
  const headers = login === undefined ? {} : { headers: { Authorization: basicCredentials(login) } };
  if (target.type === 'socket') return { ...none, ...headers, socketPath: target.path, host: undefined };
  const read = (name: keyof DockerTls): string | Buffer | undefined => {
    const named = tls?.[name];
    if (named !== undefined) return named.includes('-----BEGIN') ? named : readTlsFile(name, named);
    return certPath === undefined ? undefined : readCertificateFile(certPath, `${name}.pem`);
  };
  return {
    ...none,
    ...headers,
    host: target.host.includes(':') ? `[${target.host}]` : target.host,
    port: target.port,
    protocol: target.protocol,
    ca: read('ca'),
    cert: read('cert'),
    key: read('key'),
  };
}

function basicCredentials({ username, password }: { readonly username: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function readTlsFile(name: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new Error(`--providers.docker.tls.${name}: cannot read ${path}: name a PEM file or PEM text`, { cause });
  }
}

function readCertificateFile(folder: string, file: string): Buffer {
  const path = join(folder, file);
  try {
    return readFileSync(path);
  } catch (cause) {
    const hint = 'the folder must hold ca.pem, cert.pem and key.pem';
    throw new Error(`--docker-cert-path: cannot read ${path}: ${hint}`, { cause });
  }
}

function follow(stream: Readable, onText: (text: string) => void): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  stream.setEncoding('utf8').on('data', onText);
  // An error is always followed by close; without a listener it would end the process.
  stream.on('error', () => stream.destroy()).once('close', resolve);
  return promise;
}

/** The client leaves a promise open for ever when the engine goes away in the middle of an answer. */
async function untilAborted<T>(signal: AbortSignal, call: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([call(), promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
