import { defaultPriority } from '../rule/priority.ts';
import { decodeSiteMiddlewares } from './decode-site-middlewares.ts';
import { decodeOnDemand } from './decode-router.ts';
import { decodeSiteTlsOptions, type TlsOptionsDraft } from './decode-tls-options.ts';
import { siteName } from './group-labels.ts';
import type { MiddlewareDraft, RouterDraft } from './draft.ts';
import type { RouterTls } from './dynamic.ts';
import type { LabelGroup } from './label-group.ts';
import { decodeAddressList, type SiteAddress } from './site-address.ts';
import { meantBoolean } from './value-hints.ts';

const NOOP_SERVICE = 'noop@internal';

/** What one site of the shorthand becomes. */
export interface SiteDrafts {
  readonly routers: readonly RouterDraft[];
  readonly middlewares: readonly MiddlewareDraft[];
  /** What its clients have to fulfil. Undefined: nothing but the default. */
  readonly tlsOptions: TlsOptionsDraft | undefined;
}

/**
 * A site of the shorthand (design section 6) as full-form objects. Every host becomes a router of its own, because the
 * length of a joined rule would outrank more specific sites of other containers. Names: the first is the site's, then
 * `<site>-2`, …; hosts that redirect are `<site>-alias`, `<site>-alias-2`, ….
 */
export function decodeSite(group: LabelGroup, baseName: string, defaultHost: string | undefined): SiteDrafts {
  const name = siteName(baseName, group.name);
  const addresses = decodeAddresses(group, group.name === '' ? defaultHost : undefined);
  const tlsOptions = decodeSiteTlsOptions(group, `${name}.tls`);
  const common = {
    service: name,
    entryPoints: undefined,
    tls: decodeSiteTls(group, tlsOptions !== undefined),
    ...(tlsOptions === undefined ? {} : { tlsOptions: tlsOptions.name }),
    labels: labelNames(group),
    isImplicit: false,
    site: name,
  };
  const isStripped = group.bool('strip') ?? false;
  const asked = decodeSiteMiddlewares(group, name);
  // Hosts that cannot be read leave a router without rule, which is broken and not forgotten.
  const isBroken = addresses.length === 0 && group.find('host') !== undefined;
  // Without a router of its own a site defines nothing that a namesake might take for its own.
  const shared = addresses.length === 0 && !isBroken ? [] : asked;
  const middlewares: MiddlewareDraft[] = [...shared];
  const routers = addresses.map((address, index) => {
    const routerName = index === 0 ? name : `${name}-${index + 1}`;
    const own = [...(group.list('middlewares') ?? [])];
    if (isStripped && address.path !== undefined) {
      middlewares.push({ name: `${routerName}-strip`, options: { type: 'stripPrefix', prefixes: [address.path] } });
      // First, so that a prefix added by the others is not mistaken for the path of the host.
      own.unshift(`${routerName}-strip`);
    }
    own.unshift(...shared.map((one) => one.name));
    return { ...common, ...ruleOf(address), name: routerName, middlewares: own };
  });
  const aliases = decodeAliases(group, addresses).map((alias, index) => ({
    ...common,
    ...ruleOf(alias),
    name: `${name}-alias${index === 0 ? '' : `-${index + 1}`}`,
    middlewares: [`${name}.redirect`],
    service: NOOP_SERVICE,
    labels: { ...common.labels, rule: group.find('redirect')?.label ?? '' },
  }));
  if (aliases.length > 0) {
    middlewares.push({ name: `${name}.redirect`, options: { type: 'redirectHost', host: addresses[0]?.host ?? '' } });
  }
  const all: readonly Omit<RouterDraft, 'fault'>[] = [...routers, ...aliases];
  const named = [...shared.map((one) => one.name), ...(group.list('middlewares') ?? [])];
  const broken = { ...common, name, rule: undefined, priority: undefined, middlewares: named };
  const drafts = isBroken ? [broken] : all;
  const verdict = { fault: group.fault, mayKeepLast: group.isHarmless };
  return { routers: drafts.map((router) => ({ ...router, ...verdict })), middlewares, tlsOptions };
}

function decodeAddresses(group: LabelGroup, defaultHost: string | undefined): readonly SiteAddress[] {
  const setting = group.find('host');
  if (setting === undefined) return defaultHost === undefined ? [] : [{ host: defaultHost, path: undefined }];
  const addresses = decodeAddressList(group, setting);
  if (addresses.length === 0 && group.fault === undefined && setting.value.trim() === '') {
    group.failValue(setting, 'names no host', 'write a host name such as example.com');
  }
  return addresses;
}

/** Hosts that only redirect to the first one (`sluice.redirect`). */
function decodeAliases(group: LabelGroup, addresses: readonly SiteAddress[]): readonly SiteAddress[] {
  const setting = group.find('redirect');
  const [first] = addresses;
  if (setting === undefined) return [];
  const fault = (message: string, hint: string): void => {
    group.error({ code: 'label_value', label: setting.label, message, hint });
  };
  if (first === undefined || first.host.startsWith('*')) {
    fault('there is no host to redirect to', 'name one as the first of sluice.host; a wildcard is none');
    return [];
  }
  return decodeAddressList(group, setting).filter(({ host, path }) => {
    if (path !== undefined) fault(`${host}${path} has a path`, `write the host alone: ${host}`);
    else if (!addresses.some((one) => one.host === host && one.path === undefined)) return true;
    else fault(`${host} is a host of the site itself`, 'remove it here, or in sluice.host');
    return false;
  });
}

function ruleOf({ host, path }: SiteAddress): Pick<RouterDraft, 'rule' | 'priority'> {
  const hostPart = `Host(\`${host}\`)`;
  // Whole segments: /api and /api/x, but not /apis.
  const rule = path === undefined ? hostPart : `${hostPart} && (Path(\`${path}\`) || PathPrefix(\`${path}/\`))`;
  // `*.example.com` is as long as `a.example.com`, which must win.
  return { rule, priority: host.startsWith('*') ? defaultPriority(rule) - 1 : undefined };
}

/** Where something is asked of clients, plain HTTP is no way in, whatever the default is. */
function decodeSiteTls(group: LabelGroup, hasOptions: boolean): RouterTls {
  const setting = group.find('tls');
  const auto = { mode: 'auto', resolver: undefined, domains: [], ...decodeOnDemand(group) } as const;
  if (setting === undefined) {
    return hasOptions || auto.onDemand === true ? auto : { mode: 'unsaid' };
  }
  const word = setting.value.trim().toLowerCase();
  if (word === 'passthrough') {
    group.fail({
      code: 'not_acted_on',
      label: setting.label,
      message: 'TLS cannot be passed through yet',
      hint: 'write auto (the router ends TLS), off or internal',
    });
    return { mode: 'unsaid' };
  }
  const isSaid = word === 'off' ? undefined : meantBoolean(word);
  if (isSaid !== undefined) {
    group.failValue(setting, 'is not a value of this label', isSaid ? 'write auto, or remove it' : 'write off');
    return { mode: 'unsaid' };
  }
  const mode = group.oneOf('tls', ['auto', 'off', 'internal']);
  if (mode === 'auto') return auto;
  return mode === undefined ? { mode: 'unsaid' } : { mode };
}

function labelNames(group: LabelGroup): RouterDraft['labels'] {
  const rule = group.find('host')?.label;
  const middlewares = group.find('middlewares')?.label;
  const tls = group.find('tls')?.label;
  return {
    ...(rule === undefined ? {} : { rule }),
    ...(middlewares === undefined ? {} : { middlewares }),
    ...(tls === undefined ? {} : { tls }),
  };
}
