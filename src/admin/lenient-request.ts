import { parseAuthority } from '../http/authority.ts';
import { isPathFault, normalisePath } from '../http/path.ts';
import { canonicalHost, hostWithTrailingDot } from '../lib/hostname.ts';
import { queryValues } from '../rule/query.ts';
import { routingPath } from '../rule/routing-path.ts';
import type { RuleRequest } from '../rule/rule-request.ts';
import type { ExplainQuestion } from './explain-question.ts';

/** Path rules that the data plane refuses by (P3 to P6) do not matter to what a rule says alone. */
const LENIENT = { clampAboveRoot: true, allowBackslash: true, allowNull: true, allowEncodedDots: true };
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'te',
  'transfer-encoding',
  'host',
  'proxy-connection',
  'trailer',
]);

/**
 * A request as rules see it (rules.md section 1), also one that the data plane would refuse before any rule. Of a client that nobody
 * trusts: what it says of the way here does not count.
 */
export function lenientRequest(question: ExplainQuestion, isTls: boolean): RuleRequest {
  const { method, target, clientAddress } = question;
  const headers = Map.groupBy(question.headers, ([name]) => name.toLowerCase());
  const authority = (headers.get('host')?.[0]?.[1] ?? '').trim();
  const mark = target.indexOf('?');
  const rawPath = mark < 0 ? target : target.slice(0, mark);
  const path = normalisePath(rawPath, LENIENT);
  const seen = seenHeaders(headers, authority, isTls, clientAddress);
  return {
    method,
    host: canonicalHost(authority),
    hostWithTrailingDot: () => hostWithTrailingDot(authority),
    routingPath: () => routingPath(isPathFault(path) ? rawPath : path),
    headerValues: (name) => seen.get(name) ?? [],
    queryValues: (key) => queryValues(mark < 0 ? '' : target.slice(mark + 1), key),
    clientAddress,
  };
}

function seenHeaders(
  headers: ReadonlyMap<string, ExplainQuestion['headers']>,
  authority: string,
  isTls: boolean,
  clientAddress: string,
): ReadonlyMap<string, readonly string[]> {
  const values = (name: string): readonly string[] => headers.get(name)?.map(([, value]) => value.trim()) ?? [];
  const options = values('connection').flatMap((line) => line.toLowerCase().split(/\s*,\s*/));
  const isUpgrade = options.includes('upgrade') && values('upgrade').length > 0;
  const seen = new Map<string, readonly string[]>();
  for (const name of headers.keys()) {
    const isForwarding = name.startsWith('x-forwarded-') || name === 'x-real-ip' || name === 'forwarded';
    if (HOP_BY_HOP.has(name) || isForwarding || name === 'upgrade' || options.includes(name)) continue;
    seen.set(name, values(name));
  }
  if (isUpgrade) seen.set('connection', ['Upgrade']).set('upgrade', values('upgrade'));
  const isWebSocket = isUpgrade && values('upgrade')[0]?.toLowerCase() === 'websocket';
  const proto = isWebSocket ? 'ws' : 'http';
  const port = parseAuthority(authority)?.port;
  seen.set('x-forwarded-proto', [isTls ? `${proto}s` : proto]);
  seen.set('x-forwarded-port', [port === undefined || port === '' ? (isTls ? '443' : '80') : port]);
  if (authority !== '') seen.set('x-forwarded-host', [authority]);
  seen.set('x-real-ip', [clientAddress]);
  return seen;
}
