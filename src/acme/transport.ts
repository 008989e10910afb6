import { Agent as HttpAgent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { getCACertificates } from 'node:tls';
import { setTimeout as delay } from 'node:timers/promises';
import { createTokenBucket } from '../lib/token-bucket.ts';
import { AcmeProblem, AcmeTransportError, decodeProblem } from './acme-error.ts';
import { readRetryAt } from './retry-after.ts';

const TIMEOUT_MS = 20_000;
const MAX_ANSWER_BYTES = 1 << 20;
/**
 * Let's Encrypt cuts clients off at 20 requests a second and address; staging at 20 for everything. A CA of one's own has no such
 * limits, and twenty new names shall not take twenty seconds.
 */
const REQUESTS_PER_SECOND = { public: 10, own: 25 } as const;
const MAX_SOCKETS = 4;
/** How often a request that can wait looks for room. */
const LOOK_MS = 100;
/** More than the orders that run at once can use before they are too old. */
const MAX_NONCES = 20;

export interface AcmeResponse {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed when the answer is JSON, else the text. */
  readonly data: unknown;
}

export interface Transport {
  /**
   * One request. Resolves for a status below 400, and for a rejected nonce, which the signing layer repeats itself
   * (RFC 8555 6.5). Rejects with `AcmeProblem` or `AcmeTransportError`; never retries, never sleeps on `Retry-After`. One
   * that `canWait` leaves half of the pace to the others.
   */
  request(url: string, method: string, body?: unknown, options?: { readonly canWait?: boolean }): Promise<AcmeResponse>;
  /** A nonce from an earlier answer that is not older than a minute. */
  takeNonce(): string | undefined;
  /** Ends every request that runs; later ones reject. */
  close(): void;
}

export interface TransportOptions {
  readonly userAgent: string;
  readonly extraRootPem: string | undefined;
  readonly now: () => number;
  readonly timeoutMs?: number;
  /** The CA is not one of those known by name, whose limits are known. */
  readonly isOwnCa?: boolean;
  /** Told of every answer: its status and the CA's clock (Unix milliseconds), or why there is none. */
  readonly onAnswer?: (code: number | AcmeTransportError['code'], caTime: number | undefined) => void;
}

/** HTTP toward one CA. `extraRootPem` is trusted beside the system's roots. Plain HTTP only to a loopback address. */
export function createTransport(options: TransportOptions): Transport {
  const { now } = options;
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  const agents = createAgents(options.extraRootPem);
  const perSecond = options.isOwnCa === true ? REQUESTS_PER_SECOND.own : REQUESTS_PER_SECOND.public;
  const pace = createTokenBucket({ burst: perSecond, perSecond, now });
  const nonces: { readonly nonce: string; readonly at: number }[] = [];
  const running = new Set<ClientRequest>();
  const closing = new AbortController();

  const send = (url: string, method: string, body: unknown): Promise<AcmeResponse> =>
    new Promise((resolve, reject) => {
      const target = parseTarget(url);
      const isTls = target.protocol === 'https:';
      const payload = body === undefined ? undefined : JSON.stringify(body);
      const request = (isTls ? httpsRequest : httpRequest)(target, {
        method: method.toUpperCase(),
        agent: isTls ? agents.tls : agents.plain,
        headers: {
          'user-agent': options.userAgent,
          ...(payload === undefined
            ? {}
            : { 'content-type': 'application/jose+json', 'content-length': Buffer.byteLength(payload) }),
        },
      });
      running.add(request);
      const timer = setTimeout(() => {
        request.destroy(new AcmeTransportError('timeout', `no answer within ${timeoutMs / 1000} s`, url));
      }, timeoutMs);
      request.once('close', () => {
        clearTimeout(timer);
        running.delete(request);
      });
      // Every one, also behind the first: an error without a listener would end the process.
      request.on('error', (cause) => reject(transportError(cause, url)));
      request.once('response', (response) => {
        readAnswer(response, url).then(resolve, (cause: unknown) => reject(transportError(cause, url)));
      });
      request.end(payload);
    });

  const awaitRoom = async (url: string): Promise<void> => {
    while (!pace.tryTake(perSecond / 2)) await pause(LOOK_MS, closing.signal, url);
    await pause(0, closing.signal, url);
  };

  const counted = async (sent: Promise<AcmeResponse>): Promise<AcmeResponse> => {
    try {
      const answer = await sent;
      const caTime = Date.parse(answer.headers['date'] ?? '');
      options.onAnswer?.(answer.status, Number.isNaN(caTime) ? undefined : caTime);
      return answer;
    } catch (cause) {
      if (cause instanceof AcmeTransportError) options.onAnswer?.(cause.code, undefined);
      throw cause;
    }
  };

  return {
    takeNonce: () => {
      while (nonces.length > 0) {
        const { nonce, at } = nonces.pop()!;
        if (now() - at < 60_000) return nonce;
      }
      return undefined;
    },
    request: async (url, method, body, { canWait = false } = {}) => {
      await (canWait ? awaitRoom(url) : pause(pace.take(), closing.signal, url));
      const isHead = method.toUpperCase() === 'HEAD';
      const keepNonce = (headers: AcmeResponse['headers']): void => {
        const nonce = headers['replay-nonce'];
        // The one asked for by HEAD is used at once by who asked.
        if (nonce === undefined || isHead) return;
        nonces.push({ nonce, at: now() });
        if (nonces.length > MAX_NONCES) nonces.shift();
      };
      const answer = await counted(send(url, method, body));
      if (answer.status < 400) {
        keepNonce(answer.headers);
        return answer;
      }
      const problem = problemOf(answer, url, now());
      // The signing layer takes its nonce from this answer; pooled as well, it would be used twice.
      if (problem.type === 'badNonce' && problem.status === 400) return answer;
      keepNonce(answer.headers);
      throw problem;
    },
    close: () => {
      closing.abort();
      for (const request of running) {
        request.destroy(new AcmeTransportError('stopped', 'the router is stopping', request.path));
      }
      agents.tls.destroy();
      agents.plain.destroy();
    },
  };
}

function createAgents(extraRootPem: string | undefined): { readonly tls: HttpsAgent; readonly plain: HttpAgent } {
  const trust = extraRootPem === undefined ? {} : { ca: [...getCACertificates('default'), extraRootPem] };
  return {
    tls: new HttpsAgent({ keepAlive: true, maxSockets: MAX_SOCKETS, ...trust }),
    plain: new HttpAgent({ keepAlive: true, maxSockets: MAX_SOCKETS }),
  };
}

function parseTarget(url: string): URL {
  const target = URL.canParse(url) ? new URL(url) : undefined;
  const isLoopback = target !== undefined && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(target.hostname);
  if (target?.protocol === 'https:' || (target?.protocol === 'http:' && isLoopback)) return target;
  throw new AcmeTransportError('garbage', `not an https URL: ${url.slice(0, 200)}`, url);
}

async function pause(waitMs: number, signal: AbortSignal, url: string): Promise<void> {
  try {
    if (waitMs > 0) await delay(waitMs, undefined, { signal });
    signal.throwIfAborted();
  } catch (cause) {
    throw new AcmeTransportError('stopped', 'the router is stopping', url, { cause });
  }
}

async function readAnswer(response: IncomingMessage, url: string): Promise<AcmeResponse> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw new AcmeTransportError('garbage', 'the answer is larger than 1 MiB', url);
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString();
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  const status = response.statusCode ?? 0;
  const isJson = /\bjson\b/.test(headers['content-type'] ?? '') && text !== '';
  return { status, headers, data: isJson ? parseJson(text, status, url) : text };
}

/** A broken error page is still an error, with its status and its time to come back: its text is enough. */
function parseJson(text: string, status: number, url: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (status >= 400) return text;
    throw new AcmeTransportError('garbage', 'the answer is not JSON', url, { cause });
  }
}

function problemOf(answer: AcmeResponse, url: string, now: number): AcmeProblem {
  const text =
    typeof answer.data === 'string'
      ? answer.data
          .slice(0, 2000)
          .replaceAll(/(?:<[^>]*>|\s)+/g, ' ')
          .trim()
      : '';
  const fallback = new AcmeProblem({
    type: '',
    status: answer.status,
    detail: `HTTP ${answer.status}${text === '' ? '' : `: ${text.slice(0, 200)}`}`,
    url,
    retryAt: readRetryAt(answer.headers['retry-after'], text, now),
  });
  const decoded = decodeProblem(answer.data, { status: answer.status, url });
  if (decoded === undefined) return fallback;
  const retryAt = readRetryAt(answer.headers['retry-after'], decoded.detail, now);
  const terms = /<([^>]+)>\s*;[^,]*\brel="?terms-of-service\b/.exec(answer.headers['link'] ?? '')?.[1];
  return decodeProblem(answer.data, { status: answer.status, url, retryAt, terms }) ?? fallback;
}

const UNTRUSTED =
  /^(CERT_|ERR_TLS_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|ERR_SSL_)/;

function transportError(cause: unknown, url: string): AcmeTransportError {
  if (cause instanceof AcmeTransportError) return cause;
  const systemCode =
    cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;
  const detail = systemCode ?? (cause instanceof Error ? cause.message : String(cause));
  const host = URL.canParse(url) ? new URL(url).host : url;
  return UNTRUSTED.test(detail)
    ? new AcmeTransportError('untrusted', `the certificate of ${host} is not trusted: ${detail}`, url, { cause })
    : new AcmeTransportError('unreachable', `${host} cannot be reached: ${detail}`, url, { cause });
}
