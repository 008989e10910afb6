import type { CaFault } from './ca-proxy.ts';

/** What newer CAs do and Pebble 2.4 does not: renewal information (RFC 9773), predecessors of orders, profiles. */
export interface CaExtras {
  /** Names of certificates that were asked about, in order. */
  readonly asked: readonly string[];
  /** Names of predecessors in accepted orders. */
  readonly replaced: ReadonlySet<string>;
  /** Profiles of accepted orders; `undefined` for one without. */
  readonly ordered: readonly (string | undefined)[];
  /** What is answered about a certificate from now on; the default is 404. */
  renewal: (ariId: string) => CaFault;
  /** The directory with what is offered beside Pebble's. */
  directory(fields: object, origin: string): object;
  /** The answer to a request that Pebble must not get; undefined: it gets it. */
  answer(path: string, payload: unknown): CaFault | undefined;
}

export const DAY = 86_400_000;

/** An answer with a window, from and to in milliseconds from the epoch, and when to ask again, in seconds. */
export function windowAnswer(start: number, end: number, retryAfter?: number, explanationURL?: string): CaFault {
  return {
    kind: 'answer',
    status: 200,
    headers: {
      'content-type': 'application/json',
      ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
    },
    body: JSON.stringify({
      suggestedWindow: { start: new Date(start).toISOString(), end: new Date(end).toISOString() },
      explanationURL,
    }),
  };
}

/** A refusal as a problem document. */
export function problemAnswer(status: number, type: string, more: object = {}): Extract<CaFault, { kind: 'answer' }> {
  const headers = { 'content-type': 'application/problem+json' };
  const body = JSON.stringify({ type: `urn:ietf:params:acme:error:${type}`, detail: `refused: ${type}`, ...more });
  return { kind: 'answer', status, headers, body };
}

export function createCaExtras(profiles: readonly string[] = ['classic']): CaExtras {
  const asked: string[] = [];
  const replaced = new Set<string>();
  const ordered: (string | undefined)[] = [];
  const extras: CaExtras = {
    asked,
    replaced,
    ordered,
    renewal: () => problemAnswer(404, 'malformed'),
    directory: (fields, origin) => {
      const { meta } = fields as { readonly meta?: object };
      const offered = Object.fromEntries(profiles.map((name) => [name, `${origin}/profiles/${name}`]));
      return { ...fields, renewalInfo: `${origin}/ari`, meta: { ...meta, profiles: offered } };
    },
    answer: (path, payload) => {
      if (path.startsWith('/ari/')) {
        const ariId = path.slice('/ari/'.length);
        asked.push(ariId);
        return extras.renewal(ariId);
      }
      if (path !== '/order-plz') return undefined;
      const { replaces, profile } = (payload ?? {}) as { readonly replaces?: string; readonly profile?: string };
      if (profile !== undefined && !profiles.includes(profile)) return problemAnswer(400, 'invalidProfile');
      if (replaces !== undefined && replaced.has(replaces)) return problemAnswer(409, 'alreadyReplaced');
      if (replaces !== undefined) replaced.add(replaces);
      ordered.push(profile);
      return undefined;
    },
  };
  return extras;
}
