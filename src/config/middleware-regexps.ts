import type { ChainOptions, MiddlewareOptions, UnusableMiddleware } from './middleware-options.ts';

/** The regular expressions that a middleware runs. */
export function middlewareRegexps(options: MiddlewareOptions | ChainOptions | UnusableMiddleware): readonly string[] {
  switch (options.type) {
    case 'stripPrefixRegex':
      return options.regexes;
    case 'replacePathRegex':
    case 'redirectRegex':
      return [options.regex];
    case 'headers':
      return options.cors?.originRegexes ?? [];
    default:
      return [];
  }
}
