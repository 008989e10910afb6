import { defaultPriority } from '../rule/priority.ts';
import { parseHostname } from '../lib/hostname.ts';
import { withoutFinalSlashes } from '../lib/final-slashes.ts';
import { siteName } from './group-labels.ts';
import type { MiddlewareDraft, RouterDraft } from './draft.ts';
import type { RouterTls } from './dynamic.ts';
import type { LabelGroup, Setting } from './label-group.ts';

/** A host of a site, with the path that may follow it (no final slash; undefined: all paths). */
interface SiteAddress {
  readonly host: string;
  readonly path: string | undefined;
}

/** What one site of the shorthand becomes. */
export interface SiteDrafts {
  readonly routers: readonly RouterDraft[];
  readonly middlewares: readonly MiddlewareDraft[];
}

/**
 * A site of the shorthand (design section 6) as full-form objects. Every host becomes a router of its own, because the
 * length of a joined rule would outrank more specific sites of other containers. Names: the first is the site's, then
 * `<site>-2`, ….
 */
export function decodeSite(group: LabelGroup, baseName: string, defaultHost: string | undefined): SiteDrafts {
  const name = siteName(baseName, group.name);
  const addresses = decodeAddresses(group, group.name === '' ? defaultHost : undefined);
  const common = {
    service: name,
    entryPoints: undefined,
    tls: decodeSiteTls(group),
    labels: labelNames(group),
    isImplicit: false,
  };
  const isStripped = group.bool('strip') ?? false;
  const middlewares: MiddlewareDraft[] = [];
  const routers = addresses.map((address, index) => {
    const routerName = index === 0 ? name : `${name}-${index + 1}`;
    const own = [...(group.list('middlewares') ?? [])];
    if (isStripped && address.path !== undefined) {
      middlewares.push({ name: `${routerName}-strip`, options: { type: 'stripPrefix', prefixes: [address.path] } });
      // First, so that a prefix added by the others is not mistaken for the path of the host.
      own.unshift(`${routerName}-strip`);
    }
    return { ...common, ...ruleOf(address), name: routerName, middlewares: own };
  });
  return { routers: routers.map((router) => ({ ...router, fault: group.fault })), middlewares };
}

function decodeAddresses(group: LabelGroup, defaultHost: string | undefined): readonly SiteAddress[] {
  const setting = group.find('host');
  if (setting === undefined) return defaultHost === undefined ? [] : [{ host: defaultHost, path: undefined }];
  const addresses = new Map<string, SiteAddress>();
  let column = 1;
  for (const item of setting.value.split(',')) {
    const start = column + item.length - item.trimStart().length;
    column += item.length + 1;
    if (item.trim() === '') continue;
    const address = parseAddress(item.trim());
    // Only the host at fault is left out; the others of the list serve.
    if (typeof address === 'string') reportAddress(group, setting, { item: item.trim(), hint: address, column: start });
    else addresses.getOrInsert(`${address.host}${address.path ?? ''}`, address);
  }
  if (addresses.size === 0 && group.fault === undefined && setting.value.trim() === '') {
    group.failValue(setting, 'names no host', 'write a host name such as example.com');
  }
  return [...addresses.values()];
}

/** The address, or a hint how to mend it. */
function parseAddress(text: string): SiteAddress | string {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return `write it without the scheme: ${text.replace(/^.*?:\/\//, '')}`;
  const slash = text.indexOf('/');
  const hostText = slash < 0 ? text : text.slice(0, slash);
  const path = slash < 0 ? '' : withoutFinalSlashes(text.slice(slash));
  if (/^[^:]+:\d*$/.test(hostText)) return `write it without the port: ${hostText.replace(/:.*/, '')}`;
  const host = parseHostname(hostText.replace(/^\[(.*)\]$/, '$1'));
  if (host === undefined) return 'write a host name such as example.com or *.example.com';
  if (/[`?#\s\\]/.test(path)) return 'a path has no ?, #, blank, backslash or backtick; use a router with a rule';
  return { host, path: path === '' ? undefined : path };
}

function reportAddress(group: LabelGroup, setting: Setting, at: { item: string; hint: string; column: number }): void {
  group.error({
    code: 'label_value',
    label: setting.label,
    column: at.column,
    message: `"${at.item}" is not a host`,
    hint: at.hint,
  });
}

function ruleOf({ host, path }: SiteAddress): Pick<RouterDraft, 'rule' | 'priority'> {
  const hostPart = `Host(\`${host}\`)`;
  // Whole segments: /api and /api/x, but not /apis.
  const rule = path === undefined ? hostPart : `${hostPart} && (Path(\`${path}\`) || PathPrefix(\`${path}/\`))`;
  // `*.example.com` is as long as `a.example.com`, which must win.
  return { rule, priority: host.startsWith('*') ? defaultPriority(rule) - 1 : undefined };
}

function decodeSiteTls(group: LabelGroup): RouterTls {
  const setting = group.find('tls');
  if (setting === undefined) return { mode: 'unsaid' };
  if (setting.value.trim().toLowerCase() === 'passthrough') {
    group.fail({
      code: 'not_acted_on',
      label: setting.label,
      message: 'TLS cannot be passed through yet',
      hint: 'write auto (the router ends TLS), off or internal',
    });
    return { mode: 'unsaid' };
  }
  const mode = group.oneOf('tls', ['auto', 'off', 'internal']);
  if (mode === 'auto') return { mode, resolver: undefined, domains: [] };
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
