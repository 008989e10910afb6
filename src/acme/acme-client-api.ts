import { createHash, createPrivateKey } from 'node:crypto';
import { isIP } from 'node:net';
import type * as AcmeClient from 'acme-client';
import type { AcmeApi, AcmeDirectory } from './acme-api.ts';
import { AcmeProblem, AcmeTransportError } from './acme-error.ts';
import { decodeAuthorization, decodeOrder } from './acme-objects.ts';
import { readRetryAt } from './retry-after.ts';
import type { AcmeResponse, Transport } from './transport.ts';

/** A CA that rejects half of all nonces still works: no request must fail by chance. */
const NONCE_RETRIES = 20;

/** The parts of acme-client that its type declarations leave out. */
interface ClientInternals {
  readonly http: {
    request(url: string, method: string, options?: { readonly data?: unknown }): Promise<AcmeResponse>;
    getNonce(): Promise<string>;
    getDirectory(): Promise<unknown>;
    getJwk(): object;
    createSignedBody(url: string, payload: object): object;
    maxBadNonceRetries: number;
  };
  readonly api: {
    accountUrl: string | null;
    apiRequest(url: string, payload: object | null, statuses: readonly number[]): Promise<AcmeResponse>;
    createAccount(request: object): Promise<AcmeResponse>;
    updateAccount(request: object): Promise<AcmeResponse>;
    createOrder(request: object): Promise<AcmeResponse>;
  };
}

/**
 * The ACME calls over acme-client, which signs them; requests go through our transport (acme.md 3). The library takes a
 * quarter of a second to load, so it is loaded here, when the first certificate is needed.
 */
export async function connectAcme(options: {
  readonly directory: string;
  readonly fetchDirectory: () => Promise<AcmeDirectory>;
  readonly accountKeyPem: string;
  readonly accountUrl: string | undefined;
  readonly eab: { readonly kid: string; readonly hmacKey: string } | undefined;
  readonly transport: Transport;
  readonly now: () => number;
}): Promise<AcmeApi> {
  const { fetchDirectory, now } = options;
  const acme = await import('acme-client');
  const client = createClient(acme, options);
  client.http.getDirectory = fetchDirectory;
  // The library sorts the members as RFC 7638 wants them.
  const thumbprint = createHash('sha256').update(JSON.stringify(client.http.getJwk())).digest('base64url');

  const retryAt = (response: AcmeResponse): number | undefined =>
    readRetryAt(response.headers['retry-after'], '', now());
  const post = (url: string, payload: object | null): Promise<AcmeResponse> =>
    translateErrors(url, client.api.apiRequest(url, payload, [200]));
  return {
    directory: fetchDirectory,
    newAccount: async (contact) => {
      client.api.accountUrl = null;
      // Running with automatic certificates is agreeing to the CA's terms (design section 9).
      const request = { termsOfServiceAgreed: true, ...(contact.length === 0 ? {} : { contact }) };
      const response = await translateErrors(options.directory, client.api.createAccount(request));
      return (client.api.accountUrl = locationOf(response, options.directory));
    },
    findAccount: async () => {
      const answer = client.api.createAccount({ onlyReturnExisting: true });
      return (client.api.accountUrl = locationOf(await translateErrors(options.directory, answer), options.directory));
    },
    updateAccount: async (change) => void (await translateErrors(options.directory, client.api.updateAccount(change))),
    changeKey: async (keyPem) => {
      const { keyChange } = await fetchDirectory();
      if (keyChange === undefined) {
        throw new AcmeTransportError('garbage', 'this CA does not let accounts change their key', options.directory);
      }
      const { http } = createClient(acme, { ...options, accountKeyPem: keyPem });
      const change = { account: client.api.accountUrl, oldKey: client.http.getJwk() };
      await post(keyChange, http.createSignedBody(keyChange, change));
    },
    newOrder: async ({ names, profile, replaces }) => {
      const identifiers = names.map((value) => ({ type: isIP(value) > 0 ? 'ip' : 'dns', value }));
      const request = {
        identifiers,
        ...(profile === undefined ? {} : { profile }),
        ...(replaces === undefined ? {} : { replaces }),
      };
      const response = await translateErrors(options.directory, client.api.createOrder(request));
      return decodeOrder(response.data, locationOf(response, options.directory), retryAt(response));
    },
    order: async (url) => {
      const response = await post(url, null);
      return decodeOrder(response.data, url, retryAt(response));
    },
    authorization: async (url) => {
      const response = await post(url, null);
      return decodeAuthorization(response.data, url, retryAt(response));
    },
    startChallenge: async (challenge) => void (await post(challenge.url, {})),
    deactivateAuthorization: async (url) => void (await post(url, { status: 'deactivated' })),
    finalize: async (order, keyPem) => {
      const [, csr] = await acme.crypto.createCsr({ altNames: [...order.names] }, keyPem);
      const response = await post(order.finalize, { csr: acme.crypto.getPemBodyAsB64u(csr) });
      return decodeOrder(response.data, order.url, retryAt(response));
    },
    certificate: async (url) => {
      const { data } = await post(url, null);
      if (typeof data !== 'string') throw new AcmeTransportError('garbage', 'the certificate is not PEM', url);
      return data;
    },
    keyAuthorization: (challenge) => `${challenge.token}.${thumbprint}`,
  };
}

function createClient(
  acme: typeof AcmeClient,
  options: {
    readonly directory: string;
    readonly accountKeyPem: string;
    readonly accountUrl: string | undefined;
    readonly eab: { readonly kid: string; readonly hmacKey: string } | undefined;
    readonly transport: Transport;
  },
): ClientInternals {
  const client = new acme.Client({
    directoryUrl: options.directory,
    // An imported key may be of an older form (PKCS#1, SEC1).
    accountKey: createPrivateKey(options.accountKeyPem).export({ type: 'pkcs8', format: 'pem' }),
    ...(options.accountUrl === undefined ? {} : { accountUrl: options.accountUrl }),
    ...(options.eab === undefined ? {} : { externalAccountBinding: { ...options.eab } }),
  }) as unknown as ClientInternals;
  const { http } = client;
  const askNonce = http.getNonce.bind(http);
  http.request = (url, method, request = {}) => options.transport.request(url, method, request.data);
  http.getNonce = async () => options.transport.takeNonce() ?? (await askNonce());
  http.maxBadNonceRetries = NONCE_RETRIES;
  return client;
}

/** What the library throws by itself: a status it did not expect, a nonce rejected too often, no nonce at all. */
async function translateErrors(url: string, answer: Promise<AcmeResponse>): Promise<AcmeResponse> {
  try {
    return await answer;
  } catch (cause) {
    if (cause instanceof AcmeProblem || cause instanceof AcmeTransportError) throw cause;
    throw new AcmeTransportError('garbage', cause instanceof Error ? cause.message : String(cause), url, { cause });
  }
}

function locationOf(response: AcmeResponse, url: string): string {
  const location = response.headers['location'];
  if (location === undefined) throw new AcmeTransportError('garbage', 'the answer has no Location', url);
  return location;
}
