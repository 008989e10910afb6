import { request } from 'undici';

/** `unanswered`: nobody knows. */
export interface AskAnswer {
  readonly verdict: 'allowed' | 'refused' | 'unanswered';
  readonly reason: string;
}

const TIMEOUT_MS = 5000;

/**
 * Asks whether a name may have a certificate: `GET URL?domain=NAME`. A status of 2xx allows it, 4xx refuses it, and anything else, a
 * redirect too, is no answer. Never rejects.
 */
export async function askUrl(url: string, name: string): Promise<AskAnswer> {
  const target = new URL(url);
  target.searchParams.set('domain', name);
  try {
    const { statusCode, body } = await request(target, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    await body.dump();
    const reason = `${target.origin} answered ${statusCode}`;
    if (statusCode >= 200 && statusCode < 300) return { verdict: 'allowed', reason };
    return { verdict: statusCode >= 400 && statusCode < 500 ? 'refused' : 'unanswered', reason };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return { verdict: 'unanswered', reason: `${target.origin} cannot be asked: ${reason}` };
  }
}
