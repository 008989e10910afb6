import type { CaaRecord } from './dns-lookup.ts';

/** What we ask a CA for, as far as CAA records may speak of it. */
export interface CaaQuestion {
  /** Domains by which records may name the CA (`meta.caaIdentities`). */
  readonly identities: readonly string[];
  readonly isWildcard: boolean;
  readonly methods: readonly string[];
  readonly accountUrl: string | undefined;
}

const KNOWN_TAGS = new Set(['issue', 'issuewild', 'iodef', 'issuemail', 'issuevmc', 'contactemail', 'contactphone']);

/** Why the records that hold for a name forbid the CA to sign it (RFC 8659 4.2, 4.3; RFC 8657); undefined when they do not. */
export function caaForbids(records: readonly CaaRecord[], question: CaaQuestion): string | undefined {
  const tags = records.flatMap(({ critical, ...rest }) =>
    Object.entries(rest).map(([tag, value]) => ({ critical, tag, value })),
  );
  const unknown = tags.find(({ critical, tag, value }) => {
    return critical >= 128 && tag !== 'type' && typeof value === 'string' && !KNOWN_TAGS.has(tag.toLowerCase());
  });
  if (unknown !== undefined) return `it has a critical property ${unknown.tag} that no CA may pass over`;
  const valuesOf = (wanted: string): readonly string[] =>
    tags.flatMap(({ tag, value }) => (tag.toLowerCase() === wanted && typeof value === 'string' ? value : []));
  const wild = question.isWildcard ? valuesOf('issuewild') : [];
  const values = wild.length > 0 ? wild : valuesOf('issue');
  if (values.length === 0 || values.some((value) => allows(value, question))) return undefined;
  const allowed = values.map((value) => value.trim()).filter((value) => !/^;?$/.test(value));
  return allowed.length === 0 ? 'it allows nobody' : `it allows only ${allowed.join(', ')}`;
}

function allows(value: string, { identities, methods, accountUrl }: CaaQuestion): boolean {
  const [domain = '', ...parameters] = value.split(';').map((part) => part.trim());
  if (!identities.includes(domain.toLowerCase())) return false;
  return parameters.every((parameter) => {
    const [name = '', ...rest] = parameter.split('=');
    const text = rest.join('=').trim();
    if (name.trim().toLowerCase() === 'accounturi') return accountUrl === undefined || text === accountUrl;
    if (name.trim().toLowerCase() !== 'validationmethods') return true;
    return text.split(',').some((method) => methods.includes(method.trim().toLowerCase()));
  });
}
