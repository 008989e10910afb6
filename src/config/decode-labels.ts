import type { RuleSyntax } from '../rule/ast.ts';
import { checkOther } from './check-other.ts';
import { memberNames } from './composed.ts';
import { closeForMaintenance, sitesInMaintenance } from './decode-maintenance.ts';
import { decodeMiddleware } from './decode-middleware.ts';
import { decodeRouter } from './decode-router.ts';
import { decodeService, decodeSiteService } from './decode-service.ts';
import { decodeSite } from './decode-site.ts';
import { decodeTlsOptions } from './decode-tls-options.ts';
import { decodeTransport } from './decode-transport.ts';
import type { Drafts, MiddlewareDraft, RouterDraft, ServiceDraft } from './draft.ts';
import { groupLabels, siteName, type GroupedLabels } from './group-labels.ts';
import type { Problem } from './problem.ts';
import type { Workload } from './workload.ts';

/** What holds where labels say nothing. */
export interface LabelDefaults {
  readonly mode: 'sluice' | 'traefik';
  readonly exposedByDefault: boolean;
  /** Host of a router that names none; undefined: it needs one. */
  readonly defaultHost: string | undefined;
  /** Rule of a router that has none, or why none can be made. Absent: `defaultHost` says it. */
  readonly defaultRule?:
    | { readonly rule: string }
    | { readonly fault: { readonly message: string; readonly hint: string } };
  /** Syntax of rules whose router does not say. Absent: v3. */
  readonly ruleSyntax?: RuleSyntax;
}

export interface DecodedLabels extends Drafts {
  /** Network named for the whole container. */
  readonly network: { readonly name: string; readonly label: string } | undefined;
  readonly problems: readonly Problem[];
}

/**
 * Reads every label of one workload. Both prefixes, full form and shorthand come out as the same drafts. A hidden
 * workload gives nothing. Never throws; a fault disables the one object it belongs to.
 */
export function decodeLabels(workload: Workload, defaults: LabelDefaults): DecodedLabels {
  const problems: Problem[] = [];
  const groups = groupLabels(workload, (problem) => {
    problems.push({ ...problem, provider: workload.provider, container: workload.name });
  });
  const before = problems.length;
  if (!isExposed(groups, defaults)) {
    // Nothing but a fault of `enable` itself is worth telling about a container that is hidden.
    return { ...NOTHING, problems: problems.slice(before) };
  }
  const decoder = new Decoder(workload, groups, defaults);
  const drafts = decoder.decode();
  checkOther(groups.other, defaults.ruleSyntax ?? 'v3');
  return { ...drafts, network: containerNetwork(groups), problems };
}

/** What a hidden workload gives. */
export const NOTHING: Omit<DecodedLabels, 'problems'> = {
  routers: [],
  services: [],
  middlewares: [],
  transports: [],
  tlsOptions: [],
  network: undefined,
};

function isExposed({ container, sites }: GroupedLabels, defaults: LabelDefaults): boolean {
  const setting = container.find('enable');
  if (setting !== undefined) {
    // A faulty `enable` hides: who wrote it may have meant to.
    return container.bool('enable') ?? false;
  }
  if (!defaults.exposedByDefault && sites.size > 0) {
    container.warn({
      code: 'not_acted_on',
      message: 'containers are not exposed by default, and this one does not ask for it',
      hint: 'add the label sluice.enable=true',
    });
  }
  return defaults.exposedByDefault;
}

function containerNetwork({ container, sites }: GroupedLabels): DecodedLabels['network'] {
  const setting = sites.get('')?.find('network') ?? container.find('docker.network');
  const name = setting?.value.trim();
  return setting === undefined || name === undefined || name === '' ? undefined : { name, label: setting.label };
}

class Decoder {
  readonly #workload: Workload;
  readonly #groups: GroupedLabels;
  readonly #defaults: LabelDefaults;

  constructor(workload: Workload, groups: GroupedLabels, defaults: LabelDefaults) {
    this.#workload = workload;
    this.#groups = groups;
    this.#defaults = defaults;
  }

  decode(): Drafts {
    const { baseName } = this.#workload;
    const { defaultHost } = this.#defaults;
    const explicit = [...this.#groups.services.values()].map(decodeService);
    // Before the routers of the sites, too: a wrong value is a fault of theirs.
    const closed = sitesInMaintenance(this.#groups.sites);
    const middlewares: MiddlewareDraft[] = [...this.#groups.middlewares.values()].map(decodeMiddleware);
    const transports = [...this.#groups.transports.values()].map(decodeTransport);
    const tlsOptions = [...this.#groups.tlsOptions.values()].map(decodeTlsOptions);
    // Before the routers of the sites: a wrong port is a fault of both.
    const ofSites = this.#siteServices();
    const routers = this.#fullFormRouters(explicit);
    let hasUnnamedSite = false;
    for (const group of this.#groups.sites.values()) {
      const asked = routers.length > 0 && group.find('host') === undefined ? undefined : defaultHost;
      const site = decodeSite(group, baseName, asked);
      hasUnnamedSite ||= group.name === '' && site.routers.length > 0;
      if (group.name !== '' && site.routers.length === 0 && group.find('host') === undefined) missingHost(group);
      for (const router of site.routers) this.#addSiteRouter(routers, router, group);
      middlewares.push(...site.middlewares);
      if (site.tlsOptions !== undefined) tlsOptions.push(site.tlsOptions);
    }
    const stray = hasUnnamedSite ? undefined : strayFault(this.#groups.sites.get(''), routers[0]?.name);
    if (stray !== undefined) for (const [index, one] of routers.entries()) routers[index] = withFault(one, stray);
    if (routers.length === 0) routers.push(...this.#implicitRouter(explicit));
    const open = closeForMaintenance(routers, closed, baseName);
    const services = this.#usedServices(explicit, ofSites, open.routers);
    return {
      routers: open.routers,
      services,
      middlewares: [...middlewares, ...open.middlewares],
      transports,
      tlsOptions,
    };
  }

  #siteServices(): readonly ServiceDraft[] {
    const { sites } = this.#groups;
    const named = [...sites.values()].filter(({ name }) => name !== '');
    const { baseName } = this.#workload;
    const unnamed = decodeSiteService(baseName, sites.get(''));
    return [unnamed, ...named.map((group) => decodeSiteService(siteName(baseName, group.name), group))];
  }

  #fullFormRouters(explicit: readonly ServiceDraft[]): RouterDraft[] {
    return [...this.#groups.routers.values()].map((group) => {
      const draft = decodeRouter(group, this.#defaults.ruleSyntax ?? 'v3');
      const hint = `add ….http.routers.${group.name}.rule=Host(\`example.com\`)`;
      const missing = this.#missingRule ?? { message: 'the router has no rule', hint };
      if (draft.rule === undefined && this.#defaultRule === undefined) {
        group.fail({ code: 'rule_missing', ...missing });
      }
      const isAmbiguous = draft.service === undefined && explicit.length > 1;
      if (isAmbiguous) {
        group.fail({
          code: 'service_ambiguous',
          message: `it names no service, and there are several: ${explicit.map(({ name }) => name).join(', ')}`,
          hint: `add ….http.routers.${group.name}.service=${explicit[0]?.name}`,
        });
      }
      const rule = draft.rule ?? this.#defaultRule;
      const service = draft.service ?? explicit[0]?.name ?? this.#workload.baseName;
      return { ...draft, rule, service, fault: group.fault, mayKeepLast: group.isHarmless };
    });
  }

  get #defaultRule(): string | undefined {
    const { defaultRule, defaultHost } = this.#defaults;
    if (defaultRule !== undefined) return 'rule' in defaultRule ? defaultRule.rule : undefined;
    return defaultHost === undefined ? undefined : `Host(\`${defaultHost}\`)`;
  }

  /** Why there is no default rule, when there should be one. */
  get #missingRule(): { readonly message: string; readonly hint: string } | undefined {
    const { defaultRule } = this.#defaults;
    return defaultRule !== undefined && 'fault' in defaultRule ? defaultRule.fault : undefined;
  }

  #addSiteRouter(routers: RouterDraft[], router: RouterDraft, group: SiteGroup): void {
    if (!routers.some(({ name }) => name === router.name)) {
      routers.push(router);
      return;
    }
    group.fail({
      code: 'label_conflict',
      label: group.find('host')?.label ?? '',
      message: `there is already a router ${router.name} on this container`,
      hint: 'remove either the shorthand or the router',
    });
  }

  /** The router of a workload that asks for none (traefik-labels.md section 3). */
  #implicitRouter(explicit: readonly ServiceDraft[]): readonly RouterDraft[] {
    const { defaultHost, mode } = this.#defaults;
    // A file asks for everything it wants.
    if (this.#workload.services !== undefined) return [];
    const { container, sites, hasOther, middlewares, transports, tlsOptions, isLabelled } = this.#groups;
    const definitions = middlewares.size + transports.size + tlsOptions.size;
    const isFile = this.#workload.provider === 'file';
    const isOnlyOther = hasOther && explicit.length === 0 && sites.size === 0 && definitions === 0;
    const isOnlyDefinitions = explicit.length === 0 && sites.size === 0 && definitions > 0;
    if (explicit.length > 1 || isOnlyOther) return [];
    if (mode === 'sluice' && (isOnlyDefinitions || !(isLabelled || isFile))) return [];
    const hasFaultySite = [...sites.values()].some(({ fault }) => fault !== undefined);
    const isHostSaid = [...sites.values()].some((site) => site.find('host') !== undefined);
    if (hasFaultySite || isHostSaid || sites.keys().some((name) => name !== '')) return [];
    // A site cannot take a rule that is more than a host, and what it asks for must not be left out.
    const rule = sites.size > 0 && defaultHost === undefined ? undefined : this.#defaultRule;
    if (rule === undefined) {
      container.warn({
        code: 'rule_missing',
        message: 'it is labelled but no label says which host it answers',
        hint: isFile ? 'add the label sluice.host' : 'add the label sluice.host=example.com, or sluice.enable=false',
        ...this.#missingRule,
      });
      return [];
    }
    const ruleSyntax = this.#defaults.ruleSyntax ?? 'v3';
    return [{ ...implicitRouter(this.#workload.baseName, rule, explicit[0]?.name), ruleSyntax }];
  }

  /**
   * Explicit services all count; those of the shorthand and the default one only when a router sends there, or another
   * service is made of them.
   */
  #usedServices(
    explicit: readonly ServiceDraft[],
    ofSites: readonly ServiceDraft[],
    routers: readonly RouterDraft[],
  ): readonly ServiceDraft[] {
    const own = (name: string | undefined): string => name?.replace(`@${this.#workload.provider}`, '') ?? '';
    const members = explicit.flatMap(({ composed }) => (composed === undefined ? [] : memberNames(composed)));
    const used = new Set([...routers.map(({ service }) => service), ...members].map(own));
    const taken = new Set(explicit.map(({ name }) => name));
    return [...explicit, ...ofSites.filter(({ name }) => used.has(name) && !taken.has(name))];
  }
}

type SiteGroup = GroupedLabels['container'];

/**
 * Labels of the unnamed site on a container that has no such site, only others and routers. Most likely they were meant for
 * those: what could be a protection disables them all. Port, scheme and network are of the container and have their effect.
 */
function strayFault(group: SiteGroup | undefined, router: string | undefined): string | undefined {
  if (group === undefined || group.find('host') !== undefined || router === undefined) return undefined;
  for (const key of ['middlewares', 'auth', 'allow', ...TLS_KEYS, 'tls', 'strip', 'redirect', 'headers.<header>']) {
    const setting = group.find(key);
    if (setting === undefined) continue;
    const fault = {
      code: 'label_conflict',
      label: setting.label,
      message: 'it belongs to a site with sluice.host, which this container does not have',
      hint: `say it of the routers or sites that the container has, as in sluice.http.routers.${router}.…`,
    } as const;
    if (['middlewares', 'auth', 'allow', ...TLS_KEYS].includes(key)) group.fail(fault);
    else group.error(fault);
  }
  return group.fault;
}

/** What asks something of clients. */
const TLS_KEYS = ['tls.clientca', 'tls.clientauth', 'tls.minversion', 'tls.ciphers'];

function withFault(router: RouterDraft, fault: string): RouterDraft {
  return { ...router, fault: router.fault ?? fault, mayKeepLast: false };
}

function missingHost(group: SiteGroup): void {
  if (group.fault !== undefined) return;
  group.fail({
    code: 'rule_missing',
    message: `the site ${group.name} has no host`,
    hint: `add the label sluice.${group.name}.host=example.com`,
  });
}

function implicitRouter(baseName: string, rule: string, service: string | undefined): RouterDraft {
  return {
    name: baseName,
    rule,
    priority: undefined,
    entryPoints: undefined,
    middlewares: [],
    service: service ?? baseName,
    tls: { mode: 'unsaid' },
    labels: {},
    fault: undefined,
    isImplicit: true,
  };
}
