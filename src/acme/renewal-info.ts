import type { RenewalAdvice, RenewalWindow } from '../certs/renewal-record.ts';
import type { RenewalAnswer } from './ca-session.ts';
import { AcmeProblem, AcmeTransportError } from './acme-error.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** After an answer that says nothing, and after three tries without one (RFC 9773 4.3.3). */
const NEXT_DAY_PART_MS = 6 * HOUR_MS;
const QUICK_TRIES_MS = [MINUTE_MS, 5 * MINUTE_MS];

/**
 * The name of a certificate at its CA: key identifier of the issuer and serial number (RFC 9773 4.1). Undefined: the
 * leaf does not say who signed it. The library is slow to load and is loaded here.
 */
export async function ariIdOf(chainPem: string): Promise<string | undefined> {
  const x509 = await import('@peculiar/x509');
  const leaf = new x509.X509Certificate(chainPem);
  const authority = leaf.getExtension(x509.AuthorityKeyIdentifierExtension);
  if (authority?.keyId === undefined) return undefined;
  return `${toBase64url(authority.keyId)}.${toBase64url(derInteger(leaf.serialNumber))}`;
}

/** The bytes of a positive DER integer: no leading zeros but the one that keeps the top bit clear. */
function derInteger(hex: string): string {
  const digits = hex.replace(/^(?:00)+(?=..)/, '');
  return Number.parseInt(digits.slice(0, 1), 16) >= 8 ? `00${digits}` : digits;
}

function toBase64url(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64url');
}

/** The window of an answer (RFC 9773 4.2); undefined when there is no sensible one in it. */
export function readWindow(data: unknown): Omit<RenewalWindow, 'selected'> | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const { suggestedWindow, explanationURL } = data as Readonly<Record<string, unknown>>;
  if (typeof suggestedWindow !== 'object' || suggestedWindow === null) return undefined;
  const { start, end } = suggestedWindow as Readonly<Record<string, unknown>>;
  const [from, to] = [start, end].map((time) => (typeof time === 'string' ? Date.parse(time) : Number.NaN));
  if (!(from! < to!)) return undefined;
  const explanationUrl = typeof explanationURL === 'string' ? explanationURL.slice(0, 500) : undefined;
  return { start: from!, end: to!, explanationUrl };
}

export interface AdviceContext {
  readonly now: number;
  /** In [0, 1). */
  readonly random: number;
}

/**
 * The advice after an answer. A window that stayed keeps the moment drawn in it; a new one gets its own. An answer
 * without a window changes nothing but the time of the next question.
 */
export function heedAnswer(
  advice: RenewalAdvice,
  answer: RenewalAnswer,
  { now, random }: AdviceContext,
): RenewalAdvice {
  const read = readWindow(answer.data);
  const asked = answer.retryAt === undefined ? NEXT_DAY_PART_MS : answer.retryAt - now;
  if (read === undefined) return { ...advice, askAt: now + NEXT_DAY_PART_MS };
  const askAt = now + Math.min(Math.max(asked, MINUTE_MS), DAY_MS);
  const { window } = advice;
  const isSame = window !== undefined && window.start === read.start && window.end === read.end;
  const selected = isSame ? window.selected : Math.round(read.start + random * (read.end - read.start));
  return { ...advice, window: { ...read, selected }, askAt };
}

/** The advice after a failed question, the `tries`th in a row (from 1): soon again twice if it may pass, else in 6 h. */
export function heedFailure(advice: RenewalAdvice, cause: unknown, tries: number, now: number): RenewalAdvice {
  const waitMs = (isPassing(cause) ? QUICK_TRIES_MS[tries - 1] : undefined) ?? NEXT_DAY_PART_MS;
  const retryAt = cause instanceof AcmeProblem ? (cause.retryAt ?? 0) : 0;
  return { ...advice, askAt: Math.min(Math.max(now + waitMs, retryAt), now + DAY_MS) };
}

/** Whether a failed question is about the CA and not about this certificate. */
export function isPassing(cause: unknown): boolean {
  if (cause instanceof AcmeTransportError) return cause.code === 'timeout' || cause.code === 'unreachable';
  return cause instanceof AcmeProblem && (cause.status >= 500 || cause.status === 429);
}

/** Whether a window came much nearer or went far away, or is all of a sudden over: mass revocation looks like that. */
export function isMoved(before: RenewalWindow | undefined, after: RenewalWindow | undefined, now: number): boolean {
  if (before === undefined || after === undefined) return false;
  if (before.start === after.start && before.end === after.end) return false;
  return Math.abs(after.start - before.start) > DAY_MS || (after.end <= now && before.end > now);
}
