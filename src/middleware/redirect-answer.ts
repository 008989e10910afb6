import type { Answer } from '../http/answer.ts';

/** A redirect. As in Traefik a GET gets 302 or 301, and every other method 307 or 308, which keep it. */
export function redirectAnswer(
  location: string,
  { method, permanent, keepsMethod }: { method: string; permanent: boolean; keepsMethod: boolean },
): Answer {
  const keeps = keepsMethod || method !== 'GET';
  const status = permanent ? (keeps ? 308 : 301) : keeps ? 307 : 302;
  return { status, fields: `Location: ${location}\r\n`, body: '', close: false };
}
