import type { CertificateSpec } from './certificate-spec.ts';
import {
  decode,
  encode,
  fieldsOf,
  numberOf,
  optionalStringOf,
  RecordError,
  stringOf,
  type Fields,
} from './record-fields.ts';

/** When the CA wants a certificate renewed (RFC 9773 4.2). Unix milliseconds. */
export interface RenewalWindow {
  readonly start: number;
  readonly end: number;
  /** Our moment in it, drawn once for each window. */
  readonly selected: number;
  readonly explanationUrl: string | undefined;
}

/** What the CA that issued a certificate says about its renewal. */
export interface RenewalAdvice {
  /** The certificate it is about: for another one it means nothing. */
  readonly certificateId: string;
  /** Its name at the CA (RFC 9773 4.1). */
  readonly ariId: string;
  readonly window: RenewalWindow | undefined;
  /** When the CA is asked again. */
  readonly askAt: number;
  /** An order that replaces it was finalized: a second one would be refused. */
  readonly isReplaced: boolean;
}

/** A name of a group that the CA refuses. */
export interface RefusedMember {
  /** First refusal in a row, Unix milliseconds. */
  readonly since: number;
  /** It is ordered by itself, so that the others get their certificate. */
  readonly isApart: boolean;
}

/** What is remembered between orders of one spec. To lose it costs a question to the CA, nothing more. */
export interface RenewalRecord {
  readonly advice: RenewalAdvice | undefined;
  /** Since when no router has wanted it, Unix milliseconds. */
  readonly unusedSince: number | undefined;
  readonly refused: Readonly<Record<string, RefusedMember>>;
}

export const NO_RENEWAL: RenewalRecord = { advice: undefined, unusedSince: undefined, refused: {} };

/** When the CA wants this certificate renewed, if it said so. */
export function suggestedTime({ advice }: RenewalRecord, { id }: { readonly id: string }): number | undefined {
  return advice?.certificateId === id ? advice.window?.selected : undefined;
}

/** Text of `renewal.json`. */
export function encodeRenewal(spec: CertificateSpec, record: RenewalRecord): string {
  return encode({ names: spec.names, directory: spec.directory, ...record });
}

/** Throws `RecordError`. */
export function decodeRenewal(text: string): RenewalRecord {
  const fields = decode(text);
  const refused = Object.entries(fieldsOf(fields['refused'] ?? {})).map(([name, value]) => {
    const member = fieldsOf(value);
    return [name, { since: numberOf(member, 'since'), isApart: flagOf(member, 'isApart') }] as const;
  });
  return {
    advice: fields['advice'] === undefined ? undefined : adviceOf(fieldsOf(fields['advice'])),
    unusedSince: fields['unusedSince'] === undefined ? undefined : numberOf(fields, 'unusedSince'),
    refused: Object.fromEntries(refused),
  };
}

function adviceOf(fields: Fields): RenewalAdvice {
  return {
    certificateId: stringOf(fields, 'certificateId'),
    ariId: stringOf(fields, 'ariId'),
    window: fields['window'] === undefined ? undefined : windowOf(fieldsOf(fields['window'])),
    askAt: numberOf(fields, 'askAt'),
    isReplaced: flagOf(fields, 'isReplaced'),
  };
}

function windowOf(fields: Fields): RenewalWindow {
  return {
    start: numberOf(fields, 'start'),
    end: numberOf(fields, 'end'),
    selected: numberOf(fields, 'selected'),
    explanationUrl: optionalStringOf(fields, 'explanationUrl'),
  };
}

function flagOf(fields: Fields, name: string): boolean {
  const value = fields[name];
  if (typeof value !== 'boolean') throw new RecordError(`${name}: expected true or false`);
  return value;
}
