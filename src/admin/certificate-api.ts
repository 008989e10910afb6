import { parseHostname } from '../lib/hostname.ts';
import type { AdminFacts } from './admin-facts.ts';
import type { ApiAnswer } from './json-api.ts';

/**
 * `POST /api/certificates/renew` `{name}`: the certificates with this name are ordered again now, whatever failed before.
 * 400: not understood, 404: none is ordered, and why.
 */
export async function answerRenew(text: string, facts: AdminFacts): Promise<ApiAnswer> {
  const name = readName(text);
  if (name === undefined)
    return { status: 400, body: { error: 'the body is no JSON object with a host name in "name"' } };
  const outcomes = await facts.renewCertificates([name]);
  const certificates = outcomes.filter((outcome) => !('fault' in outcome));
  const [fault] = outcomes.flatMap((outcome) => ('fault' in outcome ? [outcome.fault] : []));
  if (certificates.length === 0) return { status: 404, body: { error: fault ?? `nothing is known of ${name}` } };
  return { status: 200, body: { name, certificates } };
}

/** `POST /api/acme/roll-key`: the account at the first CA gets a new key. 409: it keeps the one it has, and why. */
export async function answerRollKey(_: string, facts: AdminFacts): Promise<ApiAnswer> {
  const outcome = await facts.rollAccountKey();
  return 'fault' in outcome
    ? { status: 409, body: { error: outcome.fault } }
    : { status: 200, body: { account: outcome.account } };
}

/** Wildcards are named as they are written. */
function readName(text: string): string | undefined {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return undefined;
  }
  const name = typeof body === 'object' && body !== null && 'name' in body ? body.name : undefined;
  return typeof name === 'string' ? parseHostname(name) : undefined;
}
