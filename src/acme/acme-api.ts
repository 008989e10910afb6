import type { AcmeProblem } from './acme-error.ts';

/** What we read of a CA's directory (RFC 8555 7.1.1). */
export interface AcmeDirectory {
  readonly newNonce: string;
  readonly newAccount: string;
  readonly newOrder: string;
  readonly keyChange: string | undefined;
  /** Where renewal information is (RFC 9773 4.1); undefined: the CA gives none. */
  readonly renewalInfo: string | undefined;
  readonly externalAccountRequired: boolean;
  readonly termsOfService: string | undefined;
  /** Names of the profiles it offers. */
  readonly profiles: readonly string[];
  /** What a CAA record may say to allow this CA (RFC 8555 7.1.1). */
  readonly caaIdentities: readonly string[];
}

/** RFC 8555 7.1.3. */
export interface AcmeOrder {
  readonly url: string;
  readonly status: 'pending' | 'ready' | 'processing' | 'valid' | 'invalid';
  readonly names: readonly string[];
  readonly authorizations: readonly string[];
  readonly finalize: string;
  readonly certificate: string | undefined;
  readonly error: AcmeProblem | undefined;
  /** When the CA wants to be asked again, Unix milliseconds. */
  readonly retryAt: number | undefined;
}

/** RFC 8555 8. The type is any text: unknown ones are passed over. */
export interface AcmeChallenge {
  readonly type: string;
  readonly url: string;
  readonly token: string;
  readonly error: AcmeProblem | undefined;
}

/** RFC 8555 7.1.4. */
export interface AcmeAuthorization {
  readonly url: string;
  readonly status: 'pending' | 'valid' | 'invalid' | 'deactivated' | 'expired' | 'revoked';
  readonly name: string;
  readonly isWildcard: boolean;
  readonly challenges: readonly AcmeChallenge[];
  readonly retryAt: number | undefined;
}

export interface OrderRequest {
  readonly names: readonly string[];
  readonly profile: string | undefined;
  /** Name of the certificate that this one takes the place of (RFC 9773 5). */
  readonly replaces: string | undefined;
}

/**
 * The calls an order makes to one CA with one account. Each is one signed exchange and rejects with `AcmeProblem`
 * (the CA says no) or `AcmeTransportError` (no usable answer).
 */
export interface AcmeApi {
  directory(): Promise<AcmeDirectory>;
  /** Creates the account of the key, or finds the one there is, and signs with it from now on. Answers its URL. */
  newAccount(contact: readonly string[]): Promise<string>;
  /** The URL of the account that the key has. Rejects with `accountDoesNotExist` when there is none. */
  findAccount(): Promise<string>;
  updateAccount(change: { readonly contact?: readonly string[]; readonly termsOfServiceAgreed?: true }): Promise<void>;
  /** Makes this key (PKCS#8 PEM) the one of the account (RFC 8555 7.3.5). This object goes on signing with the old one. */
  changeKey(keyPem: string): Promise<void>;
  newOrder(request: OrderRequest): Promise<AcmeOrder>;
  order(url: string): Promise<AcmeOrder>;
  authorization(url: string): Promise<AcmeAuthorization>;
  /** Tells the CA that the answer is in place (RFC 8555 7.5.1). */
  startChallenge(challenge: AcmeChallenge): Promise<void>;
  deactivateAuthorization(url: string): Promise<void>;
  /** Sends a signing request for the order's names and this key. */
  finalize(order: AcmeOrder, keyPem: string): Promise<AcmeOrder>;
  /** PEM, leaf first. */
  certificate(url: string): Promise<string>;
  /** RFC 8555 8.1. */
  keyAuthorization(challenge: AcmeChallenge): string;
}
