import type { RuleSyntax } from '../rule/ast.ts';
import { parseList } from './label-value.ts';
import { parseListenAddress } from './listen-address.ts';
import type {
  EntrypointConfig,
  EntrypointDefaults,
  EntrypointRedirect,
  InternalServices,
  ListenAddress,
  TraefikFiles,
} from './static-config.ts';
import type { StaticValue, TraefikValue } from './static-sources.ts';
import { isDefaultTlsOptions } from './tls-options.ts';
import { readTraefikAcme, type TraefikAcme } from './traefik-acme.ts';
import { readTraefikDocker, type TraefikDocker } from './traefik-docker.ts';
import { readTraefikFiles } from './traefik-files.ts';
import { readTraefikInternal } from './traefik-internal.ts';
import { readTraefikLimits, type TraefikLimits } from './traefik-limits.ts';
import { type StaticReport, TraefikOptionValues } from './traefik-option-values.ts';
import { checkPathOptions } from './traefik-paths.ts';
import { readProxyNetworks } from './traefik-proxy-protocol.ts';
import { readTrusted, type TraefikTrust } from './traefik-trusted.ts';

/** What Traefik's options say, before ours are laid over them. Undefined: not said. */
export interface TraefikStatic extends TraefikLimits {
  readonly entrypoints: readonly EntrypointConfig[];
  readonly docker: TraefikDocker | undefined;
  readonly files: TraefikFiles | undefined;
  readonly ruleSyntax: RuleSyntax | undefined;
  readonly internalServices: InternalServices;
  readonly resolvers: readonly string[];
  readonly acme: TraefikAcme;
  readonly trust: TraefikTrust;
  readonly admin: ListenAddress | undefined;
  readonly logLevel: StaticValue | undefined;
  readonly logFormat: 'json' | 'pretty' | undefined;
  readonly accessLog: 'json' | 'common' | undefined;
}

/** Maps Traefik's static options (traefik-static.md) on ours. Faults and notices are added to the lists given. */
export function readTraefikStatic(
  values: readonly TraefikValue[],
  env: Readonly<Record<string, string | undefined>>,
  report: StaticReport,
): TraefikStatic {
  const { problems, notices } = report;
  reportInactive(values, report);
  const options = new TraefikOptionValues(values, problems);
  checkPathOptions(options, report);
  const defined = readEntrypoints(options, problems, notices);
  const { entrypoints, admin, services } = readTraefikInternal(options, defined, report);
  const docker = readTraefikDocker(options, env, report);
  const files = readTraefikFiles(options, report);
  if (docker === undefined && !options.isOn('providers.file')) {
    notices.push('no provider is on: add --providers.docker, or --providers.file.filename for services in a file');
  }
  const resolvers = options.names('certificatesresolvers.<resolver>.');
  return {
    ...readTraefikLimits(options, report),
    entrypoints,
    docker,
    files,
    ruleSyntax: readRuleSyntax(options),
    internalServices: services,
    resolvers,
    acme: readTraefikAcme(options, resolvers, defined, report),
    // Those that Traefik adds by itself have nothing to say.
    trust: readTrusted(
      options,
      entrypoints.filter((one) => defined.includes(one)),
    ),
    admin,
    logLevel: options.get('log.level'),
    logFormat: readLogFormat(options),
    accessLog: readAccessLog(options),
  };
}

function reportInactive(values: readonly TraefikValue[], { problems, notices }: StaticReport): void {
  for (const { option, source } of values) {
    if (option.acts === 'harmless') notices.push(`${source}: accepted without effect: ${option.reason}`);
    if (option.acts === 'refused') problems.push(`${source}: not supported; ${option.reason}`);
  }
}

function readRuleSyntax(options: TraefikOptionValues): RuleSyntax | undefined {
  const value = options.get('core.defaultrulesyntax');
  if (value === undefined) return undefined;
  const syntax = (['v2', 'v3'] as const).find((one) => one === value.text.trim().toLowerCase());
  if (syntax === undefined) options.fail(value, 'is not a syntax of rules', 'write v3 or v2');
  return syntax;
}

const EP = 'entrypoints.<entrypoint>.';
const REDIRECTION = `${EP}http.redirections.entrypoint.`;

function readEntrypoints(
  options: TraefikOptionValues,
  problems: string[],
  notices: string[],
): readonly EntrypointConfig[] {
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
  options: TraefikOptionValues,
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
  const priority = readPriority(options, name);
  return { scheme, port: isUsual ? undefined : port, permanent, ...(priority === undefined ? {} : { priority }) };
}

/** Traefik's own default stands for ours, which is above every router of a person too. */
function readPriority(options: TraefikOptionValues, name: string): number | undefined {
  const value = options.get(`${REDIRECTION}priority`, name);
  if (value === undefined || value.text.trim() === '9223372036854775806') return undefined;
  return options.int(value, -Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER - 1);
}

function readProxyProtocol(
  options: TraefikOptionValues,
  name: string,
  problems: string[],
  notices: string[],
): readonly string[] | undefined {
  const trustedIps = options.all(`${EP}proxyprotocol.trustedips`, name);
  const isInsecure = options.bool(`${EP}proxyprotocol.insecure`, name) === true;
  const insecure = isInsecure ? options.get(`${EP}proxyprotocol.insecure`, name) : undefined;
  return readProxyNetworks({ trustedIps, insecure }, problems, notices);
}

function readDefaults(options: TraefikOptionValues, name: string): EntrypointDefaults | undefined {
  const isTls = options.bool(`${EP}http.tls`, name);
  const resolver = options.get(`${EP}http.tls.certresolver`, name)?.text;
  const domains = readDomains(options, name);
  const named = options.get(`${EP}http.tls.options`, name)?.text.trim() ?? '';
  const hasTls = isTls ?? (resolver !== undefined || domains.length > 0 || named !== '');
  const middlewares = options.list(`${EP}http.middlewares`, name);
  const isDefault = options.bool(`${EP}asdefault`, name) ?? false;
  if (!hasTls && middlewares.length === 0 && !isDefault) return undefined;
  const tls = isDefaultTlsOptions(named) ? { resolver, domains } : { resolver, domains, options: named };
  return { tls: hasTls ? tls : undefined, middlewares, isDefault };
}

function readDomains(options: TraefikOptionValues, name: string): readonly (readonly string[])[] {
  const groups = new Map<number, string[]>();
  for (const part of ['main', 'sans']) {
    for (const { index, text } of options.all(`${EP}http.tls.domains[n].${part}`, name)) {
      groups.getOrInsertComputed(index, () => []).push(...parseList(text));
    }
  }
  return [...groups.entries()].sort(([left], [right]) => left - right).map(([, names]) => names);
}

function readLogFormat(options: TraefikOptionValues): TraefikStatic['logFormat'] {
  const format = options.get('log.format')?.text.toLowerCase();
  if (format === undefined) return undefined;
  return format === 'json' ? 'json' : 'pretty';
}

function readAccessLog(options: TraefikOptionValues): TraefikStatic['accessLog'] {
  if (!options.isOn('accesslog')) return undefined;
  return options.get('accesslog.format')?.text.toLowerCase() === 'json' ? 'json' : 'common';
}
