import { ChallengeTable } from '../http/challenge-table.ts';
import { Counters } from '../http/counters.ts';
import type { DataPlane } from '../http/data-plane.ts';
import type { Downstream } from '../http/downstream.ts';
import { Exchange } from '../http/exchange.ts';
import { FAILURES } from '../http/failure.ts';
import { Peer } from '../http/forwarded.ts';
import { RequestHead } from '../http1/request-head.ts';
import type { TrialRequest, TrialVerdict } from '../protocol.ts';
import type { TlsPolicies } from './tls-policies.ts';

/**
 * What this worker would do with a request: the same parser, the same exchange and the same routes decide, up to the router. No
 * middleware runs, nothing is sent, counted or logged.
 */
export function tryRequest(trial: TrialRequest, plane: DataPlane, policies: TlsPolicies): TrialVerdict {
  let router: string | undefined;
  let isRefused = false;
  const dry: DataPlane = {
    ...plane,
    counters: new Counters(),
    accessLog: undefined,
    challenges: new ChallengeTable(() => {}),
    routes: {
      match: (asked) => {
        const route = plane.routes.match(asked);
        router = route?.name;
        // A client asks for the same name in its handshake and in its request.
        const { id } = policies.find(trial.entrypoint, asked.host);
        isRefused = trial.isTls && route !== undefined && route.disabled === undefined && route.tlsOptions !== id;
        // Without a route the exchange ends here, before anything is done.
        return undefined;
      },
    },
  };
  const isTrusted = plane.trusted.has(trial.clientAddress);
  const exchange = new Exchange(dry, nobody(trial, new Peer(trial.clientAddress, trial.isTls, isTrusted)));
  const head = new RequestHead();
  head.trustsForwarded = isTrusted;
  head.limit(plane.limits);
  // Letters beyond ASCII come over the wire as UTF-8.
  const bytes = Buffer.from(headText(trial), 'utf8');
  // The lines are made here, so what would make more of them is not left to the parser (H6).
  if (hasControl(trial)) exchange.refuse(head, 'bad_field');
  else if (head.parse(bytes, 0, bytes.length) === bytes.length) exchange.begin(head);
  else exchange.refuse(head, head.fault);
  if (isRefused) return { router: undefined, reason: 'wrong_tls_options', status: FAILURES.wrong_tls_options.status };
  if (router !== undefined) return { router };
  const { failure, status } = exchange;
  return failure === undefined
    ? { router, reason: 'answered', status }
    : { router, reason: failure, status: FAILURES[failure].status };
}

function hasControl({ method, target, headers }: TrialRequest): boolean {
  // A value may have tabs; the parser judges them elsewhere.
  return [method, target, ...headers.flat()].some((text) => /[\0-\x08\x0a-\x1f\x7f]/.test(text));
}

function headText({ method, target, headers }: TrialRequest): string {
  return `${method} ${target} HTTP/1.1\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
}

/** A client that is told everything and hears nothing. */
function nobody({ entrypoint }: TrialRequest, peer: Peer): Downstream {
  const ignore = (): void => {};
  return {
    peer,
    entrypoint,
    takesLarge: false,
    sendInterim: ignore,
    sendHead: ignore,
    sendData: () => 0,
    sendEnd: ignore,
    sendAnswer: ignore,
    sendSwitch: ignore,
    flush: ignore,
    cut: ignore,
    resumeBody: ignore,
    pauseBody: ignore,
    exchangeDone: ignore,
  };
}
