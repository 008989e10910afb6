import { canonicalHost, hostWithTrailingDot } from '../../src/lib/hostname.ts';
import { isPathFault, normalisePath } from '../../src/http/path.ts';
import { queryValues } from '../../src/rule/query.ts';
import { routingPath } from '../../src/rule/routing-path.ts';
import type { RuleRequest } from '../../src/rule/rule-request.ts';

/** A request as a client sent it: raw target, `ip:port` of the peer; an array is a repeated field line. */
export interface RawRequest {
  readonly method?: string;
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly remoteAddr?: string;
}

const LENIENT = { clampAboveRoot: true, allowBackslash: true, allowNull: true, allowEncodedDots: true };
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'te', 'transfer-encoding', 'host']);

/** The view of a plain-HTTP request from an untrusted peer that a rule gets (rules.md section 1), path rules lenient. */
export function ruleRequest(raw: RawRequest): RuleRequest {
  const headers = lowerCaseHeaders(raw.headers ?? {});
  const target = /^https?:\/\/([^/?]*)(.*)$/.exec(raw.url ?? '/');
  const authority = target?.[1] ?? headers.get('host')?.[0] ?? '';
  const origin = target === null ? (raw.url ?? '/') : (target[2] ?? '');
  const question = origin.indexOf('?');
  const rawPath = question < 0 ? origin : origin.slice(0, question);
  const path = normalisePath(rawPath === '' ? '/' : rawPath, LENIENT);
  if (isPathFault(path)) throw new Error(`${rawPath}: ${path}`);
  const seen = routedHeaders(headers, authority);
  return {
    method: raw.method ?? 'GET',
    host: canonicalHost(authority.trim()),
    hostWithTrailingDot: () => hostWithTrailingDot(authority.trim()),
    routingPath: () => routingPath(path),
    headerValues: (name) => seen.get(name) ?? [],
    queryValues: (key) => queryValues(question < 0 ? '' : origin.slice(question + 1), key),
    clientAddress: (raw.remoteAddr ?? '203.0.113.7:51000').replace(/:\d+$/, '').replace(/^\[|\]$/g, ''),
  };
}

function lowerCaseHeaders(headers: NonNullable<RawRequest['headers']>): Map<string, readonly string[]> {
  return new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), [value].flat()]));
}

/** Hop-by-hop and forwarding fields replaced as a router does for a peer nobody trusts. */
function routedHeaders(headers: ReadonlyMap<string, readonly string[]>, authority: string) {
  const options = (headers.get('connection') ?? []).flatMap((line) => line.toLowerCase().split(/\s*,\s*/));
  const isUpgrade = options.includes('upgrade') && headers.has('upgrade');
  const seen = new Map(headers);
  for (const name of headers.keys()) {
    if (HOP_BY_HOP.has(name) || name.startsWith('x-forwarded-') || name === 'x-real-ip') seen.delete(name);
    if (options.includes(name) && name !== 'upgrade') seen.delete(name);
  }
  if (isUpgrade) seen.set('connection', ['Upgrade']);
  const isWebSocket = isUpgrade && headers.get('upgrade')?.[0]?.toLowerCase() === 'websocket';
  seen.set('x-forwarded-proto', [isWebSocket ? 'ws' : 'http']);
  seen.set('x-forwarded-port', [/:(\d+)$/.exec(authority)?.[1] ?? '80']);
  seen.set('x-forwarded-host', [authority]);
  return seen;
}
