import { decodeSiteAllow } from './decode-allow-list.ts';
import { decodeSiteAuth } from './decode-basic-auth.ts';
import { decodeFields } from './decode-fields.ts';
import type { MiddlewareDraft } from './draft.ts';
import type { LabelGroup } from './label-group.ts';
import type { MiddlewareOptions } from './middleware-options.ts';

/**
 * The middlewares that the shorthand of a site asks for, the outermost first: headers are on refusals, too, and nobody is asked for
 * a password who may not come. Their names have a dot, so that no label can define another in their place.
 */
export function decodeSiteMiddlewares(group: LabelGroup, name: string): readonly MiddlewareDraft[] {
  const wanted: readonly (readonly [string, MiddlewareOptions | undefined])[] = [
    ['headers', decodeSiteHeaders(group)],
    ['allow', decodeSiteAllow(group)],
    ['auth', decodeSiteAuth(group)],
  ];
  return wanted.flatMap(([kind, options]) => (options === undefined ? [] : [{ name: `${name}.${kind}`, options }]));
}

function decodeSiteHeaders(group: LabelGroup): MiddlewareOptions | undefined {
  const response = decodeFields(group, 'headers.<header>', 'response');
  if (response.length === 0) return undefined;
  return {
    type: 'headers',
    request: [],
    host: undefined,
    response,
    security: [],
    tlsSecurity: [],
    tlsSigns: [],
    cors: undefined,
    allowedHosts: [],
    hostFields: [],
  };
}
