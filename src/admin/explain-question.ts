import { parseIpAddress } from '../lib/ip-address.ts';

/** What `POST /api/explain` is asked, with everything read and nothing judged yet. */
export interface ExplainQuestion {
  /** Undefined: every entrypoint is looked at. */
  readonly entrypoint: string | undefined;
  /** Scheme of an absolute URL; undefined: the target alone was given. */
  readonly scheme: 'http' | 'https' | undefined;
  /** Port of an absolute URL. */
  readonly port: number | undefined;
  readonly method: string;
  /** Path and query as a client writes them. */
  readonly target: string;
  /** In order, repeated ones repeated, `Host` among them. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly clientAddress: string;
}

/** What is wrong with a question, for whoever asked it. */
export interface QuestionFault {
  readonly fault: string;
}

const DEFAULT_CLIENT = '203.0.113.1';

/**
 * Reads the body of a question: `{entrypoint?, method?, url, headers?, remoteAddr?}`. `url` is absolute or a request target, `headers` an
 * object (a list is a repeated field) or a list of pairs, `remoteAddr` an address with or without port.
 */
export function readQuestion(body: unknown): ExplainQuestion | QuestionFault {
  if (typeof body !== 'object' || body === null) return { fault: 'the body is no JSON object' };
  const {
    entrypoint,
    method = 'GET',
    url,
    headers = {},
    remoteAddr = DEFAULT_CLIENT,
  } = body as Record<string, unknown>;
  if (typeof url !== 'string' || url === '') return { fault: 'url is missing: an absolute URL or a path' };
  if (entrypoint !== undefined && typeof entrypoint !== 'string') return { fault: 'entrypoint is no name' };
  if (typeof method !== 'string' || !/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(method))
    return { fault: 'method is no method' };
  if (typeof remoteAddr !== 'string') return { fault: 'remoteAddr is no address' };
  const fields = readHeaders(headers);
  if (fields === undefined) return { fault: 'headers is neither an object of texts nor a list of [name, value]' };
  const clientAddress = readAddress(remoteAddr);
  if (clientAddress === undefined) return { fault: `remoteAddr: ${remoteAddr} is no address` };
  const absolute = /^(https?):\/\/([^/?#]*)([^#]*)/i.exec(url);
  // What would end the line of the head that is made of it.
  if (/[\0-\x20\x7f]/.test(url)) return { fault: 'url has blanks or line ends; write them as %20' };
  const common = { entrypoint, method, clientAddress };
  if (absolute === null) return { ...common, scheme: undefined, port: undefined, target: url, headers: fields };
  const [, scheme = '', authority = '', rest = ''] = absolute;
  const port = /:(\d+)$/.exec(authority)?.[1];
  return {
    ...common,
    scheme: scheme.toLowerCase() as 'http' | 'https',
    port: port === undefined ? undefined : Number(port),
    target: rest.startsWith('/') ? rest : `/${rest}`,
    // The authority of the URL counts (RFC 9112 3.2.2).
    headers: [['host', authority], ...fields.filter(([name]) => name.toLowerCase() !== 'host')],
  };
}

function readHeaders(headers: unknown): ExplainQuestion['headers'] | undefined {
  if (typeof headers !== 'object' || headers === null) return undefined;
  const entries: readonly unknown[] = Array.isArray(headers) ? headers : Object.entries(headers);
  const fields: (readonly [string, string])[] = [];
  for (const entry of entries) {
    if (!Array.isArray(entry) || entry.length !== 2) return undefined;
    const [name, value]: readonly unknown[] = entry;
    for (const one of Array.isArray(value) ? (value as readonly unknown[]) : [value]) {
      if (typeof name !== 'string' || typeof one !== 'string') return undefined;
      // H6: a value may have tabs.
      if (!/^[^\0-\x1f\x7f:]+$/.test(name) || /[\0-\x08\x0a-\x1f\x7f]/.test(one)) return undefined;
      fields.push([name, one]);
    }
  }
  return fields;
}

function readAddress(text: string): string | undefined {
  const bare = text.replace(/^\[(.*)\](:\d+)?$/, '$1');
  if (parseIpAddress(bare) !== undefined) return bare;
  const withoutPort = bare.replace(/:\d+$/, '');
  return parseIpAddress(withoutPort) === undefined ? undefined : withoutPort;
}
