import type { Certificate } from './certificate.ts';
import { parseKeyType, type KeyType } from '../config/key-type.ts';
import type { CertificateSpec } from './certificate-spec.ts';
import { decodeFacts, encodeFacts } from './certificate-facts.ts';
import {
  decode,
  encode,
  fieldsOf,
  namesOf,
  numberOf,
  optionalStringOf,
  RecordError,
  stringOf,
  type Fields,
} from './record-fields.ts';

/** A certificate on disk with what is needed to renew it. */
export interface StoredCertificate {
  readonly spec: CertificateSpec;
  readonly certificate: Certificate;
  /** Unix milliseconds. */
  readonly issuedAt: number;
  readonly accountUrl: string;
  readonly orderUrl: string;
}

/** Who can mend a failed attempt, and so how long to wait: acme.md calls them T, R, V, C. */
export type FailureClass = 'transient' | 'rate-limited' | 'validation' | 'config' | 'store' | 'dns';

/** The failures of one spec in a row. It is read before every attempt, after a restart too. Times: Unix milliseconds. */
export interface AttemptRecord {
  readonly failures: number;
  /** Of these and earlier failures since the last success, those the CA blamed on the name. */
  readonly validations: number;
  readonly class: FailureClass;
  /** First failure of this class in the row. */
  readonly since: number;
  readonly lastAt: number;
  /** No attempt before. */
  readonly nextAt: number;
  readonly error: { readonly type: string; readonly detail: string; readonly hint: string };
  /** Where the next attempt goes. Absent: to the CA itself. */
  readonly probe?: ProbeRecord | undefined;
}

/** How a set-up is proved at a test CA after failures. */
export interface ProbeRecord {
  readonly next: 'test' | 'production';
  /** How often the CA itself failed although the test CA had not. */
  readonly rounds: number;
}

/** An order that was begun. With the key it can be collected after a crash (RFC 8555 7.4). */
export interface PendingOrder {
  readonly orderUrl: string;
  readonly accountUrl: string;
  /** Written before the order is finalized; absent while it is still being authorized. */
  readonly keyPem: string | undefined;
  readonly createdAt: number;
  /** The certificate this order replaces, by its name at the CA (RFC 9773 5). */
  readonly replaces?: string | undefined;
}

/** An account at one CA. Without `url` the key was saved but the CA's answer was not. */
export interface AccountRecord {
  readonly directory: string;
  readonly keyPem: string;
  readonly url: string | undefined;
  readonly contact: readonly string[];
  readonly eabKid: string | undefined;
  readonly createdAt: number;
}

/** A limit that holds for everything at one CA: no order before `until` (Unix milliseconds). */
export interface ParkedRecord {
  readonly until: number;
  readonly detail: string;
}

const FAILURE_CLASSES: readonly string[] = [
  'transient',
  'rate-limited',
  'validation',
  'config',
  'store',
  'dns',
] satisfies readonly FailureClass[];

/** Text of `current.json`: key and chain in one file, so that they can never be of two different certificates. */
export function encodeCertificate(stored: StoredCertificate): string {
  const { spec, certificate } = stored;
  return encode({
    names: spec.names,
    directory: spec.directory,
    profile: spec.profile,
    keyType: spec.keyType,
    issuedAt: stored.issuedAt,
    accountUrl: stored.accountUrl,
    orderUrl: stored.orderUrl,
    ...encodeFacts(certificate),
  });
}

/** Throws `RecordError` or `CertificateError`. */
export function decodeCertificate(text: string): StoredCertificate {
  const fields = decode(text);
  return {
    spec: {
      names: namesOf(fields),
      directory: stringOf(fields, 'directory'),
      profile: optionalStringOf(fields, 'profile'),
      keyType: keyTypeOf(fields),
    },
    certificate: decodeFacts(fields, 'acme'),
    issuedAt: numberOf(fields, 'issuedAt'),
    accountUrl: stringOf(fields, 'accountUrl'),
    orderUrl: stringOf(fields, 'orderUrl'),
  };
}

/** Of a later release, perhaps: the certificate serves all the same. */
function keyTypeOf(fields: Fields): KeyType {
  return parseKeyType(optionalStringOf(fields, 'keyType') ?? '') ?? 'ec256';
}

/** Text of `state.json`. The names are for people: without a certificate the folder says only the first. */
export function encodeAttempt(spec: CertificateSpec, attempt: AttemptRecord): string {
  return encode({ names: spec.names, directory: spec.directory, ...attempt });
}

/** Throws `RecordError`. */
export function decodeAttempt(text: string): { readonly names: readonly string[]; readonly attempt: AttemptRecord } {
  const fields = decode(text);
  return { names: namesOf(fields), attempt: attemptOf(fields) };
}

function attemptOf(fields: Fields): AttemptRecord {
  const failureClass = stringOf(fields, 'class');
  if (!FAILURE_CLASSES.includes(failureClass)) throw new RecordError(`class: unknown value ${failureClass}`);
  const error = fieldsOf(fields['error']);
  return {
    failures: numberOf(fields, 'failures'),
    validations: numberOf(fields, 'validations'),
    class: failureClass as FailureClass,
    since: numberOf(fields, 'since'),
    lastAt: numberOf(fields, 'lastAt'),
    nextAt: numberOf(fields, 'nextAt'),
    error: { type: stringOf(error, 'type'), detail: stringOf(error, 'detail'), hint: stringOf(error, 'hint') },
    ...(fields['probe'] === undefined ? {} : { probe: probeOf(fieldsOf(fields['probe'])) }),
  };
}

function probeOf(fields: Fields): ProbeRecord {
  return { next: stringOf(fields, 'next') === 'test' ? 'test' : 'production', rounds: numberOf(fields, 'rounds') };
}

/** Throws `RecordError`. */
export function decodePending(text: string): PendingOrder {
  const fields = decode(text);
  return {
    orderUrl: stringOf(fields, 'orderUrl'),
    accountUrl: stringOf(fields, 'accountUrl'),
    keyPem: optionalStringOf(fields, 'keyPem'),
    createdAt: numberOf(fields, 'createdAt'),
    replaces: optionalStringOf(fields, 'replaces'),
  };
}

/** Throws `RecordError`. */
export function decodeAccount(text: string): AccountRecord {
  const fields = decode(text);
  const contact = fields['contact'];
  return {
    directory: stringOf(fields, 'directory'),
    keyPem: stringOf(fields, 'keyPem'),
    url: optionalStringOf(fields, 'url'),
    contact: Array.isArray(contact) ? contact.filter((entry) => typeof entry === 'string') : [],
    eabKid: optionalStringOf(fields, 'eabKid'),
    createdAt: numberOf(fields, 'createdAt'),
  };
}

/** The key in a text of `account.next.json`; undefined when it holds none. */
export function decodeNextKey(text: string): string | undefined {
  try {
    return stringOf(decode(text), 'keyPem');
  } catch {
    return undefined;
  }
}

/** Throws `RecordError`. */
export function decodeParked(text: string): ParkedRecord {
  const fields = decode(text);
  return { until: numberOf(fields, 'until'), detail: stringOf(fields, 'detail') };
}
