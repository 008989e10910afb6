import type { FailureClass } from '../certs/store-records.ts';
import { AcmeProblem, AcmeTransportError, OrderError } from './acme-error.ts';
import { describeHint } from './failure-hint.ts';

/** A failed attempt, judged: who can mend it decides when to try again. */
export interface Failure {
  readonly class: FailureClass;
  /** Error type of the CA, or a code of ours. */
  readonly type: string;
  /** In the CA's own words where it said any. */
  readonly detail: string;
  readonly hint: string;
  /** When the CA said to come back, Unix milliseconds. */
  readonly retryAt: number | undefined;
  /** `ca`: the limit holds for every order there. */
  readonly scope: 'spec' | 'ca';
  /** The names that are to blame, where that is known: those the CA will not sign, or those without an address. */
  readonly names: readonly string[];
}

/** What is wrong with the user's name, DNS, ports or CAA records (RFC 8555 6.7). */
const VALIDATION_TYPES = new Set(['unauthorized', 'connection', 'dns', 'tls', 'incorrectResponse', 'caa']);
/** The CA is at odds with itself, or the next attempt starts where this one ended. */
const PASSING_TYPES = new Set(['', 'serverInternal', 'badNonce', 'orderNotReady', 'conflict', 'accountDoesNotExist']);

const ORDER_CLASSES: Readonly<Record<OrderError['code'], FailureClass>> = {
  order_invalid: 'transient',
  order_slow: 'transient',
  authorization_slow: 'transient',
  challenge_missing: 'config',
  dns_record: 'transient',
  waiting_dns: 'dns',
  // It is paid for, and the next one will be no better: five in a week are all there are (acme.md 2.1).
  certificate_wrong: 'config',
  publish_failed: 'transient',
  store: 'store',
};

/** Sorts what went wrong during an order into the classes of acme.md 5. Never throws: an unknown error is transient. */
export function classifyFailure(error: unknown): Failure {
  const spec = { retryAt: undefined, scope: 'spec' as const, names: [] };
  if (error instanceof AcmeProblem) return classifyProblem(error);
  if (error instanceof AcmeTransportError) {
    const hint = describeHint(error.code, error.message);
    return { ...spec, class: 'transient', type: error.code, detail: error.message, hint };
  }
  if (error instanceof OrderError) {
    const hint = describeHint(error.code, error.message);
    return {
      ...spec,
      names: error.names,
      class: ORDER_CLASSES[error.code],
      type: error.code,
      detail: error.message,
      hint,
    };
  }
  const detail = error instanceof Error ? error.message : String(error);
  return { ...spec, class: 'transient', type: 'internal', detail, hint: 'this is a fault of Sluice: please report it' };
}

function classifyProblem(problem: AcmeProblem): Failure {
  const { type, detail, status, retryAt } = problem;
  const base = {
    type: type === '' ? `http_${status}` : type,
    detail: withPages(problem, withSubproblems(problem)),
    hint: describeHint(type, detail),
    scope: 'spec' as const,
    names: problem.subproblems.flatMap((part) => (part.type === 'rejectedIdentifier' ? (part.identifier ?? []) : [])),
  };
  if (type === 'rateLimited' || status === 429) return classifyLimit(problem, base);
  if (status >= 500 || PASSING_TYPES.has(type)) return { ...base, class: 'transient', retryAt };
  // Status 0: from inside an authorization or order, so about the name. As an answer to a request, `unauthorized`
  // is about the account.
  if (VALIDATION_TYPES.has(type) && (status === 0 || type === 'caa')) {
    return { ...base, class: 'validation', retryAt: undefined };
  }
  return { ...base, class: 'config', retryAt: undefined };
}

function classifyLimit(problem: AcmeProblem, base: Omit<Failure, 'class' | 'retryAt' | 'scope'>): Failure {
  const { detail, retryAt } = problem;
  // A paused name: only its owner can lift that, by the link in the text.
  if (/self-service|unpause/i.test(detail)) return { ...base, class: 'config', retryAt: undefined, scope: 'spec' };
  const scope = /too many new (orders|registrations)/i.test(detail) ? 'ca' : 'spec';
  return { ...base, class: 'rate-limited', retryAt, scope };
}

/** Changed terms, and whatever only the owner of the account can do: where that is. */
function withPages({ type, instance, terms }: AcmeProblem, text: string): string {
  if (type !== 'userActionRequired') return text;
  return [
    text,
    ...(instance === undefined ? [] : [`see ${instance}`]),
    ...(terms === undefined ? [] : [`terms: ${terms}`]),
  ].join('; ');
}

function withSubproblems({ detail, subproblems }: AcmeProblem): string {
  const parts = subproblems.map((part) => `${part.identifier ?? '?'}: ${part.detail}`);
  return parts.length === 0 ? detail : `${detail} (${parts.join('; ')})`;
}
