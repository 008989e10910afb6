import type { StickyConfig } from './dynamic.ts';
import type { LabelGroup, Setting } from './label-group.ts';
import { parseBoolean, parseInteger } from './label-value.ts';
import { rightValue } from './right-value.ts';

/** RFC 6265 4.1.1, and no longer than anybody needs. */
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,128}$/;
const PATH = /^\/[\x20-\x3a\x3c-\x7e]{0,1023}$/;
const DOMAIN = /^\.?(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i;

/** The cookie of a full-form service; `prefix` stands before `sticky`. Undefined: visitors are not bound. */
export function decodeSticky(group: LabelGroup, prefix: 'loadbalancer.' | 'weighted.'): StickyConfig | undefined {
  const bare = group.find(`${prefix}sticky`);
  const cookie = group.find(`${prefix}sticky.cookie`);
  if (isSwitchedOff(group, bare) || isSwitchedOff(group, cookie)) return undefined;
  const key = `${prefix}sticky.cookie`;
  if (cookie !== undefined || hasSettings(group, `${key}.`)) return decodeCookie(group, key, `${key}.name`);
  if (bare !== undefined) {
    const hint = `add ${bare.label}.cookie=true`;
    group.warn({ code: 'not_acted_on', label: bare.label, message: 'it says not by what visitors are bound', hint });
  }
  return undefined;
}

/** The cookie of the shorthand's service: `sluice.sticky` is `true` or its name, and what refines it switches it on, too. */
export function decodeSiteSticky(group: LabelGroup): StickyConfig | undefined {
  const setting = group.find('sticky');
  const said = setting === undefined ? undefined : parseBoolean(setting.value);
  if (said === false || (setting === undefined && !hasSettings(group, 'sticky.'))) return undefined;
  return decodeCookie(group, 'sticky', said === true ? undefined : 'sticky');
}

function decodeCookie(group: LabelGroup, key: string, nameKey: string | undefined): StickyConfig {
  const find = (name: string): Setting | undefined => group.find(`${key}.${name}`);
  const name = nameKey === undefined ? undefined : checked(group, group.find(nameKey), NAME, NAME_FAULT);
  const domain = checked(group, find('domain'), DOMAIN, DOMAIN_FAULT);
  const seconds = parseInteger(rightValue(group, find('maxage')) ?? '0') ?? 0;
  const secure = parseBoolean(rightValue(group, find('secure')) ?? '');
  return {
    ...(name === undefined ? {} : { name }),
    path: checked(group, find('path'), PATH, PATH_FAULT) ?? '/',
    ...(domain === undefined ? {} : { domain }),
    // As with Traefik, a negative one expires the cookie at once.
    ...(seconds === 0 ? {} : { maxAge: Math.max(0, seconds) }),
    ...(secure === undefined ? {} : { secure }),
    httpOnly: parseBoolean(rightValue(group, find('httponly')) ?? 'true') ?? true,
    sameSite: (rightValue(group, find('samesite'))?.toLowerCase() as StickyConfig['sameSite'] | undefined) ?? 'lax',
  };
}

const NAME_FAULT = { message: 'is not the name of a cookie', hint: 'write letters, digits, - and _' };
const PATH_FAULT = { message: 'is not the path of a cookie', hint: 'write a / in front, and no semicolon' };
const DOMAIN_FAULT = { message: 'is not a domain', hint: 'write a host name such as example.com' };

/** Whatever stands in a field line is checked here: a fault of it is an error, and the default holds. */
function checked(
  group: LabelGroup,
  setting: Setting | undefined,
  form: RegExp,
  fault: { readonly message: string; readonly hint: string },
): string | undefined {
  if (setting === undefined) return undefined;
  const value = setting.value.trim();
  if (form.test(value)) return value;
  const message = `"${value.slice(0, 80)}" ${fault.message}`;
  group.error({ code: 'label_value', label: setting.label, message, hint: fault.hint });
  return undefined;
}

function isSwitchedOff(group: LabelGroup, setting: Setting | undefined): boolean {
  return parseBoolean(rightValue(group, setting) ?? '') === false;
}

function hasSettings(group: LabelGroup, prefix: string): boolean {
  return group.settings.some(({ option }) => option.key.startsWith(prefix));
}
