import type { RegexReplacement } from '../config/middleware-options.ts';
import { parseAuthority } from '../http/authority.ts';
import { percentEncode } from '../lib/percent-encode.ts';
import type { CompiledMiddleware } from './compiled-middleware.ts';
import { compileReplacement } from '../lib/go-replacement.ts';
import { redirectAnswer } from './redirect-answer.ts';

/**
 * Sends the client to what a regular expression makes of its whole URL. A URL without a match, or one that stays as it is, goes on.
 * What comes out must be a URL of HTTP or an absolute path (P9).
 */
export function redirectRegex({
  regex,
  replacement,
  permanent,
}: RegexReplacement & { readonly permanent: boolean }): CompiledMiddleware {
  const replace = compileReplacement(regex, replacement);
  return {
    request: (exchange) => {
      const { authority, request, path, down } = exchange;
      if (authority === undefined) return undefined;
      const origin = `${down.peer.isTls ? 'https' : 'http'}://${authority.text}`;
      const url = `${origin}${path}${request.query}`;
      const replaced = replace(url);
      if (replaced === undefined || replaced === url) return undefined;
      const location = checkedLocation(percentEncode(replaced), `${exchange.scheme}://${authority.text}`);
      if (location === undefined) return exchange.refusal('bad_redirect');
      return redirectAnswer(location, { method: request.method, permanent, keepsMethod: false });
    },
  };
}

/** An absolute URL with a valid authority; a path gets the origin before it. Undefined: neither, as `//host` would be. */
function checkedLocation(location: string, origin: string): string | undefined {
  if (/^\/(?!\/)/.test(location)) return origin + location;
  const match = /^https?:\/\/([^/?#]*)/i.exec(location);
  return match !== null && parseAuthority(match[1]!) !== undefined ? location : undefined;
}
