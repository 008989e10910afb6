import { type FailureReason, FAILURES } from './failure.ts';

/** A whole response of the router's own: redirects, challenge answers, failures. */
export interface Answer {
  readonly status: number;
  /** Extra field lines, each with CRLF; framing, Date and Connection are added by the connection. */
  readonly fields: string;
  readonly body: string;
  /** The connection ends after it. */
  readonly close: boolean;
}

const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  204: 'No Content',
  301: 'Moved Permanently',
  302: 'Found',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  402: 'Payment Required',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  408: 'Request Timeout',
  409: 'Conflict',
  410: 'Gone',
  413: 'Content Too Large',
  414: 'URI Too Long',
  417: 'Expectation Failed',
  418: "I'm a teapot",
  421: 'Misdirected Request',
  422: 'Unprocessable Content',
  423: 'Locked',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  451: 'Unavailable For Legal Reasons',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
  508: 'Loop Detected',
};

/** The words that go with a status of ours. */
export function reasonPhrase(status: number): string {
  return REASONS[status] ?? 'Unknown';
}

/** What a visitor is told; the cause stays in the log under the request id. */
const WORDS: Readonly<Record<number, string>> = {
  401: 'A user name and a password are needed here.',
  403: 'This address may not be visited from where you are.',
  404: 'No site is configured for this address.',
  408: 'The request took too long to arrive.',
  413: 'More was sent than is taken here.',
  421: 'This connection cannot serve that address.',
  502: 'The application did not answer properly.',
  503: 'The application is not available right now. Please try again in a moment.',
  504: 'The application took too long to answer.',
  508: 'The request has passed through this router too often.',
};

/** Where a reason says more than its status. */
const REASON_WORDS: Partial<Readonly<Record<FailureReason, string>>> = {
  maintenance: 'This site is being worked on and will be back soon.',
};

/** Seconds after which it is worth to come again (9110 10.2.3): a server starts within seconds, work by hand takes minutes. */
const RETRY_AFTER_S = 2;
const MAINTENANCE_RETRY_AFTER_S = 120;

/**
 * The page for a failure (design section 10): short, fixed text with a request id, HTML when the client prefers it, nothing
 * of the request in it. `changes`: another status than the reason's, and field lines of its own.
 */
export function failureAnswer(
  reason: FailureReason,
  requestId: string,
  wantsHtml: boolean,
  changes: Pick<Partial<Answer>, 'status' | 'fields'> = {},
): Answer {
  const { close } = FAILURES[reason];
  const status = changes.status ?? FAILURES[reason].status;
  const title = `${status} ${reasonPhrase(status)}`;
  const words = REASON_WORDS[reason] ?? WORDS[status] ?? '';
  let fields = `Content-Type: text/${wantsHtml ? 'html' : 'plain'}; charset=utf-8\r\nCache-Control: no-store\r\n`;
  fields += changes.fields ?? '';
  if (status === 503) {
    fields += `Retry-After: ${reason === 'maintenance' ? MAINTENANCE_RETRY_AFTER_S : RETRY_AFTER_S}\r\n`;
  }
  if (status === 405) fields += 'Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n';
  const body = wantsHtml
    ? `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>` +
      `<style>body{font:16px/1.5 system-ui,sans-serif;max-width:34em;margin:20vh auto;padding:0 1em}small{color:#777}</style>` +
      `<h1>${title}</h1><p>${words}</p><small>Request ${requestId}</small></html>\n`
    : `${title}\n${words === '' ? '' : `${words}\n`}Request ${requestId}\n`;
  return { status, fields, body, close };
}

/** Whether a client asks for a page rather than for text; `fields` are its field lines. */
export function prefersHtml(fields: string): boolean {
  const match = /(?:^|\n)accept:([^\r]*)/i.exec(fields);
  return match !== null && match[1]!.includes('text/html');
}
