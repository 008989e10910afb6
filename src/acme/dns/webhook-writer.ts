import type { DnsWriter } from '../../config/dns-config.ts';
import type { DnsRecord, DnsRecordWriter } from './dns-writer.ts';

const TIMEOUT_MS = 30_000;

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
    let response: Response;
    try {
      response = await fetch(`${url}/${action}`, { method: 'POST', headers, body, signal, redirect: 'manual' });
    } catch (cause) {
      throw new Error(`${url}/${action}: ${reasonOf(cause)}`, { cause });
    }
    const text = await response.text().catch(() => '');
    if (response.ok) return;
    throw new Error(`${url}/${action}: HTTP ${response.status}: ${text.slice(0, 200)}`);
  };
  return {
    present: (record) => post('present', record),
    cleanup: (record) => post('cleanup', record),
  };
}

/** `fetch` hides what happened in the cause. */
function reasonOf(error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(inner instanceof Error)) return String(inner);
  return 'code' in inner && typeof inner.code === 'string' ? inner.code : inner.message;
}
