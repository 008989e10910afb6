import { readClientLimits } from './client-limits-options.ts';
import { DEFAULT_CONNECTION_LIMITS } from './connection-limits.ts';
import { nearest } from '../lib/suggest.ts';
import { readAcmeChoices } from './acme-choices.ts';
import { DIRECTORY_NAMES, parseDirectories } from './acme-directories.ts';
import { readAcmeDns } from './acme-dns-options.ts';
import type { DnsConfig } from './dns-config.ts';
import { parseList } from './label-value.ts';
import { formatListenAddress } from './listen-address.ts';
import { OwnOptions } from './own-static.ts';
import type { AcmeConfig, EntrypointConfig, ListenAddress, StaticConfig } from './static-config.ts';
import { readStaticSources, readSwitch, type StaticSources, type StaticValue } from './static-sources.ts';
import { readTraefikDns } from './traefik-dns.ts';
import { readTraefikStatic, type TraefikStatic } from './traefik-static.ts';
import type { TraefikDocker } from './traefik-docker.ts';
import { readTlsOptions } from './tls-static.ts';
import { readTraefikTransport } from './traefik-transport.ts';

/** Facts of the machine that defaults depend on. */
export interface HostFacts {
  readonly cores: number;
  readonly isTerminal: boolean;
  /** `/data` in the image. */
  readonly dataDir: string;
}

/** Every fault at once, or the configuration with what is worth telling. */
export type StaticResult =
  | { readonly config: StaticConfig; readonly notices: readonly string[] }
  | { readonly problems: readonly string[]; readonly notices: readonly string[] };

type Env = Readonly<Record<string, string | undefined>>;

const NO_DOCKER: Partial<TraefikDocker> = {};

const NO_FACTS: HostFacts = { cores: 1, isTerminal: false, dataDir: './.sluice' };

/**
 * Reads static options (design section 7): flags before `SLUICE_*` and `TRAEFIK_*` variables before the file that
 * `--config` names. `argv` is without program and command. Any static option of Traefik switches to Traefik's mode.
 * `readFile` may throw; nothing else does.
 */
export function parseStaticOptions(
  argv: readonly string[],
  env: Env,
  readFile: (path: string) => string,
  facts: HostFacts = NO_FACTS,
): StaticResult {
  const sources = readStaticSources(argv, env, readFile);
  const problems = [...sources.problems];
  const notices = [...sources.notices];
  const isTraefik = sources.traefik.length > 0;
  const traefik = isTraefik ? readTraefikStatic(sources.traefik, env, { problems, notices }) : undefined;
  if (traefik !== undefined && !sources.own.has('trusted-proxies')) {
    problems.push(...traefik.trust.report.problems);
    notices.push(...traefik.trust.report.notices);
  }
  const own = new OwnOptions(sources.own, problems);
  const dns = readAcmeDns(own, readFile, readTraefikDns(sources.traefik, env, readFile, { problems, notices }));
  const transport = readTraefikTransport(sources.traefik, readFile, { problems, notices });
  const built = new StaticBuilder({ own, traefik, env, facts, problems, dns }).build(sources);
  const config = transport === undefined ? built : { ...built, transport };
  const { internalServices } = config;
  if (config.admin === undefined && (internalServices?.api === true || internalServices?.ping === true)) {
    notices.push("--admin is off: Traefik's API and ping are answered there, so there are none");
  }
  return problems.length > 0 ? { problems: [...new Set(problems)], notices } : { config, notices };
}

interface BuilderInput {
  readonly own: OwnOptions;
  readonly traefik: TraefikStatic | undefined;
  readonly env: Env;
  readonly facts: HostFacts;
  readonly problems: string[];
  readonly dns: DnsConfig | undefined;
}

class StaticBuilder {
  readonly #own: OwnOptions;
  readonly #traefik: TraefikStatic | undefined;
  readonly #env: Env;
  readonly #facts: HostFacts;
  readonly #problems: string[];
  readonly #dns: DnsConfig | undefined;

  constructor({ own, traefik, env, facts, problems, dns }: BuilderInput) {
    this.#own = own;
    this.#traefik = traefik;
    this.#env = env;
    this.#facts = facts;
    this.#problems = problems;
    this.#dns = dns;
  }

  build(sources: StaticSources): StaticConfig {
    const own = this.#own;
    const traefik = this.#traefik;
    const entrypoints = this.#withProxyProtocol(this.#entrypoints(sources));
    const admin = this.#admin();
    this.#checkPorts(entrypoints, admin);
    const tls = readTlsOptions(own);
    const certsFolder = own.text('certs');
    return {
      mode: traefik === undefined ? 'sluice' : 'traefik',
      entrypoints,
      docker: this.#docker(),
      file: own.text('file'),
      ...this.#ofTraefik(),
      ...(tls === undefined ? {} : { tls }),
      ...(certsFolder === undefined ? {} : { certsFolder }),
      dataDir: this.#dataDir(),
      ...this.#certificateSources(),
      dnsResolvers: own.nameServers('dns-resolvers') ?? [],
      publicAddresses: own.ipAddresses('public-address') ?? [],
      domain: own.hostname('domain'),
      acme: this.#acme(entrypoints),
      resolvers: traefik?.resolvers ?? [],
      limits: readClientLimits(own, traefik?.limits),
      trustedProxies: own.networks('trusted-proxies') ?? this.#traefikNetworks(sources),
      connections: {
        total: own.int('max-connections', 0, 1_000_000) ?? DEFAULT_CONNECTION_LIMITS.total,
        perAddress: own.int('max-connections-per-address', 0, 1_000_000) ?? DEFAULT_CONNECTION_LIMITS.perAddress,
      },
      allowForeignServers: readSwitch(own.get('allow-foreign-servers'), this.#problems) ?? false,
      admin,
      workers: own.int('workers', 1, 256) ?? this.#facts.cores,
      logLevel: this.#logLevel(),
      logFormat:
        own.oneOf('log-format', ['json', 'pretty']) ??
        traefik?.logFormat ??
        (this.#facts.isTerminal ? 'pretty' : 'json'),
      accessLog: own.oneOf('access-log', ['off', 'json', 'common']) ?? traefik?.accessLog ?? 'off',
      graceMs: own.durationMs('grace') ?? traefik?.graceMs ?? 10_000,
    };
  }

  #certificateSources(): Partial<Pick<StaticConfig, 'acmeJson' | 'localDomains' | 'askUrl'>> {
    const acmeJson = this.#traefik?.acme.storage;
    const localDomains = this.#own.hostnames('local-domains');
    const askUrl = this.#own.httpUrl('acme-ask');
    return {
      ...(acmeJson === undefined ? {} : { acmeJson }),
      ...(localDomains === undefined ? {} : { localDomains }),
      ...(askUrl === undefined ? {} : { askUrl }),
    };
  }

  /** What only Traefik's options can say. */
  #ofTraefik(): Partial<Pick<StaticConfig, 'traefikFiles' | 'ruleSyntax' | 'internalServices'>> {
    if (this.#traefik === undefined) return {};
    const { files, ruleSyntax, internalServices } = this.#traefik;
    const own = this.#own.get('file');
    if (files !== undefined && own !== undefined) {
      this.#problems.push(
        `${own.source}: cannot be used beside --providers.file; write its services in Traefik's form`,
      );
    }
    return {
      internalServices,
      ...(files === undefined ? {} : { traefikFiles: files }),
      ...(ruleSyntax === undefined ? {} : { ruleSyntax }),
    };
  }

  /**
   * The image sets SLUICE_DATA, but a stack that names Traefik's storage in a folder has its volume there. A storage without
   * folder says nothing about volumes.
   */
  #dataDir(): string {
    const own = this.#own.get('data');
    const beside = this.#traefik?.acme.dataDir;
    const hasFolder = beside !== undefined && !['./sluice', '/sluice'].includes(beside);
    if (own?.source === 'SLUICE_DATA' && hasFolder) return beside;
    return own?.text ?? beside ?? this.#facts.dataDir;
  }

  #entrypoints(sources: StaticSources): readonly EntrypointConfig[] {
    const traefik = this.#traefik;
    if (traefik !== undefined) {
      const from = sources.traefikFile === undefined ? '' : ` in ${sources.traefikFile}`;
      for (const name of ['http', 'https']) {
        const value = this.#own.get(name);
        if (value === undefined) continue;
        this.#problems.push(
          `${value.source}: cannot be used beside Traefik's options${from}; use --entrypoints.${name}.address`,
        );
      }
      return traefik.entrypoints;
    }
    const http = this.#own.addresses('http') ?? [{ host: undefined, port: 80 }];
    const https = this.#own.addresses('https') ?? [{ host: undefined, port: 443 }];
    const plain: EntrypointConfig = { name: 'http', addresses: http, transport: 'plain', redirect: undefined };
    const tls: EntrypointConfig = { name: 'https', addresses: https, transport: 'tls', redirect: undefined };
    const entrypoints = [plain, tls].filter(({ addresses }) => addresses.length > 0);
    if (entrypoints.length === 0) this.#problems.push('--http and --https are both off: there is nothing to listen on');
    return entrypoints;
  }

  /** Our own list holds for every entrypoint and replaces what Traefik's options say. */
  #withProxyProtocol(entrypoints: readonly EntrypointConfig[]): readonly EntrypointConfig[] {
    const proxyProtocol = this.#own.networks('proxy-protocol');
    return proxyProtocol === undefined ? entrypoints : entrypoints.map((one) => ({ ...one, proxyProtocol }));
  }

  #admin(): ListenAddress | undefined {
    const own = this.#own.addresses('admin');
    if (own !== undefined && own.length > 1) {
      this.#problems.push(`${this.#own.get('admin')?.source}: there can be one address only`);
    }
    if (own !== undefined) return own[0];
    return this.#traefik?.admin ?? { host: '127.0.0.1', port: 8090 };
  }

  #checkPorts(entrypoints: readonly EntrypointConfig[], admin: ListenAddress | undefined): void {
    const users = new Map<string, string>();
    const listeners = entrypoints.flatMap(({ name, addresses }) =>
      addresses.map((address) => ({ name: `entrypoint ${name}`, address })),
    );
    if (admin !== undefined) listeners.push({ name: '--admin', address: admin });
    for (const { name, address } of listeners) {
      const key = formatListenAddress(address);
      const other = users.get(key);
      if (other === undefined) users.set(key, name);
      else this.#problems.push(`${name} and ${other} both listen on ${key}; give one of them another port`);
    }
  }

  #docker(): StaticConfig['docker'] {
    const own = this.#own.get('docker');
    const traefik = this.#traefik?.docker;
    if (own?.text.toLowerCase() === 'off') return undefined;
    if (this.#traefik !== undefined && traefik === undefined && own === undefined) return undefined;
    const endpoint =
      own?.text ?? traefik?.endpoint ?? (this.#env['DOCKER_HOST'] || undefined) ?? 'unix:///var/run/docker.sock';
    if (!/^(unix:\/\/\/|tcp:\/\/.|https?:\/\/.)/.test(endpoint)) {
      const source = own?.source ?? (traefik?.endpoint === undefined ? 'DOCKER_HOST' : '--providers.docker.endpoint');
      const hint = endpoint.startsWith('/') ? `write unix://${endpoint}` : 'write unix:///path, tcp://host:port or off';
      this.#problems.push(`${source}: "${endpoint}" is not a Docker endpoint; ${hint}`);
    }
    const { network, constraint, defaultRule, tls, login, useBindPortIp } = traefik ?? NO_DOCKER;
    return {
      endpoint,
      certPath: this.#own.text('docker-cert-path') ?? (this.#env['DOCKER_CERT_PATH'] || undefined),
      exposedByDefault: traefik?.exposedByDefault ?? true,
      network,
      ...(tls === undefined ? {} : { tls }),
      ...(login === undefined ? {} : { login }),
      ...(constraint === undefined ? {} : { constraint }),
      ...(defaultRule === undefined ? {} : { defaultRule }),
      ...(useBindPortIp === true ? { useBindPortIp } : {}),
    };
  }

  #acme(entrypoints: readonly EntrypointConfig[]): AcmeConfig {
    const own = this.#own;
    const acme = this.#traefik?.acme;
    const challenges =
      this.#challenges() ?? (acme !== undefined && acme.challenges.length > 0 ? acme.challenges : undefined);
    const directories = this.#directories(own.get('acme-ca') ?? acme?.caServer);
    return {
      ...directories,
      ...readAcmeChoices(own, directories.directories, acme?.keyType),
      email: own.text('acme-email') ?? acme?.email,
      eab: this.#eab() ?? acme?.eab,
      profile: own.text('acme-profile') ?? acme?.profile,
      caRootFile: own.text('acme-ca-root') ?? acme?.caRootFile ?? this.#legoRoot(),
      challenges: this.#withDns(challenges, answerable(entrypoints)),
      ...(this.#dns === undefined ? {} : { dns: this.#dns }),
    };
  }

  #directories(value: StaticValue | undefined): Pick<AcmeConfig, 'directories' | 'customDirectory'> {
    const items = parseList(value?.text ?? 'letsencrypt');
    const parsed = parseDirectories(items.length === 0 ? ['letsencrypt'] : items);
    if (!('wrong' in parsed)) return parsed;
    const guess = nearest(parsed.wrong, DIRECTORY_NAMES);
    const hint = guess === undefined ? `write a URL or ${DIRECTORY_NAMES.join(', ')}` : `did you mean ${guess}?`;
    this.#problems.push(`${value?.source}: "${parsed.wrong}" is neither a name nor a URL of a CA; ${hint}`);
    return { directories: [], customDirectory: false };
  }

  /** Wildcards need DNS-01 whatever is preferred; without a writer it cannot be used. */
  #withDns(asked: AcmeConfig['challenges'] | undefined, standard: AcmeConfig['challenges']): AcmeConfig['challenges'] {
    const challenges = asked ?? standard;
    if (this.#dns !== undefined) return challenges.includes('dns-01') ? challenges : [...challenges, 'dns-01'];
    const value = this.#own.get('acme-challenge');
    if (challenges.includes('dns-01') && value !== undefined) {
      this.#problems.push(`${value.source}: dns-01 needs somebody who writes the records: set --acme-dns`);
    }
    const others = challenges.filter((type) => type !== 'dns-01');
    return others.length === 0 ? standard : others;
  }

  #challenges(): AcmeConfig['challenges'] | undefined {
    const value = this.#own.get('acme-challenge');
    if (value === undefined) return undefined;
    const known = ['http-01', 'tls-alpn-01', 'dns-01'] as const;
    const items = parseList(value.text.toLowerCase());
    const challenges = known.filter((name) => items.includes(name)).sort((a, b) => items.indexOf(a) - items.indexOf(b));
    const isRight = items.length > 0 && items.every((item) => known.some((name) => name === item));
    if (!isRight) this.#own.fail(value, 'is not a list of challenges', `write ${known.join(', ')} or one of them`);
    return challenges;
  }

  #eab(): AcmeConfig['eab'] {
    const kid = this.#own.get('acme-eab-kid');
    const hmacKey = this.#own.get('acme-eab-key');
    if (kid !== undefined && hmacKey !== undefined) return { kid: kid.text, hmacKey: hmacKey.text };
    const [single, missing] = kid === undefined ? [hmacKey, 'acme-eab-kid'] : [kid, 'acme-eab-key'];
    if (single !== undefined) this.#problems.push(`${single.source}: it needs --${missing} too`);
    return undefined;
  }

  /** The variable of the ACME library in Traefik, which test set-ups use; several files are joined by `:`. */
  #legoRoot(): string | undefined {
    return (this.#env['LEGO_CA_CERTIFICATES'] ?? '').split(':')[0] || undefined;
  }

  #traefikNetworks(sources: StaticSources): readonly string[] {
    const value = sources.traefik.find(({ option }) => option.path.endsWith('forwardedheaders.trustedips'));
    const networks = this.#traefik?.trust.networks ?? [];
    if (value === undefined) return networks;
    const named = new Map([['networks', { ...value, text: networks.join(',') }]]);
    return new OwnOptions(named, this.#problems).networks('networks') ?? [];
  }

  #logLevel(): StaticConfig['logLevel'] {
    const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
    const value = this.#own.get('log-level') ?? this.#traefik?.logLevel;
    if (value === undefined) return 'info';
    // Traefik's highest level has no counterpart; `warning` is what many write.
    const text = value.text
      .toLowerCase()
      .replace(/^panic$/, 'fatal')
      .replace(/^warning$/, 'warn');
    const named = new Map([['level', { ...value, text }]]);
    return new OwnOptions(named, this.#problems).oneOf('level', levels) ?? 'info';
  }
}

/** A challenge that no entrypoint could answer would cost a refusal each time. */
function answerable(entrypoints: readonly EntrypointConfig[]): AcmeConfig['challenges'] {
  const isPlain = entrypoints.some(({ transport }) => transport !== 'tls');
  const isTls = entrypoints.some(({ transport }) => transport !== 'plain');
  return [...(isPlain ? ['http-01' as const] : []), ...(isTls ? ['tls-alpn-01' as const] : [])];
}
