import type { AcmeAuthorization, AcmeChallenge, AcmeDirectory, AcmeOrder } from './acme-api.ts';
import { AcmeTransportError, decodeProblem } from './acme-error.ts';

type Fields = Readonly<Record<string, unknown>>;

/** CAs allow a hundred names in one order; each may come with and without wildcard. */
const MAX_AUTHORIZATIONS = 200;

const ORDER_STATES: readonly string[] = [
  'pending',
  'ready',
  'processing',
  'valid',
  'invalid',
] satisfies readonly AcmeOrder['status'][];
const AUTHORIZATION_STATES: readonly string[] = [
  'pending',
  'valid',
  'invalid',
  'deactivated',
  'expired',
  'revoked',
] satisfies readonly AcmeAuthorization['status'][];

/** Reads a directory (RFC 8555 7.1.1). Throws `AcmeTransportError` (garbage) when it is none. */
export function decodeDirectory(value: unknown, url: string): AcmeDirectory {
  const fields = fieldsOf(value, 'directory', url);
  const meta = typeof fields['meta'] === 'object' && fields['meta'] !== null ? (fields['meta'] as Fields) : {};
  return {
    newNonce: urlOf(fields, 'newNonce', url),
    newAccount: urlOf(fields, 'newAccount', url),
    newOrder: urlOf(fields, 'newOrder', url),
    keyChange: textOf(fields['keyChange']),
    renewalInfo: textOf(fields['renewalInfo']),
    externalAccountRequired: meta['externalAccountRequired'] === true,
    termsOfService: textOf(meta['termsOfService']),
    profiles: Object.keys(typeof meta['profiles'] === 'object' ? (meta['profiles'] ?? {}) : {}),
    caaIdentities: textsOf(meta['caaIdentities']),
  };
}

/** Reads an order (RFC 8555 7.1.3). Throws `AcmeTransportError` (garbage). */
export function decodeOrder(value: unknown, url: string, retryAt: number | undefined): AcmeOrder {
  const fields = fieldsOf(value, 'order', url);
  const certificate = fields['certificate'];
  return {
    url,
    status: stateOf(fields, ORDER_STATES, url) as AcmeOrder['status'],
    names: listOf(fields, 'identifiers', url).map((entry) => identifierOf(entry, url)),
    authorizations: authorizationsOf(fields, url),
    finalize: urlOf(fields, 'finalize', url),
    certificate: typeof certificate === 'string' ? certificate : undefined,
    error: decodeProblem(fields['error'], { status: 0, url }),
    retryAt,
  };
}

/** Reads an authorization (RFC 8555 7.1.4). Throws `AcmeTransportError` (garbage). */
export function decodeAuthorization(value: unknown, url: string, retryAt: number | undefined): AcmeAuthorization {
  const fields = fieldsOf(value, 'authorization', url);
  return {
    url,
    status: stateOf(fields, AUTHORIZATION_STATES, url) as AcmeAuthorization['status'],
    name: identifierOf(fields['identifier'], url),
    isWildcard: fields['wildcard'] === true,
    challenges: listOf(fields, 'challenges', url).flatMap((entry) => decodeChallenge(entry, url)),
    retryAt,
  };
}

/** Each is asked for at once and counts against the CA's limits, so that an endless list would stop every other order. */
function authorizationsOf(fields: Fields, url: string): readonly string[] {
  const urls = listOf(fields, 'authorizations', url).filter((entry) => typeof entry === 'string');
  if (urls.length > MAX_AUTHORIZATIONS) throw garbage(`${urls.length} authorizations in one order`, url);
  return urls;
}

/** New challenge types appear at CAs without notice and may lack what ours have: an unreadable one is passed over. */
function decodeChallenge(value: unknown, url: string): readonly AcmeChallenge[] {
  if (typeof value !== 'object' || value === null) return [];
  const { type, url: ownUrl, token, error } = value as Fields;
  if (typeof type !== 'string' || typeof ownUrl !== 'string' || typeof token !== 'string') return [];
  return [{ type, url: ownUrl, token, error: decodeProblem(error, { status: 0, url }) }];
}

function identifierOf(value: unknown, url: string): string {
  const name = fieldsOf(value, 'identifier', url)['value'];
  if (typeof name !== 'string') throw garbage('identifier without value', url);
  return name.toLowerCase();
}

function fieldsOf(value: unknown, what: string, url: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw garbage(`not an ACME ${what}`, url);
  return value as Fields;
}

function listOf(fields: Fields, name: string, url: string): readonly unknown[] {
  const value = fields[name];
  if (!Array.isArray(value)) throw garbage(`${name} is missing`, url);
  return value;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
}

function urlOf(fields: Fields, name: string, url: string): string {
  const value = fields[name];
  if (typeof value !== 'string') throw garbage(`${name} is missing`, url);
  return value;
}

function stateOf(fields: Fields, states: readonly string[], url: string): string {
  const status = fields['status'];
  if (typeof status !== 'string' || !states.includes(status)) throw garbage('status is missing or unknown', url);
  return status;
}

function garbage(message: string, url: string): AcmeTransportError {
  return new AcmeTransportError('garbage', `the CA's answer makes no sense: ${message}`, url);
}
