/** A TXT record that proves a name (RFC 8555 8.4). */
export interface DnsRecord {
  /** Lower-case, with the trailing dot. */
  readonly fqdn: string;
  readonly value: string;
}

/**
 * Writes TXT records by value: a name may have several at once, of `a.b` and of `*.a.b`. Both calls reject with an error whose
 * message a person can act upon; neither tells secrets.
 */
export interface DnsRecordWriter {
  present(record: DnsRecord): Promise<void>;
  cleanup(record: DnsRecord): Promise<void>;
}
