import { createSecureContext, type SecureContext, type TLSSocket, type TlsOptions } from 'node:tls';
import type { ServedCertificate } from '../certs/certificate.ts';
import { NameIndex } from '../certs/name-index.ts';
import { LIMITS } from '../http1/limits.ts';
import { canonicalHost } from '../lib/hostname.ts';
import { ALPN_PROTOCOLS } from './alpn.ts';

/** One context costs about 40 KiB, so only those in use are kept (acme.md section 15). */
const MAX_CONTEXTS = 1000;
/** Unknown names are reported once each; the client chooses them, so the memory of them is bounded. */
const MAX_UNKNOWN = 1000;

/** Mozilla's intermediate configuration; Node's default list still holds CBC and DHE suites. */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

/**
 * What we present is the file's chain and no more. With roots in its store OpenSSL looks for a longer one in every handshake,
 * which cost 100 of 800 µs.
 */
const NO_ROOTS: string[] = [];

/** Chooses certificates by server name, from memory only: a handshake never waits for a CA. */
export class TlsContexts {
  private readonly index: NameIndex;
  private readonly contexts = new Map<string, SecureContext>();
  private readonly unknown = new Set<string>();
  private readonly defaultCertificate: ServedCertificate;
  private readonly unknownName: (name: string) => void;

  constructor(
    certificates: readonly ServedCertificate[],
    defaultCertificate: ServedCertificate,
    unknownName: (name: string) => void,
  ) {
    this.index = new NameIndex(certificates);
    this.defaultCertificate = defaultCertificate;
    this.unknownName = unknownName;
  }

  /** New handshakes use the new set; open connections are untouched. */
  update(added: readonly ServedCertificate[], removed: readonly string[]): void {
    this.index.add(added);
    this.index.remove(removed);
    for (const id of removed) this.contexts.delete(id);
    this.unknown.clear();
  }

  /** Options for a TLS listener of this worker. */
  options(ticketKeys: Uint8Array): TlsOptions {
    return {
      key: this.defaultCertificate.keyPem,
      cert: this.defaultCertificate.chainPem,
      ca: NO_ROOTS,
      ticketKeys: Buffer.from(ticketKeys),
      sessionIdContext: 'sluice',
      minVersion: 'TLSv1.2',
      ciphers: CIPHERS,
      honorCipherOrder: true,
      handshakeTimeout: LIMITS.handshakeMs,
      ALPNProtocols: [...ALPN_PROTOCOLS],
      SNICallback: (name, done) => {
        // Whatever goes wrong here must not leave the callback (CVE-2026-21637): the default certificate serves.
        try {
          done(null, this.contextFor(canonicalHost(name)));
        } catch {
          done(null, undefined);
        }
      },
    };
  }

  private contextFor(name: string): SecureContext | undefined {
    const certificate = this.index.find(name, Date.now());
    if (certificate === undefined) {
      this.reportUnknown(name);
      return undefined;
    }
    const known = this.contexts.get(certificate.id);
    // A hit moves to the end, so that the first key is always the least recently used.
    if (known !== undefined) {
      this.contexts.delete(certificate.id);
      this.contexts.set(certificate.id, known);
      return known;
    }
    const context = createSecureContext({
      key: certificate.keyPem,
      cert: certificate.chainPem,
      ca: NO_ROOTS,
    });
    this.contexts.set(certificate.id, context);
    if (this.contexts.size > MAX_CONTEXTS) this.contexts.delete(this.contexts.keys().next().value!);
    return context;
  }

  private reportUnknown(name: string): void {
    if (this.unknown.has(name) || this.unknown.size >= MAX_UNKNOWN) return;
    this.unknown.add(name);
    this.unknownName(name);
  }
}

/** What `tls.Server` hands over: a socket whose handshake is done. */
export type SecureSocket = TLSSocket;
