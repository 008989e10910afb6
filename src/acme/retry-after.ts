/**
 * When to come back, Unix milliseconds: the `Retry-After` field in seconds or as a date (RFC 9110 10.2.3), else the
 * time some CAs put into the error text. `undefined` when neither says a time.
 */
export function readRetryAt(header: string | undefined, detail: string, now: number): number | undefined {
  return fromHeader(header, now) ?? fromText(detail);
}

function fromHeader(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header)) return now + Number(header) * 1000;
  // The platform's parser finds a year in almost anything: only what begins like an HTTP date is one.
  const date = /^[A-Z][a-z]{2,8},? /.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(date, now);
}

/** Boulder's wording: `retry after 2026-11-24 00:18:15 UTC`. */
function fromText(detail: string): number | undefined {
  const match = /retry after (\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}) UTC/.exec(detail);
  return match === null ? undefined : Date.parse(`${match[1]}T${match[2]}Z`);
}
