import type { BasicAuthOptions } from '../config/middleware-options.ts';
import type { Answer } from '../http/answer.ts';
import type { Exchange } from '../http/exchange.ts';
import { fieldValues } from '../http/fields.ts';
import { isForwardingLine } from '../http/forwarded.ts';
import { removeRequestFields, requestNames } from '../http/header-edits.ts';
import type { PasswordVerdict } from '../http/password-check.ts';
import type { CompiledMiddleware } from './compiled-middleware.ts';

/**
 * Asks for a user name and a password (RFC 7617). A name that is not there costs as much as one that is: its password is compared
 * with the hash of another, and is wrong whatever comes of it.
 */
export function basicAuth(options: BasicAuthOptions): CompiledMiddleware {
  const hashes = new Map(options.users);
  const [standIn] = hashes.values();
  if (standIn === undefined || options.usersFile !== undefined) throw new Error('basicauth without its users');
  const realm = options.realm.replace(/["\\]/g, '\\$&');
  const challenge = { fields: `WWW-Authenticate: Basic realm="${realm}"\r\n` };
  const accept = acceptance(options);
  const conclude = (exchange: Exchange, user: string, verdict: PasswordVerdict): Answer | undefined => {
    if (verdict === 'unavailable') return exchange.refusal('auth_unavailable');
    if (verdict === 'wrong' || !hashes.has(user)) return exchange.refusal('auth_wrong', challenge);
    accept(exchange, user);
    return undefined;
  };
  return {
    request: (exchange) => {
      const credentials = parseBasic(exchange.fields);
      if (credentials === undefined) return exchange.refusal('auth_missing', challenge);
      const { user, password } = credentials;
      const verdict = exchange.plane.passwords.check(user, hashes.get(user) ?? standIn, password);
      if (verdict === undefined) return exchange.refusal('auth_overloaded');
      if (typeof verdict === 'string') return conclude(exchange, user, verdict);
      return verdict.then((late) => (same: Exchange) => conclude(same, user, late));
    },
  };
}

/** What the server is told of a visitor who proved to be `user` (F7: what a client says of itself goes first). */
function acceptance({ headerField, removeHeader }: BasicAuthOptions): (exchange: Exchange, user: string) => void {
  const names = headerField === undefined ? [] : [headerField];
  const removes = requestNames(removeHeader ? [...names, 'authorization'] : names);
  const replacesOurs = [...removes].some(isForwardingLine);
  return (exchange, user) => {
    exchange.user = user;
    exchange.fields = removeRequestFields(exchange.fields, removes);
    exchange.addedFields = removeRequestFields(exchange.addedFields, removes);
    if (headerField === undefined) return;
    if (replacesOurs) exchange.removedForwarding = exchange.removedForwarding?.union(removes) ?? removes;
    exchange.addedFields += `${headerField}: ${user}\r\n`;
  };
}

/** Longer ones are nobody's, and some hashes cost by length. */
const MAX_PASSWORD = 1024;

/** `Basic` and base64 of `user:password`, both without control characters. */
function parseBasic(fields: string): { readonly user: string; readonly password: string } | undefined {
  const [value = ''] = fieldValues(fields, 'authorization');
  const match = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(value);
  if (match === null) return undefined;
  const text = Buffer.from(match[1]!, 'base64').toString('latin1');
  const colon = text.indexOf(':');
  if (colon < 0 || text.length - colon > MAX_PASSWORD || /[\0-\x1f\x7f]/.test(text)) return undefined;
  return { user: text.slice(0, colon), password: text.slice(colon + 1) };
}
