import { parseList } from './label-value.ts';
import { parseListenAddress } from './listen-address.ts';
import type { EntrypointConfig, EntrypointDefaults, EntrypointRedirect, ListenAddress } from './static-config.ts';
import { readSwitch, type StaticValue, type TraefikValue } from './static-sources.ts';
import { readProxyNetworks } from './traefik-proxy-protocol.ts';

/** What Traefik's options say, before ours are laid over them. Undefined: not said. */
export interface TraefikStatic {
  readonly entrypoints: readonly EntrypointConfig[];
  readonly docker:
    | {
        readonly endpoint: string | undefined;
        readonly exposedByDefault: boolean;
        readonly network: string | undefined;
      }
    | undefined;
  readonly resolvers: readonly string[];
  readonly acme: TraefikAcme;
  readonly trustedProxies: readonly string[];
  readonly admin: ListenAddress | undefined;
  readonly logLevel: StaticValue | undefined;
  readonly logFormat: 'json' | 'pretty' | undefined;
  readonly accessLog: 'json' | 'common' | undefined;
}

export interface TraefikAcme {
  readonly email: string | undefined;
  readonly caServer: StaticValue | undefined;
  readonly dataDir: string | undefined;
  readonly challenges: readonly ('http-01' | 'tls-alpn-01')[];
  readonly eab: { readonly kid: string; readonly hmacKey: string } | undefined;
  readonly profile: string | undefined;
  readonly caRootFile: string | undefined;
}

/** Maps Traefik's static options (traefik-static.md) on ours. Faults and notices are added to the lists given. */
export function readTraefikStatic(
  values: readonly TraefikValue[],
  problems: string[],
  notices: string[],
): TraefikStatic {
  reportInactive(values, problems, notices);
  const options = new Options(values, problems);
  const isInsecure = options.bool('api.insecure') === true;
  const entrypoints = readEntrypoints(options, problems, notices);
  const dashboard = entrypoints.find(({ name }) => name === 'traefik');
  const docker = readDocker(options);
  if (docker === undefined) notices.push('no provider is on: add --providers.docker, or --file for services in a file');
  const resolvers = options.names('certificatesresolvers.<resolver>.');
  return {
    entrypoints: isInsecure ? entrypoints.filter((one) => one !== dashboard) : entrypoints,
    docker,
    resolvers,
    acme: readAcme(options, resolvers, entrypoints, { problems, notices }),
    trustedProxies: readTrusted(options),
    admin: isInsecure ? (dashboard?.addresses[0] ?? { host: undefined, port: 8080 }) : undefined,
    logLevel: options.get('log.level'),
    logFormat: readLogFormat(options),
    accessLog: readAccessLog(options),
  };
}

/** Traefik's values by path, read by type. */
class Options {
  readonly #values: readonly TraefikValue[];
  readonly #problems: string[];

  constructor(values: readonly TraefikValue[], problems: string[]) {
    this.#values = values.filter(({ option }) => option.acts === 'yes');
    this.#problems = problems;
  }

  /** Values of a path; `name` picks one entrypoint or resolver. */
  all(path: string, name?: string): readonly TraefikValue[] {
    return this.#values.filter(
      ({ option, names }) => option.path === path && (name === undefined || names[0] === name),
    );
  }

  get(path: string, name?: string): TraefikValue | undefined {
    return this.all(path, name)[0];
  }

  bool(path: string, name?: string): boolean | undefined {
    return readSwitch(this.get(path, name), this.#problems);
  }

  list(path: string, name?: string): readonly string[] {
    return this.all(path, name).flatMap(({ text }) => parseList(text));
  }

  has(prefix: string): boolean {
    return this.#values.some(({ option }) => option.path.startsWith(prefix));
  }

  /** Names chosen below a path, in the order in which they were first written. */
  names(prefix: string): readonly string[] {
    const below = this.#values.filter(({ option }) => option.path.startsWith(prefix));
    return [...new Set(below.flatMap(({ names }) => names[0] ?? []))];
  }
}

function reportInactive(values: readonly TraefikValue[], problems: string[], notices: string[]): void {
  for (const { option, source, text } of values) {
    const isDefault =
      (option.path === 'core.defaultrulesyntax' && text.toLowerCase() === 'v3') ||
      (/sanitizepath$|encodedcharacters/.test(option.path) && text === 'true') ||
      (option.path.endsWith('http.tls.options') && text === 'default');
    if (option.acts === 'harmless') notices.push(`${source}: accepted without effect: ${option.reason}`);
    if (option.acts === 'refused' && !isDefault) problems.push(`${source}: not supported; ${option.reason}`);
  }
}

const EP = 'entrypoints.<entrypoint>.';
const REDIRECTION = `${EP}http.redirections.entrypoint.`;

function readEntrypoints(options: Options, problems: string[], notices: string[]): readonly EntrypointConfig[] {
  const names = options.names(EP);
  if (names.length === 0) {
    const addresses = [{ host: undefined, port: 80 }];
    return [{ name: 'http', addresses, transport: 'auto', redirect: undefined }];
  }
  const addresses = new Map<string, ListenAddress>();
  for (const name of names) {
    const address = readAddress(name, options.get(`${EP}address`, name), problems);
    if (address !== undefined) addresses.set(name, address);
  }
  return names.flatMap((name): EntrypointConfig[] => {
    const address = addresses.get(name);
    if (address === undefined) return [];
    const redirect = readRedirect(options, name, addresses, problems);
    const defaults = readDefaults(options, name);
    const proxyProtocol = readProxyProtocol(options, name, problems, notices);
    return [
      {
        name,
        addresses: [address],
        transport: 'auto',
        redirect,
        ...(proxyProtocol === undefined ? {} : { proxyProtocol }),
        ...(defaults === undefined ? {} : { defaults }),
      },
    ];
  });
}

function readAddress(name: string, value: StaticValue | undefined, problems: string[]): ListenAddress | undefined {
  if (value === undefined) {
    problems.push(`--entrypoints.${name}: the address is missing; add --entrypoints.${name}.address=:80`);
    return undefined;
  }
  if (value.text.endsWith('/udp')) {
    problems.push(`${value.source}: UDP entrypoints are not supported; remove the entrypoint`);
    return undefined;
  }
  const address = parseListenAddress(value.text.replace(/\/tcp$/, ''));
  if (address === undefined)
    problems.push(`${value.source}: "${value.text}" is not an address; write :80 or 127.0.0.1:80`);
  return address;
}

function readRedirect(
  options: Options,
  name: string,
  addresses: ReadonlyMap<string, ListenAddress>,
  problems: string[],
): EntrypointRedirect | undefined {
  const to = options.get(`${REDIRECTION}to`, name);
  const schemeText = options.get(`${REDIRECTION}scheme`, name);
  const permanent = options.bool(`${REDIRECTION}permanent`, name) ?? true;
  if (to === undefined) return undefined;
  const scheme = schemeText?.text.toLowerCase() ?? 'https';
  if (scheme !== 'http' && scheme !== 'https') {
    problems.push(`${schemeText?.source}: "${schemeText?.text}" is not a scheme; write https or http`);
    return undefined;
  }
  const port = /^:\d+$/.test(to.text) ? Number(to.text.slice(1)) : addresses.get(to.text)?.port;
  if (port === undefined) {
    const known = [...addresses.keys()].join(', ');
    problems.push(`${to.source}: there is no entrypoint ${to.text}; the entrypoints are ${known}`);
    return undefined;
  }
  const isUsual = port === (scheme === 'https' ? 443 : 80);
  return { scheme, port: isUsual ? undefined : port, permanent };
}

function readProxyProtocol(
  options: Options,
  name: string,
  problems: string[],
  notices: string[],
): readonly string[] | undefined {
  const trustedIps = options.all(`${EP}proxyprotocol.trustedips`, name);
  const isInsecure = options.bool(`${EP}proxyprotocol.insecure`, name) === true;
  const insecure = isInsecure ? options.get(`${EP}proxyprotocol.insecure`, name) : undefined;
  return readProxyNetworks({ trustedIps, insecure }, problems, notices);
}

function readDefaults(options: Options, name: string): EntrypointDefaults | undefined {
  const isTls = options.bool(`${EP}http.tls`, name);
  const resolver = options.get(`${EP}http.tls.certresolver`, name)?.text;
  const domains = readDomains(options, name);
  const hasTls = isTls ?? (resolver !== undefined || domains.length > 0);
  const middlewares = options.list(`${EP}http.middlewares`, name);
  const isDefault = options.bool(`${EP}asdefault`, name) ?? false;
  if (!hasTls && middlewares.length === 0 && !isDefault) return undefined;
  return { tls: hasTls ? { resolver, domains } : undefined, middlewares, isDefault };
}

function readDomains(options: Options, name: string): readonly (readonly string[])[] {
  const groups = new Map<number, string[]>();
  for (const part of ['main', 'sans']) {
    for (const { index, text } of options.all(`${EP}http.tls.domains[n].${part}`, name)) {
      groups.getOrInsertComputed(index, () => []).push(...parseList(text));
    }
  }
  return [...groups.entries()].sort(([left], [right]) => left - right).map(([, names]) => names);
}

function readDocker(options: Options): TraefikStatic['docker'] {
  const isOn = options.bool('providers.docker') ?? options.has('providers.docker.');
  options.bool('providers.docker.watch');
  const exposedByDefault = options.bool('providers.docker.exposedbydefault') ?? true;
  const endpoint = options.get('providers.docker.endpoint')?.text;
  const network = options.get('providers.docker.network')?.text;
  return isOn ? { endpoint, exposedByDefault, network } : undefined;
}

const ACME = 'certificatesresolvers.<resolver>.acme.';

function readAcme(
  options: Options,
  resolvers: readonly string[],
  entrypoints: readonly EntrypointConfig[],
  report: { readonly problems: string[]; readonly notices: string[] },
): TraefikAcme {
  for (const value of options.all(`${ACME}httpchallenge.entrypoint`)) {
    if (!entrypoints.some(({ name }) => name === value.text)) {
      report.problems.push(`${value.source}: there is no entrypoint ${value.text}`);
    }
  }
  for (const key of ['caserver', 'email', 'storage']) {
    const texts = new Set(options.all(ACME + key).map(({ text }) => text));
    const first = options.get(ACME + key)?.text;
    if (texts.size > 1) report.notices.push(`several resolvers with unlike ${key}: all of them use ${first}`);
  }
  const keyType = options.get(`${ACME}keytype`);
  if (keyType !== undefined) report.notices.push(`${keyType.source}: accepted without effect: keys are ECDSA P-256`);
  const uses = (key: string): boolean =>
    resolvers.some(
      (name) => options.bool(ACME + key, name) ?? options.get(`${ACME}${key}.entrypoint`, name) !== undefined,
    );
  const kid = options.get(`${ACME}eab.kid`)?.text;
  const hmacKey = options.get(`${ACME}eab.hmacencoded`)?.text;
  if ((kid === undefined) !== (hmacKey === undefined)) {
    const { source } = options.get(`${ACME}eab.kid`) ?? options.get(`${ACME}eab.hmacencoded`)!;
    report.problems.push(`${source}: an external account needs both eab.kid and eab.hmacencoded`);
  }
  const storage = options.get(`${ACME}storage`)?.text;
  return {
    email: options.get(`${ACME}email`)?.text,
    caServer: options.get(`${ACME}caserver`),
    dataDir: storage === undefined ? undefined : folderBeside(storage),
    challenges: [
      ...(uses('httpchallenge') ? ['http-01' as const] : []),
      ...(uses('tlschallenge') ? ['tls-alpn-01' as const] : []),
    ],
    eab: kid === undefined || hmacKey === undefined ? undefined : { kid, hmacKey },
    profile: options.get(`${ACME}profile`)?.text,
    caRootFile: parseList(options.get(`${ACME}cacertificates`)?.text ?? '')[0],
  };
}

/** Traefik keeps one file, we keep a folder: `/letsencrypt/acme.json` becomes `/letsencrypt/sluice`. */
function folderBeside(storage: string): string {
  const slash = storage.lastIndexOf('/');
  return slash < 0 ? './sluice' : `${storage.slice(0, slash)}/sluice`;
}

function readTrusted(options: Options): readonly string[] {
  const isEverybody = options.names(EP).some((name) => options.bool(`${EP}forwardedheaders.insecure`, name) === true);
  const named = options.list(`${EP}forwardedheaders.trustedips`);
  return isEverybody ? ['0.0.0.0/0', '::/0'] : [...new Set(named)];
}

function readLogFormat(options: Options): TraefikStatic['logFormat'] {
  const format = options.get('log.format')?.text.toLowerCase();
  if (format === undefined) return undefined;
  return format === 'json' ? 'json' : 'pretty';
}

function readAccessLog(options: Options): TraefikStatic['accessLog'] {
  const isOn = options.bool('accesslog') ?? options.has('accesslog.');
  if (!isOn) return undefined;
  return options.get('accesslog.format')?.text.toLowerCase() === 'json' ? 'json' : 'common';
}
