import type { Certificate } from '../certs/certificate.ts';
import type { WantedCertificate } from '../routing/snapshot.ts';

const DAY_MS = 86_400_000;
/** More than clocks differ by themselves. */
const CLOCK_ERROR_MS = 300_000;

/** Why a certificate is ordered: `due` by its dates, `ari` because its CA says so; `asked` by a person. */
export type RenewalReason = 'missing' | 'expired' | 'emergency' | 'due' | 'ari' | 'asked';

export interface PlannedRenewal {
  readonly wanted: WantedCertificate;
  readonly reason: Exclude<RenewalReason, 'asked'>;
  /** Unix milliseconds; it may be past. */
  readonly dueAt: number;
}

/** Dates and identity of a certificate: all that a plan reads of one. */
export type CertificateDates = Pick<Certificate, 'id' | 'notBefore' | 'notAfter'>;

/**
 * When a certificate is renewed: with a third of its life left, or half if it lives less than ten days (acme.md 7.1), and
 * up to a twentieth of its life earlier, by its id, so that those issued together do not come due together.
 */
export function renewalTime(certificate: CertificateDates): number {
  const lifeMs = certificate.notAfter - certificate.notBefore;
  const leftMs = lifeMs < 10 * DAY_MS ? lifeMs / 2 : lifeMs / 3;
  const spread = Number.parseInt(certificate.id.slice(0, 8), 16) / 2 ** 32;
  return Math.round(certificate.notAfter - leftMs - spread * (lifeMs / 20));
}

/** From when on renewal has failed for too long: the last twentieth of the life, and no less than five ticks. */
export function emergencyTime(certificate: CertificateDates, tickMs: number): number {
  const lifeMs = certificate.notAfter - certificate.notBefore;
  return certificate.notAfter - Math.min(Math.max(lifeMs / 20, 5 * tickMs), lifeMs / 4);
}

/** A certificate in use, Unix milliseconds. */
export interface HeldCertificate extends CertificateDates {
  /** When we got it. */
  readonly issuedAt: number;
  /** The moment drawn in the window that its CA suggests (RFC 9773 4.2). */
  readonly suggestedAt?: number | undefined;
}

/**
 * When a certificate is to be renewed, and who says so. Its CA may say earlier or later than its dates, but not later
 * than the time when it gets dangerous.
 */
export function renewalOf(
  certificate: Pick<HeldCertificate, 'id' | 'notBefore' | 'notAfter' | 'suggestedAt'>,
  tickMs: number,
): { readonly at: number; readonly by: 'ari' | 'due' } {
  const { suggestedAt } = certificate;
  if (suggestedAt === undefined) return { at: renewalTime(certificate), by: 'due' };
  return { at: Math.min(suggestedAt, emergencyTime(certificate, tickMs)), by: 'ari' };
}

/**
 * What is to be ordered for the wanted certificates, most urgent first: expired, nearly expired, missing, renewal.
 * `held` finds the certificate that serves for a wanted one. Those due later are in the plan with their time.
 */
export function planRenewals(
  held: (wanted: WantedCertificate) => HeldCertificate | undefined,
  wanted: readonly WantedCertificate[],
  options: { readonly now: number; readonly tickMs: number },
): readonly PlannedRenewal[] {
  const plan = wanted.map((entry) => planOne(held(entry), entry, options));
  return plan.sort((a, b) => urgency(a) - urgency(b) || a.dueAt - b.dueAt);
}

function planOne(
  certificate: HeldCertificate | undefined,
  wanted: WantedCertificate,
  { now, tickMs }: { readonly now: number; readonly tickMs: number },
): PlannedRenewal {
  if (certificate === undefined) return { wanted, reason: 'missing', dueAt: now };
  const { at, by } = renewalOf(certificate, tickMs);
  // Issued in the future: the clock was wrong then, and the rest could last longer than the certificate.
  const restedAt = certificate.issuedAt > now + CLOCK_ERROR_MS ? at : certificate.issuedAt + restMs(certificate, by);
  const dueAt = Math.max(at, restedAt);
  if (certificate.notAfter <= now) return { wanted, reason: 'expired', dueAt };
  return { wanted, reason: emergencyTime(certificate, tickMs) <= now ? 'emergency' : by, dueAt };
}

/**
 * A clock that is far wrong makes every new certificate look old: without a rest it would be ordered again at once. What a
 * CA says of one certificate is seldom so urgent, but it may be.
 */
function restMs({ notBefore, notAfter }: CertificateDates, by: 'ari' | 'due'): number {
  return Math.min((notAfter - notBefore) / 4, by === 'ari' ? DAY_MS / 4 : 2 * DAY_MS);
}

const URGENCY: readonly RenewalReason[] = ['expired', 'emergency', 'missing', 'due'];

function urgency(planned: PlannedRenewal): number {
  return URGENCY.indexOf(planned.reason === 'ari' ? 'due' : planned.reason);
}
