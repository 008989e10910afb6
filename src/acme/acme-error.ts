/** One entry of a problem document's `subproblems` (RFC 8555 6.7.1). */
export interface Subproblem {
  readonly type: string;
  readonly detail: string;
  readonly identifier: string | undefined;
}

/** The CA answered with an error: a problem document (RFC 8555 6.7), or a status of 400 and above with anything else. */
export class AcmeProblem extends Error {
  /** Without the common prefix: `rateLimited`, `connection`, …; empty when the answer was no problem document. */
  readonly type: string;
  readonly status: number;
  readonly detail: string;
  readonly subproblems: readonly Subproblem[];
  /** When the CA said to come back, Unix milliseconds. */
  readonly retryAt: number | undefined;
  readonly url: string;
  /** A page about this very case (RFC 7807), and the CA's terms when they changed (RFC 8555 7.3.3). */
  readonly instance: string | undefined;
  readonly terms: string | undefined;

  constructor(fields: {
    readonly type: string;
    readonly status: number;
    readonly detail: string;
    readonly subproblems?: readonly Subproblem[];
    readonly retryAt?: number | undefined;
    readonly url: string;
    readonly instance?: string | undefined;
    readonly terms?: string | undefined;
  }) {
    super(fields.type === '' ? fields.detail : `${fields.type}: ${fields.detail}`);
    this.name = 'AcmeProblem';
    this.type = fields.type;
    this.status = fields.status;
    this.detail = fields.detail;
    this.subproblems = fields.subproblems ?? [];
    this.retryAt = fields.retryAt;
    this.url = fields.url;
    this.instance = fields.instance;
    this.terms = fields.terms;
  }
}

/** The CA gave no usable answer. */
export class AcmeTransportError extends Error {
  readonly code: 'unreachable' | 'timeout' | 'untrusted' | 'garbage' | 'stopped' | 'trust_root';
  readonly url: string;

  constructor(code: AcmeTransportError['code'], message: string, url: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'AcmeTransportError';
    this.code = code;
    this.url = url;
  }
}

/** The order itself went wrong on our side of the protocol. */
export class OrderError extends Error {
  readonly code:
    | 'order_invalid'
    | 'order_slow'
    | 'authorization_slow'
    | 'challenge_missing'
    | 'dns_record'
    | 'waiting_dns'
    | 'certificate_wrong'
    | 'publish_failed'
    | 'store';

  /** The names it is about, where it is not about all of them. */
  readonly names: readonly string[];

  constructor(
    code: OrderError['code'],
    message: string,
    options?: ErrorOptions & { readonly names?: readonly string[] },
  ) {
    super(message, options);
    this.name = 'OrderError';
    this.code = code;
    this.names = options?.names ?? [];
  }
}

const PREFIX = 'urn:ietf:params:acme:error:';

/** Reads a problem document, or the `error` member of an order or challenge. `undefined` when it is none. */
export function decodeProblem(
  value: unknown,
  context: {
    readonly status: number;
    readonly url: string;
    readonly retryAt?: number | undefined;
    readonly terms?: string | undefined;
  },
): AcmeProblem | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = value as Readonly<Record<string, unknown>>;
  const type = fields['type'];
  if (typeof type !== 'string') return undefined;
  return new AcmeProblem({
    ...context,
    type: shortType(type),
    detail: textOf(fields['detail']),
    instance: textOf(fields['instance']) || undefined,
    subproblems: Array.isArray(fields['subproblems']) ? fields['subproblems'].flatMap(decodeSubproblem) : [],
  });
}

function decodeSubproblem(value: unknown): readonly Subproblem[] {
  if (typeof value !== 'object' || value === null) return [];
  const fields = value as Readonly<Record<string, unknown>>;
  const identifier = fields['identifier'] as Readonly<Record<string, unknown>> | undefined;
  const name = typeof identifier === 'object' && identifier !== null ? identifier['value'] : undefined;
  return [
    {
      type: shortType(textOf(fields['type'])),
      detail: textOf(fields['detail']),
      identifier: typeof name === 'string' ? name : undefined,
    },
  ];
}

function shortType(type: string): string {
  return type.startsWith(PREFIX) ? type.slice(PREFIX.length) : type;
}

/** An error text of the CA goes into logs and pages: bounded. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 1000) : '';
}
