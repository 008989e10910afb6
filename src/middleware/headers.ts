import type { FieldEntry, HeadersOptions } from '../config/middleware-options.ts';
import type { Answer } from '../http/answer.ts';
import type { Exchange } from '../http/exchange.ts';
import { fieldValues } from '../http/fields.ts';
import { isForwardingLine, receivedValues } from '../http/forwarded.ts';
import { type HeaderEdits, removeRequestFields, requestNames, setFields } from '../http/header-edits.ts';
import type { ResponseEdit } from '../http/response-edits.ts';
import type { RequestStep } from '../http/route.ts';
import type { CompiledMiddleware } from './compiled-middleware.ts';
import { corsEdits, preflight } from './cors.ts';

/**
 * Fields of requests and responses, security fields, CORS, allowed hosts. A preflight is answered before anything else; on a
 * response the security fields come first, so that custom ones and then CORS have the last word (as in Traefik).
 */
export function headers(options: HeadersOptions): CompiledMiddleware {
  const { cors } = options;
  const steps = [
    ...(cors === undefined ? [] : [preflight(cors)]),
    ...requestEdits(options),
    ...(options.allowedHosts.length === 0 ? [] : [hostCheck(options.allowedHosts, options.hostFields)]),
  ];
  const response: readonly ResponseEdit[] = [
    ...staticEdits(options.security),
    ...tlsEdits(options),
    ...staticEdits(options.response),
    ...(cors === undefined ? [] : corsEdits(cors)),
  ];
  return {
    ...(steps.length === 0 ? {} : { request: inOrder(steps) }),
    ...(response.length === 0 ? {} : { response }),
  };
}

type Step = (exchange: Exchange) => Answer | undefined;

function inOrder(steps: readonly Step[]): RequestStep {
  const [only] = steps;
  if (steps.length === 1 && only !== undefined) return only;
  return (exchange) => {
    for (const step of steps) {
      const answer = step(exchange);
      if (answer !== undefined) return answer;
    }
    return undefined;
  };
}

function staticEdits(entries: readonly FieldEntry[]): readonly HeaderEdits[] {
  return entries.length === 0 ? [] : [setFields(entries)];
}

/** Custom fields are set, so they replace the client's and ours. */
function requestEdits({ request, host }: HeadersOptions): readonly Step[] {
  if (request.length === 0 && host === undefined) return [];
  const { adds } = setFields(request);
  const removes = requestNames(request.map(([name]) => name));
  const replacesOurs = [...removes].some(isForwardingLine);
  return [
    (exchange) => {
      exchange.fields = removeRequestFields(exchange.fields, removes);
      exchange.addedFields = removeRequestFields(exchange.addedFields, removes) + adds;
      if (replacesOurs) exchange.removedForwarding = exchange.removedForwarding?.union(removes) ?? removes;
      if (host !== undefined) exchange.sentHost = host;
      return undefined;
    },
  ];
}

function hostCheck(allowedHosts: readonly string[], hostFields: readonly string[]): Step {
  const allowed = new Set(allowedHosts);
  return (exchange) => {
    const said = hostFields.flatMap((name) => proxyValues(exchange, name)).find((value) => value !== '');
    const isAllowed =
      said === undefined
        ? allowed.has(exchange.host) || allowed.has(exchange.authority?.text.toLowerCase() ?? '')
        : allowed.has(said.toLowerCase());
    return isAllowed ? undefined : exchange.refusal('host_not_allowed');
  };
}

function tlsEdits({ tlsSecurity, tlsSigns }: HeadersOptions): readonly ResponseEdit[] {
  if (tlsSecurity.length === 0) return [];
  const edits = setFields(tlsSecurity);
  return [
    (exchange) => {
      const { isTls } = exchange.down.peer;
      return isTls || tlsSigns.some(([name, value]) => proxyValues(exchange, name).includes(value)) ? edits : undefined;
    },
  ];
}

/** What a trusted proxy says in a field. From anybody else it would be the visitor's own word (F1). */
function proxyValues(exchange: Exchange, lowerName: string): readonly string[] {
  if (!exchange.down.peer.isTrusted) return [];
  const { forwarded, fields } = exchange.request;
  return [...receivedValues(forwarded, lowerName), ...fieldValues(fields, lowerName)];
}
