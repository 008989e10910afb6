import { createSecureContext, type SecureContext, type TLSSocket, type TlsOptions } from 'node:tls';
import type { TlsAlpnChallenge } from '../protocol.ts';
import { canonicalHost } from '../lib/hostname.ts';
import { askClient } from './ask-client.ts';

/** What we speak over TLS, in our order of preference (RFC 7301). */
export function alpnProtocols(speaksHttp2: boolean): readonly string[] {
  return speaksHttp2 ? ['h2', 'http/1.1'] : ['http/1.1'];
}

/** RFC 8737 6.2: nothing is ever said in it, the certificate is the message. */
const ACME_PROTOCOL = 'acme-tls/1';

/** Without roots OpenSSL looks for no longer chain than the one certificate. */
const NO_ROOTS: string[] = [];

/** Handshakes that a CA began. TLS 1.3 asks for the protocol before the name, TLS 1.2 after it: neither may count on the other. */
const answered = new WeakSet<object>();

/** Whether the connection was a CA's check: it is to be closed, for no request can come on it (RFC 8737 3). */
export function isAlpnCheck(socket: TLSSocket): boolean {
  return socket.alpnProtocol === ACME_PROTOCOL;
}

/** Pending TLS-ALPN-01 answers of this worker (RFC 8737; acme.md 11). */
export class AlpnChallenges {
  private readonly byToken = new Map<string, TlsAlpnChallenge>();
  private readonly byName = new Map<
    string,
    { readonly challenge: TlsAlpnChallenge; readonly context: SecureContext }
  >();
  private readonly served: (challenge: TlsAlpnChallenge, remote: string) => void;

  constructor(served: (challenge: TlsAlpnChallenge, remote: string) => void) {
    this.served = served;
  }

  /** None is pending: handshakes need not be asked about. */
  get isEmpty(): boolean {
    return this.byName.size === 0;
  }

  /** Throws when key and certificate are none, or not of each other. */
  add(challenge: TlsAlpnChallenge): void {
    const context = createSecureContext({ key: challenge.keyPem, cert: challenge.certificatePem, ca: NO_ROOTS });
    this.byToken.set(challenge.token, challenge);
    this.byName.set(challenge.serverName, { challenge, context });
  }

  /** A later challenge for the same name stays. */
  remove(token: string): void {
    const challenge = this.byToken.get(token);
    if (challenge === undefined) return;
    this.byToken.delete(token);
    if (this.byName.get(challenge.serverName)?.challenge === challenge) this.byName.delete(challenge.serverName);
  }

  /** The connection of a CA is done: says which challenge it was for. */
  done(socket: TLSSocket): void {
    const found = this.find(socket.servername);
    if (found !== undefined) this.served(found.challenge, socket.remoteAddress ?? '');
  }

  /**
   * The options of a listener that answers CAs beside its visitors. A handshake costs a call more than with the plain list of
   * protocols, so this listener gets connections only while something is pending.
   */
  options(normal: TlsOptions): TlsOptions {
    const { ALPNProtocols: spoken, SNICallback: chooseByName, ...rest } = normal;
    const own = spoken as readonly string[];
    const choose = this.choose.bind(this);
    return {
      ...rest,
      ALPNCallback(this: TLSSocket, { servername, protocols }) {
        return choose(this, servername, protocols, own);
      },
      SNICallback(this: TLSSocket, name, done) {
        if (answered.has(this) || chooseByName === undefined) done(null, undefined);
        else chooseByName.call(this, name, done);
      },
    };
  }

  /** `undefined` refuses the handshake, as OpenSSL does by itself when no protocol is common. */
  private choose(
    socket: TLSSocket,
    name: string,
    protocols: readonly string[],
    own: readonly string[],
  ): string | undefined {
    if (protocols.length === 1 && protocols[0] === ACME_PROTOCOL) {
      const found = this.find(name);
      if (found === undefined) return undefined;
      socket.setKeyCert(found.context);
      // In TLS 1.2 the site's options came first; a CA has no certificate to show.
      askClient(socket, undefined);
      answered.add(socket);
      return ACME_PROTOCOL;
    }
    return own.find((protocol) => protocols.includes(protocol));
  }

  private find(name: string | false | null | undefined): ReturnType<typeof this.byName.get> {
    return typeof name === 'string' ? this.byName.get(canonicalHost(name)) : undefined;
  }
}
