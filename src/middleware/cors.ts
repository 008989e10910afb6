import { compileRegexp } from '../lib/compile-regexp.ts';
import type { CorsOptions } from '../config/middleware-options.ts';
import type { Answer } from '../http/answer.ts';
import type { Exchange } from '../http/exchange.ts';
import { fieldValues } from '../http/fields.ts';
import { type HeaderEdits, setFields } from '../http/header-edits.ts';
import type { ResponseEdit } from '../http/response-edits.ts';

/** Answers a preflight, whether or not its origin is allowed: without Allow-Origin a browser takes it as a no. */
export function preflight(cors: CorsOptions): (exchange: Exchange) => Answer | undefined {
  const allowedOrigin = originMatcher(cors);
  const fixed = setFields([
    ['Access-Control-Allow-Credentials', cors.credentials ? 'true' : ''],
    ['Access-Control-Allow-Headers', cors.allowHeaders.join(',')],
    ['Access-Control-Allow-Methods', cors.allowMethods.join(',')],
    ['Access-Control-Max-Age', cors.maxAge === undefined ? '' : String(cors.maxAge)],
  ]).adds;
  return (exchange) => {
    if (exchange.request.method !== 'OPTIONS') return undefined;
    const { fields } = exchange.request;
    const [origin = ''] = fieldValues(fields, 'origin');
    const [method = ''] = fieldValues(fields, 'access-control-request-method');
    if (origin === '' || method === '') return undefined;
    const allowed = allowedOrigin(origin);
    const line = allowed === undefined ? '' : `Access-Control-Allow-Origin: ${allowed}\r\n`;
    return { status: 200, fields: line + fixed, body: '', close: false };
  };
}

/** What every other response says. */
export function corsEdits(cors: CorsOptions): readonly ResponseEdit[] {
  const { adds } = setFields([
    ['Access-Control-Allow-Credentials', cors.credentials ? 'true' : ''],
    ['Access-Control-Expose-Headers', cors.exposeHeaders.join(',')],
  ]);
  const removes = [
    ...(cors.credentials ? ['access-control-allow-credentials'] : []),
    ...(cors.exposeHeaders.length > 0 ? ['access-control-expose-headers'] : []),
  ];
  // One more line for caches; what the server varies by stays.
  const fixed: HeaderEdits = { removes: new Set(removes), adds: adds + (cors.vary ? 'Vary: Origin\r\n' : '') };
  return [...originEdits(cors), ...(fixed.adds === '' ? [] : [fixed])];
}

function originEdits(cors: CorsOptions): readonly ResponseEdit[] {
  // The first star of the list has the word behind it: whoever stands before it is told its own name.
  if (cors.origins[0] === '*') return [setFields([[ALLOW_ORIGIN, '*']])];
  if (cors.origins.length === 0 && cors.originRegexes.length === 0) return [];
  const allowedOrigin = originMatcher(cors);
  const removes = setFields([[ALLOW_ORIGIN, '']]);
  return [
    ({ request }) => {
      const [origin = ''] = fieldValues(request.fields, 'origin');
      const allowed = allowedOrigin(origin);
      return allowed === undefined ? undefined : { ...removes, adds: `${ALLOW_ORIGIN}: ${allowed}\r\n` };
    },
  ];
}

const ALLOW_ORIGIN = 'Access-Control-Allow-Origin';

/** What Allow-Origin says to an origin (empty: the request has none); undefined: it is not allowed. */
function originMatcher({ origins, originRegexes }: CorsOptions): (origin: string) => string | undefined {
  const patterns = originRegexes.map((regex) => compileRegexp(regex));
  return (origin) => {
    for (const item of origins) if (item === '*' || (item === origin && origin !== '')) return item;
    return origin !== '' && patterns.some((pattern) => pattern.test(origin)) ? origin : undefined;
  };
}
