import { readClientLimits } from './client-limits-options.ts';
import { DEFAULT_CONNECTION_LIMITS } from './connection-limits.ts';
import { readAcmeDns } from './acme-dns-options.ts';
import { readAcmeOptions } from './acme-options.ts';
import type { DnsConfig } from './dns-config.ts';
import { readDockerOptions } from './docker-options.ts';
import { readListenerOptions } from './listener-options.ts';
import { OwnOptions } from './own-static.ts';
import type { StaticConfig } from './static-config.ts';
import { readStaticSources, readSwitch, type StaticSources } from './static-sources.ts';
import { readTraefikDns } from './traefik-dns.ts';
import { readTraefikStatic, type TraefikStatic } from './traefik-static.ts';
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
    const parts = { own, traefik, env: this.#env, problems: this.#problems };
    const { entrypoints, admin } = readListenerOptions(parts, sources);
    const tls = readTlsOptions(own);
    const certsFolder = own.text('certs');
    return {
      mode: traefik === undefined ? 'sluice' : 'traefik',
      entrypoints,
      docker: readDockerOptions(parts),
      file: own.text('file'),
      ...this.#ofTraefik(),
      ...(tls === undefined ? {} : { tls }),
      ...(certsFolder === undefined ? {} : { certsFolder }),
      dataDir: this.#dataDir(),
      ...this.#certificateSources(),
      dnsResolvers: own.nameServers('dns-resolvers') ?? [],
      publicAddresses: own.ipAddresses('public-address') ?? [],
      domain: own.hostname('domain'),
      acme: readAcmeOptions({ ...parts, traefik: traefik?.acme, dns: this.#dns }, entrypoints),
      resolvers: traefik?.resolvers ?? [],
      limits: readClientLimits(own, traefik?.limits),
      trustedProxies: own.networks('trusted-proxies') ?? this.#traefikNetworks(sources),
      connections: {
        total: own.int('max-connections', 0, 1_000_000) ?? DEFAULT_CONNECTION_LIMITS.total,
        perAddress: own.int('max-connections-per-address', 0, 1_000_000) ?? DEFAULT_CONNECTION_LIMITS.perAddress,
      },
      ...(readSwitch(own.get('http2'), this.#problems) === false ? { http2: false as const } : {}),
      ...(readSwitch(own.get('h2c'), this.#problems) === true ? { h2c: true as const } : {}),
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
