import { deadArguments } from '../rule/dead-arguments.ts';
import { defaultPriority } from '../rule/priority.ts';
import { isRuleError, parseRule } from '../rule/parse.ts';
import { MAX_WORKLOAD_PROGRAMS, programSize, RegexpBudget } from '../rule/regexp-budget.ts';
import { translateRuleV1 } from '../rule/rule-v1.ts';
import { buildServers, serverProblem, type BuiltServers } from './build-servers.ts';
import { renameMembers, withMembers } from './composed.ts';
import { fulfils } from './constraints.ts';
import { decodeLabels, type DecodedLabels, NOTHING } from './decode-labels.ts';
import { defaultRule } from './default-rule.ts';
import type { RouterDraft } from './draft.ts';
import type {
  BrokenRouter,
  DynamicConfig,
  MiddlewareConfig,
  RouterConfig,
  ServersTransportConfig,
  ServiceConfig,
  ServiceTransport,
} from './dynamic.ts';
import { placeInFile } from './file-place.ts';
import { mergeContributions, type Contribution } from './merge-config.ts';
import type { UnusableMiddleware } from './middleware-options.ts';
import { middlewareRegexps } from './middleware-regexps.ts';
import type { Problem } from './problem.ts';
import type { StaticConfig } from './static-config.ts';
import { DEFAULT_TLS_OPTIONS, isDefaultTlsOptions, type TlsOptionsConfig } from './tls-options.ts';
import type { RouterPlace, Workload } from './workload.ts';

/**
 * What workloads ask for, as dynamic configuration: labels decoded, defaults filled in, ports and addresses chosen, equal
 * objects united. Pure and total: a fault is a problem, disables the smallest thing, and never changes what another
 * workload says. Providers may be built one by one: their names differ, and `buildSnapshot` settles who has which host.
 */
export function buildConfig(
  workloads: readonly Workload[],
  place: RouterPlace,
  staticConfig: StaticConfig,
): { readonly config: DynamicConfig; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const faults = new Map<string, string>();
  const built = buildAll([...workloads].sort(bySeniority), place, staticConfig);
  const merged = mergeContributions(built.map(({ contribution }) => contribution));
  const named = merged.config.routers.map(({ service }) => service);
  const routed = withMembers(merged.config.services, named);
  for (const one of built) {
    // A workload that only adds servers to a service needs no host of its own.
    const isRouted = one.contribution.services.some(({ name }) => routed.has(name));
    for (const problem of one.problems) if (!(isRouted && isHostWanted(problem))) problems.push(problem);
    for (const [service, reason] of one.faults) if (!faults.has(service)) faults.set(service, reason);
  }
  const config = { ...merged.config, routers: disableUnserved(merged.config, faults) };
  return { config, problems: [...problems, ...merged.problems] };
}

/**
 * What each workload contributed last time, by its facts. A change of one container of a thousand is then the work of one:
 * decoding is most of the whole.
 */
const lastBuilt = new WeakMap<StaticConfig, ReadonlyMap<string, Built>>();

function buildAll(workloads: readonly Workload[], place: RouterPlace, staticConfig: StaticConfig): readonly Built[] {
  const known = lastBuilt.get(staticConfig);
  const where = JSON.stringify(place);
  const next = new Map<string, Built>();
  const built = workloads.map((workload) => {
    const key = JSON.stringify(workload) + where;
    const one = known?.get(key) ?? new Contributor(workload, place, staticConfig).build();
    next.set(key, one);
    return one;
  });
  lastBuilt.set(staticConfig, next);
  return built;
}

function isHostWanted({ code, severity }: Problem): boolean {
  return code === 'rule_missing' && severity === 'warning';
}

/** One that runs before one that does not, then the older: a stopped container must not keep a host from a running one. */
function bySeniority(left: Workload, right: Workload): number {
  const rank = Number(right.running) - Number(left.running);
  if (rank !== 0) return rank;
  if (left.createdAt !== right.createdAt) return left.createdAt - right.createdAt;
  return left.id < right.id ? -1 : 1;
}

/** A router whose service has no server because of a fault says so, instead of looking as if the app were starting. */
function disableUnserved(config: DynamicConfig, faults: ReadonlyMap<string, string>): readonly RouterConfig[] {
  const unserved = new Set(config.services.filter(({ servers }) => servers.length === 0).map(({ name }) => name));
  return config.routers.map((router) => {
    const reason = unserved.has(router.service) ? faults.get(router.service) : undefined;
    return reason === undefined || router.disabled !== undefined ? router : { ...router, disabled: reason };
  });
}

interface Built {
  readonly contribution: Contribution;
  readonly problems: readonly Problem[];
  /** Full service name → why this workload adds no server to it. */
  readonly faults: ReadonlyMap<string, string>;
}

/** A container that does not fulfil the constraint is none of ours, whatever its labels say. */
function isLeftOut({ provider, labels }: Workload, { docker }: StaticConfig): boolean {
  return provider === 'docker' && docker?.constraint !== undefined && !fulfils(docker.constraint, labels);
}

function decode(workload: Workload, staticConfig: StaticConfig): DecodedLabels {
  return decodeLabels(workload, {
    mode: staticConfig.mode,
    exposedByDefault: workload.provider === 'file' || (staticConfig.docker?.exposedByDefault ?? true),
    ...defaultRule(workload, staticConfig),
    ruleSyntax: staticConfig.ruleSyntax ?? 'v3',
  });
}

class Contributor {
  readonly #workload: Workload;
  readonly #place: RouterPlace;
  readonly #staticConfig: StaticConfig;
  readonly #decoded: DecodedLabels;
  readonly #problems: Problem[];
  readonly #faults = new Map<string, string>();
  readonly #broken: BrokenRouter[] = [];
  readonly #regexps = new RegexpBudget(MAX_WORKLOAD_PROGRAMS);

  constructor(workload: Workload, place: RouterPlace, staticConfig: StaticConfig) {
    this.#workload = workload;
    this.#place = place;
    this.#staticConfig = staticConfig;
    this.#decoded = isLeftOut(workload, staticConfig) ? { ...NOTHING, problems: [] } : decode(workload, staticConfig);
    this.#problems = [...this.#decoded.problems];
  }

  build(): Built {
    const { name, provider, running } = this.#workload;
    const implicit = this.#decoded.routers.find(({ isImplicit }) => isImplicit);
    const services = this.#services(implicit?.service);
    // A container that asks for nothing and has no port is no mistake: it gets neither router nor service.
    const isDropped = implicit !== undefined && this.#faults.size > 0;
    const contribution = {
      container: name,
      provider,
      running,
      routers: isDropped ? [] : this.#decoded.routers.flatMap((draft) => this.#router(draft)),
      broken: this.#broken,
      services: isDropped ? [] : services,
      middlewares: this.#middlewares(),
      transports: this.#transports(),
      tlsOptions: this.#tlsOptions(),
    };
    const problems = this.#problems.map((problem) => placeInFile(problem, this.#workload));
    return { contribution, problems, faults: isDropped ? new Map() : this.#faults };
  }

  #services(implicitService: string | undefined): readonly ServiceConfig[] {
    const { network } = this.#decoded;
    return this.#decoded.services.map((draft) => {
      const name = this.#fullName(draft.name);
      const where = { place: this.#place, staticConfig: this.#staticConfig, network };
      const isFaulty = draft.fault !== undefined;
      const hasServers = !isFaulty && draft.composed === undefined;
      const built: BuiltServers = hasServers
        ? buildServers(this.#workload, draft, where)
        : { servers: [], fault: undefined, warnings: [] };
      if (draft.fault !== undefined) this.#faults.set(name, draft.fault);
      if (built.fault !== undefined) {
        this.#faults.set(name, built.fault.message);
        const isMild = implicitService === draft.name || built.fault.code === 'not_acted_on';
        const severity = isMild ? 'warning' : 'error';
        this.#problems.push(serverProblem(this.#workload, name, built.fault, severity));
      }
      for (const warning of built.warnings) {
        this.#problems.push(serverProblem(this.#workload, name, warning, 'warning'));
      }
      const { provider, name: container } = this.#workload;
      const { passHostHeader, holdMs, balance, ejection, check, sticky } = draft;
      // What cannot be read has no part that works: whatever it is itself a part of passes it over.
      const composed = isFaulty ? undefined : draft.composed;
      const service = { name, provider, containers: [container], servers: built.servers, passHostHeader };
      const transport = this.#serviceTransport(draft.transport);
      return {
        ...service,
        ...(holdMs > 0 && composed === undefined ? { holdMs } : {}),
        ...(transport === undefined ? {} : { transport }),
        ...(balance === undefined ? {} : { balance }),
        ...(ejection === undefined ? {} : { ejection }),
        ...(sticky === undefined ? {} : { sticky }),
        ...(composed === undefined ? {} : { composed: renameMembers(composed, (one) => this.#fullName(one)) }),
        ...(check === undefined ? {} : { check }),
      };
    });
  }

  #router(draft: RouterDraft): readonly RouterConfig[] {
    const { rule } = draft;
    if (rule === undefined) return this.#breakRouter(draft, draft.fault ?? 'it names no host');
    const { provider, name: container, createdAt, running } = this.#workload;
    const name = this.#fullName(draft.name);
    const label = draft.labels.rule === undefined ? {} : { label: draft.labels.rule };
    const place = { code: 'rule_syntax', provider, container, object: name, ...label } as const;
    const matcher = parseRule(rule, draft.ruleSyntax, this.#regexps);
    if (isRuleError(matcher)) {
      const v1 = translateRuleV1(rule, this.#regexps);
      const hint = v1 === undefined ? matcher.hint : `this is a rule of Traefik v1; write ${v1}`;
      // Only routers that a label gives a rule have one of a person's own.
      const isOwn = draft.labels.rule !== undefined;
      const message = isOwn ? matcher.message : `in the rule ${rule}, which is made by default: ${matcher.message}`;
      this.#problems.push({ severity: draft.isImplicit ? 'warning' : 'error', ...place, ...matcher, message, hint });
      return this.#breakRouter(draft, `column ${matcher.column} of its rule: ${matcher.message}`);
    }
    for (const dead of deadArguments(matcher)) this.#problems.push({ severity: 'warning', ...place, ...dead });
    return [
      {
        name,
        provider,
        containers: [container],
        rule,
        matcher,
        priority: draft.priority ?? defaultPriority(rule),
        entryPoints: draft.entryPoints,
        middlewares: draft.middlewares.map((middleware) => this.#fullName(middleware)),
        service: this.#fullName(draft.service ?? this.#workload.baseName),
        tls: draft.tls,
        ...this.#optionsName(draft),
        createdAt,
        owner: this.#workload.baseName,
        ...(draft.site === undefined ? {} : { site: this.#fullName(draft.site) }),
        running,
        labels: draft.labels,
        disabled: draft.fault,
        ...(draft.fault !== undefined && draft.mayKeepLast === true ? { mayKeepLast: true } : {}),
      },
    ];
  }

  #breakRouter(draft: RouterDraft, reason: string): readonly RouterConfig[] {
    const { provider, name: container, baseName, running } = this.#workload;
    this.#broken.push({
      owner: baseName,
      running,
      middlewares: draft.middlewares.map((middleware) => this.#fullName(middleware)),
      name: this.#fullName(draft.name),
      provider,
      containers: [container],
      rule: draft.rule ?? '',
      service: this.#fullName(draft.service ?? baseName),
      ...this.#optionsName(draft),
      reason,
      mayKeepLast: draft.mayKeepLast === true || draft.fault === undefined,
    });
    return [];
  }

  #middlewares(): readonly MiddlewareConfig[] {
    const { provider, name: container } = this.#workload;
    return this.#decoded.middlewares.map(({ name, options }) => {
      const own = { name: this.#fullName(name), provider, containers: [container] };
      if (options.type !== 'chain') return { ...own, options: this.#affordable(own.name, options) };
      return { ...own, options: { ...options, middlewares: options.middlewares.map((one) => this.#fullName(one)) } };
    });
  }

  /** One whose expressions are too much for one workload is as one that cannot work: routers that name it do not serve. */
  #affordable<Options extends MiddlewareConfig['options']>(
    object: string,
    options: Options,
  ): Options | UnusableMiddleware {
    const size = programSize(middlewareRegexps(options));
    if (size === 0 || this.#regexps.spend(size)) return options;
    const { provider, name: container } = this.#workload;
    const reason = 'the regular expressions of the whole container are too large together';
    const hint = 'shorten them, or lower their {repeat} counts';
    this.#problems.push({ severity: 'error', code: 'label_value', provider, container, object, message: reason, hint });
    return { type: 'unusable', code: 'label_value', reason };
  }

  #serviceTransport(draft: ServiceTransport | undefined): ServiceTransport | undefined {
    return draft?.kind === 'named' ? { ...draft, name: this.#fullName(draft.name) } : draft;
  }

  /** What a workload defines is its provider's, whatever it is called: nobody loosens the transport of another provider. */
  #transports(): readonly ServersTransportConfig[] {
    const { provider, name: container } = this.#workload;
    return this.#decoded.transports.map((draft) => {
      return { ...draft, name: `${draft.name}@${provider}`, provider, containers: [container] };
    });
  }

  #tlsOptions(): readonly TlsOptionsConfig[] {
    const { provider, name: container } = this.#workload;
    return this.#decoded.tlsOptions.map((draft) => {
      return { ...draft, name: `${draft.name}@${provider}`, provider, containers: [container] };
    });
  }

  #optionsName({ tlsOptions }: RouterDraft): Pick<RouterConfig, 'tlsOptions'> {
    if (tlsOptions === undefined) return {};
    return { tlsOptions: isDefaultTlsOptions(tlsOptions) ? DEFAULT_TLS_OPTIONS : this.#fullName(tlsOptions) };
  }

  /** `auth` is `auth@docker`; a name with a provider stays. */
  #fullName(name: string): string {
    return name.includes('@') ? name : `${name}@${this.#workload.provider}`;
  }
}
