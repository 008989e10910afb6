import type { IncomingHttpHeaders } from 'node:http';
import { parseHostname } from '../lib/hostname.ts';
import type { AdminFacts } from './admin-facts.ts';
import { answerRenew, answerRollKey } from './certificate-api.ts';
import type { ApiAnswer } from './json-api.ts';

/** Longer is no pause any more: every waiting client has a connection open. */
export const MAX_PAUSE_MS = 600_000;
export const DEFAULT_PAUSE_MS = 60_000;

type ApiChange = (text: string, facts: AdminFacts) => ApiAnswer | Promise<ApiAnswer>;

/** The `POST` paths that change something. */
export const API_CHANGES: ReadonlyMap<string, ApiChange> = new Map<string, ApiChange>([
  ['/api/pause', answerPause],
  ['/api/resume', answerResume],
  ['/api/certificates/renew', answerRenew],
  ['/api/acme/roll-key', answerRollKey],
]);

/** What proxies add to requests (rules F1, F2, H13), ours among them: a router to `api@internal` is for looking. */
const PROXY_FIELDS = /^(x-forwarded-.*|x-real-ip|forwarded|via)$/;

/**
 * Why a request may not change anything: pages of the web may send a browser's requests here, but not with this media type unless they are
 * allowed to, and not without `Origin`; and whoever may see the API through a router may not work it. Undefined: it may.
 */
export function changeRefusal(headers: IncomingHttpHeaders): string | undefined {
  const proxied = Object.keys(headers).find((name) => PROXY_FIELDS.test(name));
  if (proxied !== undefined) return `nothing is changed through a proxy (${proxied}): ask the admin address itself`;
  if (headers.origin !== undefined) return 'web pages change nothing here: ask without an Origin field';
  const [type = ''] = (headers['content-type'] ?? '').split(';');
  if (type.trim().toLowerCase() === 'application/json') return undefined;
  return 'what changes something is JSON and says so: send content-type: application/json';
}

/** `POST /api/pause` `{host, forMs?}`: requests for the host wait. 400: not understood, 404: no router names the host. */
function answerPause(text: string, facts: AdminFacts): ApiAnswer {
  const read = readBody(text);
  if ('error' in read) return { status: 400, body: read };
  const { host, forMs } = read;
  if (typeof forMs !== 'number' || !(forMs > 0)) return faulty('forMs is no number of milliseconds above 0');
  if (forMs > MAX_PAUSE_MS) return faulty(`a pause lasts ${MAX_PAUSE_MS / 60_000} minutes at most`);
  const outcome = facts.pause(host, forMs);
  if ('fault' in outcome) return { status: 404, body: { error: outcome.fault } };
  return { status: 200, body: { host, forMs, services: outcome.services } };
}

/** `POST /api/resume` `{host}`: they go on. 404: it is not paused. */
function answerResume(text: string, facts: AdminFacts): ApiAnswer {
  const read = readBody(text);
  if ('error' in read) return { status: 400, body: read };
  const outcome = facts.resume(read.host);
  if ('fault' in outcome) return { status: 404, body: { error: outcome.fault } };
  return { status: 200, body: { host: read.host, services: outcome.services } };
}

function readBody(text: string): { readonly host: string; readonly forMs: unknown } | { readonly error: string } {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { error: 'the body is not JSON' };
  }
  if (typeof body !== 'object' || body === null) return { error: 'the body is no JSON object' };
  const { host, forMs = DEFAULT_PAUSE_MS } = body as Record<string, unknown>;
  const name = typeof host === 'string' ? parseHostname(host) : undefined;
  return name === undefined ? { error: 'host is no host name' } : { host: name, forMs };
}

function faulty(error: string): ApiAnswer {
  return { status: 400, body: { error } };
}
