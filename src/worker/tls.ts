import { constants } from 'node:crypto';
import { createSecureContext, type SecureContext, type TLSSocket, type TlsOptions } from 'node:tls';
import type { ServedCertificate } from '../certs/certificate.ts';
import { NameIndex } from '../certs/name-index.ts';
import type { TlsPolicy } from '../config/tls-options.ts';
import { NO_TLS, type PeerTls } from '../http/forwarded.ts';
import { LIMITS } from '../http1/limits.ts';
import { canonicalHost } from '../lib/hostname.ts';
import { admitClient } from './admit-client.ts';
import { askClient } from './ask-client.ts';
import { ContextCache } from './context-cache.ts';
import { TlsPolicies } from './tls-policies.ts';

/** One context costs about 40 KiB, so only those in use are kept (acme.md section 15). */
const MAX_CONTEXTS = 1000;
/** Unknown names are reported once a minute; the client chooses them, so the memory of them is bounded. */
const MAX_UNKNOWN = 1000;
const FORGET_UNKNOWN_MS = 60_000;

/** Suites of TLS 1.3, which no option changes. */
const TLS13_SUITES = 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256';

/**
 * What we present is the file's chain and no more. With roots in its store OpenSSL looks for a longer one in every handshake,
 * which cost 100 of 800 µs.
 */
const NO_ROOTS: string[] = [];

type ChooseContext = NonNullable<TlsOptions['SNICallback']>;

/** Chooses certificates and TLS options by server name, from memory only: a handshake never waits for a CA. */
export class TlsContexts {
  private readonly index: NameIndex;
  private readonly contexts = new ContextCache(MAX_CONTEXTS);
  private readonly unknown = new Set<string>();
  private forgotAt = 0;
  private readonly unknownName: (name: string) => void;
  /** Offered by ALPN, in order of preference. */
  private readonly protocols: readonly string[];
  private defaultCertificate: ServedCertificate;
  private current = new TlsPolicies();
  /** The options of connections that asked by name, where there are any but those built in. */
  private readonly chosen = new WeakMap<TLSSocket, TlsPolicy>();

  constructor(
    certificates: readonly ServedCertificate[],
    defaultCertificate: ServedCertificate,
    unknownName: (name: string) => void,
    protocols: readonly string[] = ['http/1.1'],
  ) {
    this.protocols = protocols;
    this.index = new NameIndex(certificates);
    this.defaultCertificate = defaultCertificate;
    this.unknownName = unknownName;
  }

  /** New handshakes use the new set; open connections are untouched. */
  update(added: readonly ServedCertificate[], removed: readonly string[]): void {
    this.index.add(added);
    this.index.remove(removed);
    this.contexts.remove(removed);
    this.unknown.clear();
  }

  get policies(): TlsPolicies {
    return this.current;
  }

  /** Handshakes from here on have these options. True: the listeners have to be told others than before (`options`). */
  setPolicies(policies: TlsPolicies): boolean {
    const before = JSON.stringify(this.current.listener);
    this.current = policies;
    return JSON.stringify(policies.listener) !== before;
  }

  /** For clients that ask for no name, or for an unknown one. The listeners have to be made anew (`options`). */
  setDefaultCertificate(certificate: ServedCertificate): void {
    this.defaultCertificate = certificate;
  }

  /** Options for a TLS listener of this worker, for as long as `setPolicies` asks for no others. */
  options(entrypoint: string, ticketKeys: Uint8Array): TlsOptions {
    const { minVersion, maxVersion, ciphers, curves, hasTickets, clientAuth } = this.current.listener;
    const choose = this.choose.bind(this);
    return {
      key: this.defaultCertificate.keyPem,
      cert: this.defaultCertificate.chainPem,
      ca: clientAuth === undefined ? NO_ROOTS : clientAuth.caPem,
      // Whoever asks for no name is asked like all others, and judged when the handshake is done.
      ...(clientAuth === undefined ? {} : { requestCert: true, rejectUnauthorized: false }),
      // No second handshake within a connection: it costs us more than its client, and could ask for another name.
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION | (hasTickets ? 0 : constants.SSL_OP_NO_TICKET),
      ticketKeys: Buffer.from(ticketKeys),
      sessionIdContext: 'sluice',
      minVersion,
      maxVersion,
      ciphers: [TLS13_SUITES, ...ciphers].join(':'),
      ...(curves.length === 0 ? {} : { ecdhCurve: curves.join(':') }),
      honorCipherOrder: true,
      handshakeTimeout: LIMITS.handshakeMs,
      ALPNProtocols: [...this.protocols],
      SNICallback(this: TLSSocket, name, done) {
        choose(this, entrypoint, canonicalHost(name), done);
      },
    };
  }

  /**
   * The TLS options that a connection has whose handshake is done (A5), and the certificate that it was asked for; undefined: it does not
   * fulfil them and must not be served.
   */
  admit(socket: TLSSocket, entrypoint: string): PeerTls | undefined {
    const { current } = this;
    const chosen = this.chosen.get(socket);
    if (chosen === undefined && current.isPlain) return NO_TLS;
    const policy = chosen ?? this.unasked(socket, entrypoint);
    if (policy === undefined || !admitClient(socket, policy)) return undefined;
    const { id: options, clientAuth } = policy;
    return { options, clientCertificate: clientAuth === undefined ? undefined : socket.getPeerX509Certificate() };
  }

  /** The options of a connection that `choose` was not asked about: it named no server, or resumes a session. */
  private unasked(socket: TLSSocket, entrypoint: string): TlsPolicy | undefined {
    const { standard } = this.current;
    const { servername } = socket;
    if (socket.isSessionReused()) {
      // Its name is that of this handshake in TLS 1.3 only.
      const isNamed = typeof servername === 'string' && socket.getProtocol() === 'TLSv1.3';
      return isNamed ? this.current.find(entrypoint, canonicalHost(servername)) : standard;
    }
    return standard.sniStrict ? undefined : standard;
  }

  /** Whatever goes wrong here must not leave the callback (CVE-2026-21637). */
  private choose(socket: TLSSocket, entrypoint: string, name: string, done: Parameters<ChooseContext>[1]): void {
    let context: SecureContext | undefined;
    try {
      context = this.current.isPlain
        ? this.contextFor(name, undefined)
        : this.chooseWithOptions(socket, entrypoint, name);
    } catch (error) {
      // Where nothing is asked of clients the default certificate serves; else nobody may come in by a fault.
      if (this.current.isPlain) done(null, undefined);
      else done(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    done(null, context);
  }

  /** Throws when the client must not be served. */
  private chooseWithOptions(socket: TLSSocket, entrypoint: string, name: string): SecureContext | undefined {
    const policy = this.current.find(entrypoint, name);
    if (policy.refused !== undefined) throw new Error(policy.refused);
    // The version is agreed on before the name is known; it can still be refused.
    if (policy.minVersion === 'TLSv1.3' && socket.getProtocol() !== 'TLSv1.3') throw new Error('TLS 1.3 is needed');
    this.chosen.set(socket, policy);
    const { clientAuth } = policy;
    if ((clientAuth ?? this.current.standard.clientAuth) !== undefined && !askClient(socket, clientAuth)) {
      throw new Error('clients cannot be asked for certificates');
    }
    const context = this.contextFor(name, clientAuth);
    if (context === undefined && policy.sniStrict) throw new Error('there is no certificate for this name');
    return context;
  }

  private contextFor(name: string, clientAuth: TlsPolicy['clientAuth']): SecureContext | undefined {
    const certificate = this.index.find(name, Date.now());
    if (certificate === undefined) this.reportUnknown(name);
    const roots = clientAuth?.caPem ?? '';
    if (certificate === undefined && roots === '') return undefined;
    // Roots of clients are those of the context. The texts are read from shared memory, so not before they are needed.
    const served = certificate ?? this.defaultCertificate;
    const { id } = served;
    return this.contexts.get(roots === '' ? id : `${id} ${roots}`, id, () =>
      createSecureContext({ key: served.keyPem, cert: served.chainPem, ca: roots === '' ? NO_ROOTS : roots }),
    );
  }

  private reportUnknown(name: string): void {
    const now = performance.now();
    if (now - this.forgotAt > FORGET_UNKNOWN_MS) {
      this.unknown.clear();
      this.forgotAt = now;
    }
    if (this.unknown.has(name) || this.unknown.size >= MAX_UNKNOWN) return;
    this.unknown.add(name);
    this.unknownName(name);
  }
}

/** What `tls.Server` hands over: a socket whose handshake is done. */
export type SecureSocket = TLSSocket;
