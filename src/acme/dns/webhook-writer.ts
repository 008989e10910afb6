import type { DnsWriter } from '../../config/dns-config.ts';
import type { DnsRecord, DnsRecordWriter } from './dns-writer.ts';

const TIMEOUT_MS = 30_000;
const MAX_TOLD_BYTES = 200;

/** Posts `{"fqdn","value"}` to `URL/present` and `URL/cleanup`; any status of 2xx means done. Redirects are not followed. */
export function createWebhookWriter(
  { url, login }: Extract<DnsWriter, { readonly kind: 'webhook' }>,
  timeoutMs = TIMEOUT_MS,
): DnsRecordWriter {
  const credentials = login === undefined ? '' : Buffer.from(`${login.username}:${login.password}`).toString('base64');
  const headers = {
    'content-type': 'application/json',
    ...(login === undefined ? {} : { authorization: `Basic ${credentials}` }),
  };
  const post = async (action: 'present' | 'cleanup', { fqdn, value }: DnsRecord): Promise<void> => {
    const body = JSON.stringify({ fqdn, value });
    const signal = AbortSignal.timeout(timeoutMs);
    // Paths of hooks tend to be secrets, and this goes into logs and pages.
    const place = `${new URL(url).origin}/…/${action}`;
    let response: Response;
    try {
      response = await fetch(`${url}/${action}`, { method: 'POST', headers, body, signal, redirect: 'manual' });
    } catch (cause) {
      throw new Error(`${place}: ${reasonOf(cause)}`, { cause });
    }
    const text = response.ok ? '' : await beginningOf(response);
    await response.body?.cancel().catch(() => undefined);
    if (!response.ok) throw new Error(`${place}: HTTP ${response.status}: ${text}`);
  };
  return {
    present: (record) => post('present', record),
    cleanup: (record) => post('cleanup', record),
  };
}

/** Who answers may go on for ever: no more is read than is told. */
async function beginningOf({ body }: Response): Promise<string> {
  if (body === null) return '';
  const reader = body.getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    while (size < MAX_TOLD_BYTES) {
      const { done, value } = await reader.read();
      if (done) break;
      parts.push(value);
      size += value.length;
    }
  } catch {
    // What came until then is told.
  }
  reader.releaseLock();
  return Buffer.concat(parts).toString().slice(0, MAX_TOLD_BYTES);
}

/** `fetch` hides what happened in the cause. */
function reasonOf(error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(inner instanceof Error)) return String(inner);
  return 'code' in inner && typeof inner.code === 'string' ? inner.code : inner.message;
}
