import { translateRuleV1 } from '../rule/rule-v1.ts';

const ROUTER = 'http.routers.<r>.';
const SERVER = 'http.services.<r>.loadbalancer.';
const MIDDLEWARE = 'http.middlewares.<r>-';

/** Label of Traefik v1 without prefix and segment, in lower case → label of today. A final `.*` stands for one name. */
const TRANSLATIONS: ReadonlyMap<string, string> = new Map([
  ['frontend.rule', `${ROUTER}rule`],
  ['frontend.priority', `${ROUTER}priority`],
  ['frontend.entrypoints', `${ROUTER}entrypoints`],
  ['frontend.passhostheader', `${SERVER}passhostheader`],
  ['frontend.auth.basic', `${MIDDLEWARE}auth.basicauth.users`],
  ['frontend.auth.basic.users', `${MIDDLEWARE}auth.basicauth.users`],
  ['frontend.auth.basic.usersfile', `${MIDDLEWARE}auth.basicauth.usersfile`],
  ['frontend.auth.basic.removeheader', `${MIDDLEWARE}auth.basicauth.removeheader`],
  ['frontend.auth.digest.users', `${MIDDLEWARE}auth.digestauth.users`],
  ['frontend.auth.forward.address', `${MIDDLEWARE}auth.forwardauth.address`],
  ['frontend.auth.headerfield', `${MIDDLEWARE}auth.basicauth.headerfield`],
  ['frontend.whitelist.sourcerange', `${MIDDLEWARE}allow.ipallowlist.sourcerange`],
  ['frontend.whitelistsourcerange', `${MIDDLEWARE}allow.ipallowlist.sourcerange`],
  ['frontend.redirect.regex', `${MIDDLEWARE}redirect.redirectregex.regex`],
  ['frontend.redirect.replacement', `${MIDDLEWARE}redirect.redirectregex.replacement`],
  ['frontend.redirect.permanent', `${MIDDLEWARE}redirect.redirectregex.permanent`],
  ['frontend.headers.customrequestheaders', `${MIDDLEWARE}headers.headers.customrequestheaders.NAME`],
  ['frontend.headers.customresponseheaders', `${MIDDLEWARE}headers.headers.customresponseheaders.NAME`],
  ['frontend.headers.*', `${MIDDLEWARE}headers.headers.*`],
  ['port', `${SERVER}server.port`],
  ['protocol', `${SERVER}server.scheme`],
  ['weight', `${SERVER}server.weight`],
  ['backend', `${ROUTER}service`],
  ['backend.healthcheck.*', `${SERVER}healthcheck.*`],
  ['backend.loadbalancer.sticky', `${SERVER}sticky.cookie`],
  ['backend.loadbalancer.stickiness', `${SERVER}sticky.cookie`],
  ['backend.loadbalancer.stickiness.cookiename', `${SERVER}sticky.cookie.name`],
  ['backend.maxconn.amount', `${MIDDLEWARE}conn.inflightreq.amount`],
  ['backend.circuitbreaker.expression', `${MIDDLEWARE}breaker.circuitbreaker.expression`],
  ['backend.buffering.*', `${MIDDLEWARE}buffering.buffering.*`],
]);

/** Labels whose value has another form now. */
const UNTRANSLATED: ReadonlyMap<string, string> = new Map([
  ['frontend.redirect.entrypoint', `${MIDDLEWARE}redirect.redirectscheme.scheme=https`],
  ['domain', `${ROUTER}rule=Host(\`example.com\`)`],
]);

/**
 * How a label of Traefik v1 (`frontend.rule`, `SEGMENT.port`) is written today, with its value where that is the same;
 * undefined when v1 had no such label either. `path` is behind `traefik.`, `name` that of the container's router.
 */
export function translateLabelV1(path: readonly string[], value: string, name: string): string | undefined {
  const whole = translate(path, value, name);
  if (whole !== undefined || path.length < 2) return whole;
  const [segment = '', ...rest] = path;
  return translate(rest, value, `${name}-${segment}`);
}

function translate(path: readonly string[], value: string, name: string): string | undefined {
  const key = path.join('.').toLowerCase();
  const fixed = UNTRANSLATED.get(key);
  if (fixed !== undefined) return `traefik.${fixed.replace('<r>', name)}`;
  const last = path.at(-1) ?? '';
  const target =
    TRANSLATIONS.get(key) ??
    TRANSLATIONS.get(`${key.slice(0, key.lastIndexOf('.') + 1)}*`)?.replace('*', last.toLowerCase());
  if (target === undefined) return undefined;
  const label = `traefik.${target.replace('<r>', name)}`;
  const today = key === 'frontend.rule' ? (translateRuleV1(value) ?? 'Host(`example.com`)') : value.trim();
  // Hashes and keys do not belong into a log.
  return /(^|\.)auth\.|headers$/.test(key) ? `${label}=…` : `${label}=${today.slice(0, 200)}`;
}
