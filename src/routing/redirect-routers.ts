import type { EntrypointConfig, StaticConfig } from '../config/static-config.ts';
import type { MiddlewareOptions } from '../config/middleware-options.ts';
import { memo } from '../lib/memo.ts';
import type { RuleNode } from '../rule/ast.ts';
import { NOOP_SERVICE, type RouterSnapshot } from './snapshot.ts';

/** Above every router of a person (rules.md section 8). */
export const ENTRYPOINT_REDIRECT_PRIORITY = Number.MAX_SAFE_INTEGER - 1;

/**
 * The router of our own mode that sends plain requests of a TLS router to HTTPS with 308. The port of the `https`
 * entrypoint stands in the URL when it is not 443.
 */
export function companionRouter(router: RouterSnapshot, staticConfig: StaticConfig, name: string): RouterSnapshot {
  return {
    name,
    of: router.of,
    rule: router.rule,
    matcher: router.matcher,
    priority: router.priority,
    entrypoints: ['http'],
    tls: false,
    middlewares: [redirectToHttps(staticConfig)],
    service: NOOP_SERVICE,
    disabled: undefined,
  };
}

/** One object for all routers, so that they are quickly found to be unchanged. */
const redirectToHttps = memo(({ entrypoints }: StaticConfig) => {
  const port = entrypoints.find(({ name }) => name === 'https')?.addresses[0]?.port ?? 443;
  return redirectTo('https', port === 443 ? undefined : port, true, true);
});

/** The router of an entrypoint that redirects everything (Traefik's `http.redirections.entrypoint`). */
export function entrypointRedirect({ name, redirect }: EntrypointConfig): readonly RouterSnapshot[] {
  if (redirect === undefined) return [];
  const { scheme, port, permanent, priority = ENTRYPOINT_REDIRECT_PRIORITY } = redirect;
  const own = `${name}-to-${scheme}@internal`;
  return [
    {
      name: own,
      of: own,
      rule: 'HostRegexp(`^.+$`)',
      matcher: ANY_HOST,
      priority,
      entrypoints: [name],
      tls: false,
      middlewares: [redirectTo(scheme, port, permanent, false)],
      service: NOOP_SERVICE,
      disabled: undefined,
    },
  ];
}

// A request without a host cannot be redirected: it falls through to the other routers.
const ANY_HOST: RuleNode = { kind: 'match', name: 'HostRegexp', args: ['^.+$'] };

function redirectTo(
  scheme: string,
  port: number | undefined,
  permanent: boolean,
  preservesMethod: boolean,
): RouterSnapshot['middlewares'][number] {
  const options: MiddlewareOptions = {
    type: 'redirectScheme',
    scheme,
    port: port?.toString(),
    permanent,
    ...(preservesMethod ? { preservesMethod } : {}),
  };
  return { name: `redirect-to-${scheme}@internal`, options };
}
