import { DEFAULT_TRANSPORT } from '../config/default-transport.ts';
import type {
  DynamicConfig,
  ServersTransportConfig,
  ServiceConfig,
  TransportConfig,
  TransportLabelNames,
  TransportOptions,
} from '../config/dynamic.ts';
import type { Problem } from '../config/problem.ts';
import type { ReadRootCas } from '../config/root-cas.ts';
import type { DefinedNames } from './resolve-references.ts';

/** A transport by its name in the snapshot (undefined: `DEFAULT_TRANSPORT`), or why there is none. */
export type ResolvedTransport =
  | { readonly name: string | undefined; readonly config: TransportConfig }
  | { readonly fault: string };

export interface ResolvedTransports {
  readonly ofService: ReadonlyMap<string, ResolvedTransport>;
  readonly problems: readonly Problem[];
}

/** What services use that name no transport, and what they may name it. */
const DEFAULT_NAME = 'default@internal';

/**
 * Finds the transport of every service, with defaults filled in and certificates read. A service whose transport is missing or
 * cannot work has a fault: it must not be reached in any other way. `base`: the default one, when static options changed it.
 */
export function resolveTransports(
  config: DynamicConfig,
  defined: DefinedNames,
  base: TransportConfig | undefined,
  readRootCas: ReadRootCas,
): ResolvedTransports {
  const resolver = new Resolver(config, defined, base, readRootCas);
  const ofService = new Map(config.services.map((service) => [service.name, resolver.resolve(service)]));
  return { ofService, problems: resolver.problems };
}

type Owner = Pick<ServiceConfig, 'name' | 'provider' | 'containers'>;

class Resolver {
  readonly problems: Problem[] = [];
  readonly #defined: ReadonlyMap<string, ServersTransportConfig>;
  readonly #names: DefinedNames;
  readonly #default: ResolvedTransport;
  readonly #readRootCas: ReadRootCas;
  /** Each named transport is worked out, and told of, once. */
  readonly #named = new Map<string, ResolvedTransport>();

  constructor(
    { transports }: DynamicConfig,
    names: DefinedNames,
    base: TransportConfig | undefined,
    readRootCas: ReadRootCas,
  ) {
    this.#names = names;
    this.#defined = new Map(transports.map((one) => [one.name, one]));
    this.#default =
      base === undefined ? { name: undefined, config: DEFAULT_TRANSPORT } : { name: DEFAULT_NAME, config: base };
    this.#readRootCas = readRootCas;
  }

  resolve(service: ServiceConfig): ResolvedTransport {
    const { transport } = service;
    if (transport === undefined) return this.#default;
    if (transport.kind === 'named') return this.#ofName(service, transport.name, transport.label);
    this.#warnPlain(service, transport.labels);
    // What a service says of itself is laid over the default; a named transport stands for itself.
    const base = 'config' in this.#default ? this.#default.config : DEFAULT_TRANSPORT;
    return this.#complete(`service ${service.name}`, service, base, transport);
  }

  #ofName(service: ServiceConfig, name: string, label: string): ResolvedTransport {
    if (name === DEFAULT_NAME) return this.#default;
    const found = this.#defined.get(name);
    if (found === undefined) {
      const guess = this.#names.suggest('transports', name);
      const message = `there is no servers transport ${name}`;
      const hint = guess === undefined ? 'define it, or remove its name' : `did you mean ${guess}?`;
      return this.#fail(service, { code: 'transport_missing', label, message, hint });
    }
    const { options } = found;
    if ('unusable' in options) {
      const message = `the servers transport ${name} cannot work: ${options.unusable}`;
      return this.#fail(service, { code: 'transport_missing', label, message, hint: 'mend the transport' });
    }
    const { labels } = found;
    return this.#named.getOrInsertComputed(name, () =>
      this.#complete(name, found, DEFAULT_TRANSPORT, { options, labels }),
    );
  }

  #complete(
    name: string,
    owner: Owner,
    base: TransportConfig,
    { options, labels }: { readonly options: TransportOptions; readonly labels: TransportLabelNames },
  ): ResolvedTransport {
    const pems: string[] = [];
    for (const source of options.rootCAs ?? []) {
      const read = this.#readRootCas(source);
      if ('pem' in read) pems.push(read.pem);
      else return this.#fail(owner, { code: 'ca_unusable', label: labels.rootCAs, ...read });
    }
    const serverName = options.serverName ?? base.tls.serverName;
    const rootCAs = options.rootCAs === undefined ? base.tls.rootCAs : pems.join('');
    const tls = {
      ...(serverName === undefined ? {} : { serverName }),
      ...(rootCAs === undefined ? {} : { rootCAs }),
      insecureSkipVerify: options.insecureSkipVerify ?? base.tls.insecureSkipVerify,
    };
    const timeouts = { ...base.timeouts, ...options.timeouts };
    const disableHttp2 = options.disableHttp2 ?? base.disableHttp2;
    const maxIdle = options.maxIdle ?? base.maxIdle;
    return { name, config: { tls, timeouts, maxIdle, ...(disableHttp2 === undefined ? {} : { disableHttp2 }) } };
  }

  /** A wish for TLS that nothing comes of: most likely the scheme was forgotten. */
  #warnPlain(service: ServiceConfig, { tls }: TransportLabelNames): void {
    const { servers } = service;
    if (tls === undefined || servers.length === 0 || servers.some(({ scheme }) => scheme === 'https')) return;
    this.#report('warning', service, {
      code: 'not_acted_on',
      label: tls,
      message: 'the app is spoken to in plain HTTP, so there is no certificate to check',
      hint: 'add the label sluice.scheme=https, or remove this one',
    });
  }

  #fail(owner: Owner, fault: Fault): ResolvedTransport {
    this.#report('error', owner, fault);
    return { fault: fault.label === undefined ? fault.message : `${fault.label}: ${fault.message}` };
  }

  #report(severity: Problem['severity'], { name, provider, containers }: Owner, { label, ...fault }: Fault): void {
    const [container] = containers;
    this.problems.push({
      severity,
      provider,
      ...(container === undefined ? {} : { container }),
      object: name,
      ...(label === undefined ? {} : { label }),
      ...fault,
    });
  }
}

interface Fault extends Pick<Problem, 'code' | 'message' | 'hint'> {
  readonly label: string | undefined;
}
