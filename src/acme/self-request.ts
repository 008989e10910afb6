import { request } from 'node:http';
import { isIP } from 'node:net';
import type { Http01Challenge } from '../protocol.ts';

const TIMEOUT_MS = 3000;
/** The answer is 87 bytes; a CA refuses 128. */
const MAX_BYTES = 1024;

/** What came of asking for a challenge. `other`: somebody answered, but not with the answer. */
export interface SelfAnswer {
  readonly kind: 'ours' | 'other' | 'timeout' | 'refused' | 'failed';
  /** Of `other` and `failed`: what it was. */
  readonly detail: string;
}

/** Asks for an HTTP-01 answer as a CA would, but at the given address. Never rejects. */
export function requestChallenge(
  challenge: Http01Challenge,
  at: { readonly host: string; readonly port: number },
  timeoutMs = TIMEOUT_MS,
): Promise<SelfAnswer> {
  return new Promise((resolve) => {
    const path = `/.well-known/acme-challenge/${challenge.token}`;
    const host = isIP(challenge.host) === 6 ? `[${challenge.host}]` : challenge.host;
    const headers = { host, 'user-agent': 'sluice self-check' };
    const signal = AbortSignal.timeout(timeoutMs);
    const fail = (error: Error & { readonly code?: string }): void => {
      if (signal.aborted || error.code === 'ETIMEDOUT')
        resolve({ kind: 'timeout', detail: `no answer in ${timeoutMs / 1000} s` });
      else if (error.code === 'ECONNREFUSED') resolve({ kind: 'refused', detail: 'connection refused' });
      else resolve({ kind: 'failed', detail: error.code ?? error.message });
    };
    const sent = request({ ...at, path, headers, agent: false, signal }, (response) => {
      let body = '';
      response.setEncoding('latin1');
      response.on('data', (chunk: string) => {
        body += chunk;
        if (body.length > MAX_BYTES) response.destroy();
      });
      response.on('error', () => undefined);
      response.on('close', () => {
        const isOurs = response.statusCode === 200 && body === challenge.keyAuthorization;
        const named = String(response.headers['server'] ?? '').slice(0, 60);
        const server = named === '' ? '' : ` from ${named}`;
        resolve({ kind: isOurs ? 'ours' : 'other', detail: `HTTP ${response.statusCode}${server}` });
      });
    });
    sent.on('error', fail);
    sent.end();
  });
}
