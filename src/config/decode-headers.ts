import { parseHostname } from '../lib/hostname.ts';
import { decodeFieldList, decodeFields, decodeFieldValue, fieldNameOf } from './decode-fields.ts';
import { decodeRegexes } from './decode-regex.ts';
import type { LabelGroup } from './label-group.ts';
import type { CorsOptions, FieldEntry, HeadersOptions } from './middleware-options.ts';
import { quoteText } from './quote-value.ts';

/** A middleware of type `headers` (traefik-labels.md sections 9.4 and 10). */
export function decodeHeaders(group: LabelGroup): HeadersOptions {
  const custom = decodeFields(group, 'headers.customrequestheaders.<header>', 'request');
  const signs = decodeFields(group, 'headers.sslproxyheaders.<header>', 'request');
  const isDevelopment = group.bool('headers.isdevelopment') ?? false;
  const { always, overTls } = decodeSecurity(group);
  return {
    type: 'headers',
    request: custom.filter(([name]) => name.toLowerCase() !== 'host'),
    host: decodeHost(group, custom),
    response: decodeFields(group, 'headers.customresponseheaders.<header>', 'response'),
    // Only HSTS may be sent without TLS, on demand.
    security: [...always, ...(isDevelopment || !isStsForced(group) ? [] : overTls.filter(isSts))],
    tlsSecurity: isDevelopment ? [] : overTls.filter((entry) => !(isStsForced(group) && isSts(entry))),
    tlsSigns: signs.map(([name, value]) => [name.toLowerCase(), value]),
    cors: decodeCors(group),
    allowedHosts: isDevelopment ? [] : (group.list('headers.allowedhosts') ?? []).map((host) => host.toLowerCase()),
    hostFields: (group.list('headers.hostsproxyheaders') ?? []).map((name) => name.toLowerCase()),
  };
}

/** `Host` is no field like others: it becomes the authority of the request. */
function decodeHost(group: LabelGroup, custom: readonly FieldEntry[]): string | undefined {
  const value = custom.find(([name]) => name.toLowerCase() === 'host')?.[1];
  if (value === undefined) return undefined;
  const [, host = '', port = ''] = /^(.*?)(:\d{1,5})?$/.exec(value) ?? [];
  const name = parseHostname(host.replace(/^\[(.*)\]$/, '$1'));
  if (name !== undefined && !name.startsWith('*') && Number(port.slice(1)) <= 65_535) {
    return (name.includes(':') ? `[${name}]` : name) + port;
  }
  const setting = group.settings.find((one) => fieldNameOf(one).toLowerCase() === 'host');
  group.fail({
    code: 'label_value',
    ...(setting === undefined ? {} : { label: setting.label }),
    message: `${quoteText(value)} is no host that a request can be for`,
    hint: 'write a name such as app.internal, or app.internal:8080',
  });
  return undefined;
}

const STS = 'Strict-Transport-Security';

function isSts([name]: FieldEntry): boolean {
  return name === STS;
}

function isStsForced(group: LabelGroup): boolean {
  return group.bool('headers.forcestsheader') ?? false;
}

function decodeSecurity(group: LabelGroup): {
  readonly always: readonly FieldEntry[];
  readonly overTls: readonly FieldEntry[];
} {
  const value = (key: string): string | undefined => decodeFieldValue(group, `headers.${key}`);
  const flag = (key: string, meaning: string): string | undefined =>
    group.bool(`headers.${key}`) === true ? meaning : undefined;
  const frame = flag('framedeny', 'DENY');
  const xss = flag('browserxssfilter', '1; mode=block');
  return {
    always: said([
      ['X-Frame-Options', value('customframeoptionsvalue') ?? frame],
      ['X-Content-Type-Options', flag('contenttypenosniff', 'nosniff')],
      ['X-XSS-Protection', value('custombrowserxssvalue') ?? xss],
      ['Content-Security-Policy', value('contentsecuritypolicy')],
      ['Content-Security-Policy-Report-Only', value('contentsecuritypolicyreportonly')],
      ['Referrer-Policy', value('referrerpolicy')],
      ['Permissions-Policy', value('permissionspolicy')],
    ]),
    overTls: said([
      [STS, decodeSts(group)],
      ['Public-Key-Pins', value('publickey')],
    ]),
  };
}

function said(entries: readonly (readonly [string, string | undefined])[]): readonly FieldEntry[] {
  return entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
}

function decodeSts(group: LabelGroup): string | undefined {
  const seconds = group.int('headers.stsseconds', 0, Number.MAX_SAFE_INTEGER) ?? 0;
  const subdomains = group.bool('headers.stsincludesubdomains') === true ? '; includeSubDomains' : '';
  const preload = group.bool('headers.stspreload') === true ? '; preload' : '';
  return seconds === 0 ? undefined : `max-age=${seconds}${subdomains}${preload}`;
}

/** Undefined when no option of CORS is set: preflights are the app's then. */
function decodeCors(group: LabelGroup): CorsOptions | undefined {
  const list = (key: string): readonly string[] => decodeFieldList(group, `headers.accesscontrol${key}`);
  const maxAge = group.int('headers.accesscontrolmaxage', 0, Number.MAX_SAFE_INTEGER);
  const cors: CorsOptions = {
    credentials: group.bool('headers.accesscontrolallowcredentials') ?? false,
    allowHeaders: list('allowheaders'),
    allowMethods: list('allowmethods'),
    origins: list('alloworiginlist'),
    originRegexes: decodeRegexes(group, 'headers.accesscontrolalloworiginlistregex'),
    exposeHeaders: list('exposeheaders'),
    maxAge,
    vary: group.bool('headers.addvaryheader') ?? false,
  };
  const isSaid = Object.values(cors).some((value) => (Array.isArray(value) ? value.length > 0 : Boolean(value)));
  return isSaid ? cors : undefined;
}
