import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parse, stringify } from 'yaml';

/** What must differ from the published file so that a stack runs in the lab. */
export interface ComposeChanges {
  /** Service → image that takes the place of its `image` and `build`. */
  readonly images: Readonly<Record<string, string>>;
  /** Socket of the lab's engine, in place of /var/run/docker.sock. */
  readonly socketPath: string;
  /** Service → further environment. */
  readonly env?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Service → further flags at the end of its command. */
  readonly flags?: Readonly<Record<string, readonly string[]>>;
  /** Service → further keys, put over what the file says. */
  readonly keys?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

interface Service {
  image?: string;
  build?: string;
  command?: string[];
  ports?: string[];
  volumes?: string[];
  environment?: Record<string, string>;
}

/**
 * Writes a copy of a compose file into `folder` that differs only as said, and publishes each port on a free loopback port: an
 * override file cannot do that, as compose adds its ports to those of the first. Returns the copy's path.
 */
export async function adaptComposeFile(source: string, folder: string, changes: ComposeChanges): Promise<string> {
  const document = parse(await readFile(source, 'utf8')) as { services: Record<string, Service> };
  for (const [name, service] of Object.entries(document.services)) adapt(name, service, changes, dirname(source));
  const target = join(folder, 'compose.yaml');
  await writeFile(target, stringify(document));
  return target;
}

function adapt(name: string, service: Service, changes: ComposeChanges, folder: string): void {
  const image = changes.images[name];
  if (image !== undefined) {
    service.image = image;
    delete service.build;
  }
  if (service.build !== undefined) service.build = resolve(folder, service.build);
  if (service.ports !== undefined) service.ports = service.ports.map((port) => `127.0.0.1::${port.split(':').at(-1)}`);
  if (service.volumes !== undefined) {
    service.volumes = service.volumes.map((volume) => adaptVolume(volume, changes.socketPath, folder));
  }
  const env = changes.env?.[name];
  if (env !== undefined) service.environment = { ...service.environment, ...env };
  const flags = changes.flags?.[name];
  if (flags !== undefined) service.command = [...(service.command ?? []), ...flags];
  Object.assign(service, changes.keys?.[name]);
}

function adaptVolume(volume: string, socketPath: string, folder: string): string {
  const [source = '', ...rest] = volume.split(':');
  if (source === '/var/run/docker.sock') return [socketPath, ...rest].join(':');
  return source.startsWith('.') ? [resolve(folder, source), ...rest].join(':') : volume;
}
