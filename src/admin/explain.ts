import type { MiddlewareOptions } from '../config/middleware-options.ts';
import type { EntrypointConfig } from '../config/static-config.ts';
import { explainRule } from '../rule/explain-rule.ts';
import { printMiddleware } from '../routing/print-middleware.ts';
import type { RoutingView } from '../routing/routing-view.ts';
import { NOOP_SERVICE, type RouterSnapshot } from '../routing/snapshot.ts';
import type { TrialVerdict } from '../protocol.ts';
import type { AdminFacts } from './admin-facts.ts';
import { certificateOf, type CertificateView } from './certificate-view.ts';
import type { ExplainQuestion, QuestionFault } from './explain-question.ts';
import { type LookAlike, lookAlikes, nearestHost } from './look-alikes.ts';
import { lenientRequest } from './lenient-request.ts';
import { problemsByObject, problemsOf } from './router-rows.ts';
import { isServing, madeOf, pauseOf, type ServerRow, serverRow, serversOf } from './service-rows.ts';
import type { Problem } from '../config/problem.ts';

/** A router that the request may have come to, with what its rule says alone. */
export interface TriedRouter {
  readonly name: string;
  readonly rule: string;
  readonly priority: number;
  readonly entryPoints: readonly string[];
  readonly tls: boolean;
  readonly matched: boolean;
  /** The first matcher that decided against it, or why the router takes no part. */
  readonly failedAt?: string;
}

/** The answer of `POST /api/explain`. */
export interface Explanation {
  readonly entrypoint: string;
  readonly tls: boolean;
  /** The router that takes the request; null: none does. */
  readonly router: string | null;
  /** `ok`, `answered` (by a middleware or the router itself), or the reason that logs and counters have for the same request. */
  readonly reason: string;
  /** The reason in words, with what to do. */
  readonly message: string;
  /** In the order in which they are tried. */
  readonly routers: readonly TriedRouter[];
  readonly middlewares?: readonly { readonly name: string; readonly summary: string }[];
  readonly service?: string;
  /** What the service is made of, where that is other services. */
  readonly madeOf?: string;
  readonly servers?: readonly ServerRow[];
  /** Until then its requests wait, because an operator has paused it (ISO 8601). */
  readonly pausedUntil?: string;
  /** Of a TLS request. */
  readonly certificate?: CertificateView;
  /** Of the router that takes the request. */
  readonly problems?: readonly Problem[];
  /** For a host that no router names: the nearest one, and containers that look as if they were meant. */
  readonly nearestHost?: string;
  readonly lookAlikes?: readonly LookAlike[];
}

/** A way in: the same address may take plain and TLS requests. */
interface Door {
  readonly entrypoint: EntrypointConfig;
  readonly isTls: boolean;
}

/**
 * Why a request goes where it goes: the data plane itself decides, and the control plane adds what it knows. Without an entrypoint every
 * one is asked that fits the URL, TLS first in our own mode, and the first that has a router for it decides.
 */
export async function explain(question: ExplainQuestion, facts: AdminFacts): Promise<Explanation | QuestionFault> {
  const doors = doorsFor(question, facts);
  if ('fault' in doors) return doors;
  const [first] = doors;
  let chosen = first!;
  let verdict: TrialVerdict | undefined;
  for (const door of doors) {
    // One after the other: the first that has a router decides.
    const found = await tryAt(door, question, facts);
    if (found === undefined) continue;
    if (verdict === undefined || found.router !== undefined) [chosen, verdict] = [door, found];
    if (found.router !== undefined) break;
  }
  if (verdict === undefined) return { fault: 'no worker answers; try again in a moment' };
  return describe(question, chosen, verdict, facts);
}

function doorsFor(question: ExplainQuestion, { mode, entrypoints }: AdminFacts): readonly Door[] | QuestionFault {
  const named = question.entrypoint === undefined ? undefined : findEntrypoint(question.entrypoint, mode, entrypoints);
  if (named === undefined && question.entrypoint !== undefined) {
    const names = entrypoints.map(({ name }) => name).join(', ');
    return { fault: `there is no entrypoint ${question.entrypoint}; the entrypoints are ${names}` };
  }
  const wantsTls = question.scheme === undefined ? undefined : question.scheme === 'https';
  const all = (named === undefined ? entrypoints : [named]).flatMap((entrypoint): readonly Door[] => {
    const ways = { plain: [false], tls: [true], auto: [false, true] }[entrypoint.transport];
    return ways.filter((isTls) => wantsTls === undefined || isTls === wantsTls).map((isTls) => ({ entrypoint, isTls }));
  });
  const ofPort = all.filter(({ entrypoint }) => hasPort(entrypoint, question));
  const doors = ofPort.length > 0 ? ofPort : all;
  // What our own mode has on its plain entrypoint are mostly redirects to the other one.
  if (mode === 'sluice') doors.sort((left, right) => Number(right.isTls) - Number(left.isTls));
  return doors.length > 0 ? doors : { fault: `no entrypoint takes ${question.scheme} requests` };
}

function findEntrypoint(
  name: string,
  mode: AdminFacts['mode'],
  entrypoints: readonly EntrypointConfig[],
): EntrypointConfig | undefined {
  const alias = mode === 'sluice' ? { web: 'http', websecure: 'https' }[name] : undefined;
  return entrypoints.find((one) => one.name === name) ?? entrypoints.find((one) => one.name === alias);
}

/** The address that the URL would be sent to, where it says so. */
function hasPort({ addresses }: EntrypointConfig, { port, scheme }: ExplainQuestion): boolean {
  const wanted = port ?? (scheme === undefined ? undefined : scheme === 'https' ? 443 : 80);
  return wanted !== undefined && addresses.some((address) => address.port === wanted);
}

function tryAt(
  { entrypoint, isTls }: Door,
  question: ExplainQuestion,
  facts: AdminFacts,
): ReturnType<AdminFacts['tryRequest']> {
  const { method, target, headers, clientAddress } = question;
  return facts.tryRequest({ entrypoint: entrypoint.name, isTls, method, target, headers, clientAddress });
}

function describe(question: ExplainQuestion, door: Door, verdict: TrialVerdict, facts: AdminFacts): Explanation {
  const view = facts.view();
  const host = lenientRequest(question, door.isTls).host;
  const certificate = door.isTls ? certificateOf(host, facts.certificates()) : undefined;
  const routers = triedRouters(question, door, facts);
  const place = { entrypoint: door.entrypoint.name, tls: door.isTls };
  const common = { routers, ...(certificate === undefined ? {} : { certificate }) };
  const router = view.snapshot.routers.find(({ name }) => name === verdict.router);
  if (router !== undefined) {
    return { ...place, router: router.name, ...describeRouted(router, facts), ...common };
  }
  if (verdict.router !== undefined) {
    // Published between the two looks.
    return {
      ...place,
      router: verdict.router,
      reason: 'ok',
      message: 'the routes changed just now; ask again',
      ...common,
    };
  }
  const { reason, status } = verdict;
  if (reason !== 'no_router')
    return { ...place, router: null, reason, message: refusalMessage(reason, status), ...common };
  const nearest = nearestHost(host, view.snapshot.routers);
  const alike = lookAlikes(host, view);
  const message =
    nearest === host
      ? 'routers name this host, and the rule of none accepts the request'
      : noRouterMessage(host, nearest);
  return {
    ...place,
    router: null,
    reason,
    message,
    ...common,
    ...(nearest === undefined || nearest === host ? {} : { nearestHost: nearest }),
    lookAlikes: alike,
  };
}

function describeRouted(
  router: RouterSnapshot,
  facts: AdminFacts,
): Omit<Explanation, 'entrypoint' | 'tls' | 'router' | 'routers' | 'certificate'> {
  const view = facts.view();
  const names = [router.of, router.service, ...router.middlewares.map(({ name }) => name)];
  const problems = router.name.endsWith('@internal') ? [] : problemsOf(problemsByObject(view.problems), names);
  const middlewares = router.middlewares.map(({ name, options }) => ({ name, summary: printMiddleware(options) }));
  const common = { middlewares, service: router.service, problems };
  if (router.disabled !== undefined) {
    return { reason: 'router_disabled', message: `the router is disabled: ${router.disabled}`, ...common };
  }
  if (router.middlewares.some(({ options }) => options.type === 'maintenance')) {
    return { reason: 'maintenance', message: 'it is in maintenance by a label, and answers 503', ...common };
  }
  if (router.service === NOOP_SERVICE) {
    if (router.middlewares.some(({ options }) => answers(options, router.tls))) {
      return { reason: 'answered', message: 'a middleware answers', ...common };
    }
    if (router.middlewares.some(({ options }) => options.type === 'redirectRegex')) {
      const message =
        'a middleware answers what its regular expression matches; for all else the router has no service';
      return { reason: 'answered', message, ...common };
    }
    return { reason: 'no_server', message: 'the router has no service, and no middleware of it answers', ...common };
  }
  const service = view.snapshot.services.find(({ name }) => name === router.service);
  const known = serversOf(router.service, view.snapshot.services);
  const serves = service !== undefined && isServing(service, known, view.snapshot.services, facts);
  const servers = known.map((server) => serverRow(server, facts));
  const described = { ...common, ...madeOf(service), servers };
  const ready = servers.filter(({ state }) => state === 'ready').length;
  const { pausedUntil } = pauseOf(router.service, facts);
  if (pausedUntil !== undefined) {
    // One that is made of others holds as they do.
    const holds = service?.holdMs !== undefined || service?.composed !== undefined;
    const message = `paused until ${pausedUntil} or \`sluice resume\`: requests ${holds ? 'wait' : 'get 503, as the service holds none'}`;
    return { reason: holds ? 'ok' : 'paused', message, ...described, pausedUntil };
  }
  if (serves) {
    return { reason: 'ok', message: `${ready} of ${servers.length} servers take requests`, ...described };
  }
  const message =
    servers.length === 0
      ? `the service has no server: ${absence(router, view)}`
      : `no server takes requests: ${servers.map(({ url, reason }) => `${url}: ${reason}`).join('; ')}`;
  return { reason: 'no_server', message, ...described };
}

/** Why nobody serves a router without a server. */
function absence({ of }: RouterSnapshot, { config, workloads }: RoutingView): string {
  const containers = config.routers.find(({ name }) => name === of)?.containers ?? [];
  const gone = workloads.filter(({ name, isLingering }) => isLingering === true && containers.includes(name));
  if (gone.length === 0 || gone.length < containers.length) return 'no container of it runs';
  const names = gone.map(({ name }) => name).join(', ');
  return `its container ${names} was just removed; the router stays a few seconds for a successor`;
}

/** Whether a middleware lets no request of the router pass. */
function answers(options: MiddlewareOptions, isTls: boolean): boolean {
  if (options.type === 'redirectScheme') return options.scheme !== (isTls ? 'https' : 'http');
  return options.type === 'redirectHost';
}

function triedRouters(question: ExplainQuestion, door: Door, facts: AdminFacts): readonly TriedRouter[] {
  const { snapshot, idle } = facts.view();
  const plain = lenientRequest(question, false);
  const tls = lenientRequest(question, true);
  const isAsked = ({ entrypoints, tls: isTls }: RouterSnapshot): boolean =>
    question.entrypoint === undefined || (entrypoints.includes(door.entrypoint.name) && isTls === door.isTls);
  const live = snapshot.routers.filter(isAsked).map((router): TriedRouter => {
    const failedAt = explainRule(router.matcher, router.tls ? tls : plain);
    const { name, rule, priority, entrypoints: entryPoints, tls: isTls } = router;
    const row = { name, rule, priority, entryPoints, tls: isTls, matched: failedAt === undefined };
    return failedAt === undefined ? row : { ...row, failedAt };
  });
  const others = idle.map(({ name, rule, priority, entryPoints, reason }): TriedRouter => {
    return { name, rule, priority, entryPoints, tls: false, matched: false, failedAt: `it takes no part: ${reason}` };
  });
  return [...live, ...others];
}

function refusalMessage(reason: string, status: number): string {
  if (reason === 'answered') return `the router answers ${status} by itself`;
  if (reason === 'wrong_tls_options') {
    return `refused with ${status}: connections for this host do not get the TLS options of the router that matches`;
  }
  return `refused with ${status} before any router is asked (${reason})`;
}

function noRouterMessage(host: string, nearest: string | undefined): string {
  const name = host === '' ? 'a request without a host' : host;
  return `no router is for ${name}${nearest === undefined ? '' : `; the nearest host is ${nearest}`}`;
}
