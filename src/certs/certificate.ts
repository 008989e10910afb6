/** What is needed of a certificate to serve it. */
export interface ServedCertificate {
  /** Hash of the leaf: equal ids are the same certificate. */
  readonly id: string;
  /** Names from the leaf's subject alternative names: lower-case, `*.` only as the first label. */
  readonly names: readonly string[];
  /** PKCS#8 PEM. */
  readonly keyPem: string;
  /** Leaf first. */
  readonly chainPem: string;
  /** Unix milliseconds. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** `user`: somebody put it there. */
  readonly source: 'acme' | 'local' | 'user';
}

/** A certificate with its key, ready to serve. */
export interface Certificate extends ServedCertificate {
  /** Issuer's common name, or its organisation. */
  readonly issuer: string;
}
