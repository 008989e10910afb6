import type { RouterConfig } from '../config/dynamic.ts';
import type { Problem } from '../config/problem.ts';
import type { StaticConfig } from '../config/static-config.ts';
import { nearest } from '../lib/suggest.ts';
import type { Listener, Listeners, ListenerTls } from './listener.ts';
import { routerProblem } from './router-problem.ts';

const PLAIN_NAMES = ['http', 'web'];
const TLS_NAMES = ['https', 'websecure'];

/**
 * Where a router listens in our own mode (design section 7): on `https` with an automatic certificate, and `http`
 * redirects there, unless it names `http` or turns TLS off. Labels with the prefix `traefik.` may name entrypoints of
 * another configuration: `web` and `http` are plain, any other is TLS.
 */
export function ownListeners(router: RouterConfig, staticConfig: StaticConfig): Listeners {
  const problems: Problem[] = [];
  const asked = askedTransports(router, problems);
  if (asked === undefined) return { listeners: [], redirects: false, problems };
  const has = (name: string): boolean => staticConfig.entrypoints.some((entrypoint) => entrypoint.name === name);
  const wanted = decideTransports(router, asked, has('https'), problems);
  const listeners: Listener[] = [];
  if (wanted.tls) {
    if (has('https'))
      listeners.push({ name: router.name, entrypoints: ['https'], tls: ownTls(router), middlewares: [] });
    else problems.push(entrypointOff(router, 'https'));
  }
  if (wanted.plain) {
    const name = wanted.tls ? plainName(router.name) : router.name;
    if (has('http')) listeners.push({ name, entrypoints: ['http'], tls: undefined, middlewares: [] });
    else problems.push(entrypointOff(router, 'http'));
  }
  return { listeners, redirects: listeners.length > 0 && wanted.tls && !wanted.plain && has('http'), problems };
}

interface Transports {
  readonly plain: boolean;
  readonly tls: boolean;
}

/** What the router's entrypoints mean; undefined when none of them exists. */
function askedTransports(router: RouterConfig, problems: Problem[]): (Transports & { isSaid: boolean }) | undefined {
  if (router.entryPoints === undefined) return { plain: false, tls: true, isSaid: false };
  const label = router.labels.entryPoints;
  const isForeign = label?.toLowerCase().startsWith('traefik.') === true;
  let plain = false;
  let tls = false;
  for (const name of router.entryPoints) {
    const lower = name.toLowerCase();
    if (PLAIN_NAMES.includes(lower)) plain = true;
    else if (TLS_NAMES.includes(lower) || isForeign) tls = true;
    else {
      const guess = nearest(name, [...PLAIN_NAMES, ...TLS_NAMES]);
      const hint = guess === undefined ? 'the entrypoints are http and https' : `did you mean ${guess}?`;
      const message = `there is no entrypoint ${name}`;
      problems.push(routerProblem(router, { severity: 'error', code: 'entrypoint_unknown', message, hint }, label));
    }
  }
  return plain || tls ? { plain, tls, isSaid: true } : undefined;
}

function decideTransports(
  router: RouterConfig,
  asked: Transports & { isSaid: boolean },
  hasHttps: boolean,
  problems: Problem[],
): Transports {
  const { mode } = router.tls;
  if (mode === 'off') {
    if (asked.isSaid && !asked.plain) problems.push(contradiction(router, 'TLS is off, so it listens on http'));
    return { plain: true, tls: false };
  }
  if (mode === 'unsaid') {
    // Without an `https` entrypoint the usual router can only be plain.
    return asked.isSaid || hasHttps ? asked : { plain: true, tls: false };
  }
  if (!asked.tls) problems.push(contradiction(router, 'TLS is asked for, so it listens on https, and http redirects'));
  return { plain: false, tls: true };
}

function contradiction(router: RouterConfig, message: string): Problem {
  const hint = 'make entrypoints and tls agree, or remove both';
  return routerProblem(
    router,
    { severity: 'warning', code: 'label_conflict', message, hint },
    router.labels.entryPoints,
  );
}

function entrypointOff(router: RouterConfig, name: string): Problem {
  return routerProblem(
    router,
    {
      severity: 'error',
      code: 'entrypoint_unknown',
      message: `the entrypoint ${name} is off`,
      hint: `start the router without --${name}=off, or ${name === 'https' ? 'turn TLS off for this site' : 'use https'}`,
    },
    router.labels.entryPoints ?? router.labels.tls,
  );
}

function ownTls({ tls }: RouterConfig): ListenerTls {
  if (tls.mode === 'internal') return { issuer: 'internal', domains: [] };
  if (tls.mode !== 'auto') return { issuer: 'acme', domains: [] };
  return { issuer: 'acme', domains: tls.domains, ...(tls.onDemand === true ? { onDemand: true } : {}) };
}

/** `web@docker` → `web-plain@docker`. */
function plainName(name: string): string {
  const at = name.lastIndexOf('@');
  return `${name.slice(0, at)}-plain${name.slice(at)}`;
}
