import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { ListenAddress } from '../config/static-config.ts';
import { canonicalHost, isIpAddress, isLocalhost } from '../lib/hostname.ts';
import { listen } from '../lib/listen.ts';
import type { AdminFacts } from './admin-facts.ts';
import { answerExplain, API_READERS } from './json-api.ts';
import { API_CHANGES, changeRefusal } from './pause-api.ts';
import { ROOT_PAGES, type Page } from './root-page.ts';

/** A question has a URL and some headers; more is no question. */
const MAX_BODY_BYTES = 262_144;

/**
 * The admin address. `GET /healthz` (and `/ping`) answers 200 `ok` once every worker listens, 503 before; `GET /api/…` shows
 * what is known, `POST /api/explain` answers why, `POST /api/pause` and `/api/resume` let requests wait and go on.
 */
export async function startAdmin(address: ListenAddress, facts: AdminFacts): Promise<Server> {
  const isPrivate = address.host !== undefined && isLoopback(address.host);
  const server = createServer((request, response) => {
    if (isPrivate && !isLocalName(request.headers.host)) {
      replyText(response, 421, 'this address is for programs of this machine: ask for 127.0.0.1 or localhost');
      return;
    }
    respond(request, response, facts).catch((error: unknown) => {
      if (!response.headersSent) replyText(response, 500, `internal fault: ${String(error)}`);
    });
  });
  server.requestTimeout = 10_000;
  await listen(server, address);
  // The system may run out of descriptors; that costs this connection, never the router.
  server.on('error', () => {});
  return server;
}

/**
 * A page of the web can make its name resolve to this machine and then read what we answer (DNS rebinding); what it cannot do is call us
 * by a name that is not its own.
 */
function isLocalName(authority: string | undefined): boolean {
  const host = canonicalHost(authority ?? '');
  return host === '' || isIpAddress(host) || isLocalhost(host) || !host.includes('.');
}

function isLoopback(host: string): boolean {
  return host === '::1' || host.startsWith('127.') || host === 'localhost';
}

async function respond(request: IncomingMessage, response: ServerResponse, facts: AdminFacts): Promise<void> {
  const path = request.url?.split('?')[0] ?? '';
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (path === '/api/explain') {
    if (request.method !== 'POST') return replyText(response, 405, 'method not allowed: POST a JSON question', 'POST');
    const text = await readBody(request);
    if (text === undefined) return replyText(response, 413, 'the question is too long');
    const { status, body } = await answerExplain(text, facts);
    return replyJson(response, status, body);
  }
  const change = API_CHANGES.get(path);
  if (change !== undefined) {
    if (request.method !== 'POST') return replyText(response, 405, 'method not allowed: POST JSON', 'POST');
    const refusal = changeRefusal(request.headers);
    if (refusal !== undefined) return replyJson(response, 403, { error: refusal });
    const text = await readBody(request);
    if (text === undefined) return replyText(response, 413, 'the body is too long');
    const { status, body } = await change(text, facts);
    return replyJson(response, status, body);
  }
  if (!isRead) return replyText(response, 405, 'method not allowed', 'GET, HEAD');
  if (path === '/healthz' || path === '/ping') {
    return facts.isListening() ? replyText(response, 200, 'ok') : replyText(response, 503, 'starting');
  }
  const page = ROOT_PAGES.get(path);
  if (page !== undefined) return replyPage(response, page(facts.localRoot));
  const reader = API_READERS.get(path);
  return reader === undefined ? replyText(response, 404, 'not found') : replyJson(response, 200, await reader(facts));
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function replyText(response: ServerResponse, status: number, text: string, allow?: string): void {
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
    ...(allow === undefined ? {} : { allow }),
  });
  response.end(`${text}\n`);
}

function replyPage(response: ServerResponse, { type, body, fileName }: Page): void {
  response.writeHead(200, {
    'content-type': type,
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    ...(fileName === undefined ? {} : { 'content-disposition': `attachment; filename="${fileName}"` }),
  });
  response.end(body);
}

function replyJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(`${JSON.stringify(body)}\n`);
}
