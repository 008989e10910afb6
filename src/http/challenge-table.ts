import type { Http01Challenge } from '../protocol.ts';
import type { Answer } from './answer.ts';

const PREFIX = '/.well-known/acme-challenge/';
const TOKEN = /^[A-Za-z0-9_-]{16,128}$/;

/** Pending HTTP-01 answers of this worker (RFC 8555 8.3; acme.md section 10). */
export class ChallengeTable {
  private readonly byToken = new Map<string, Http01Challenge>();
  private readonly served: (challenge: Http01Challenge, remote: string) => void;

  constructor(served: (challenge: Http01Challenge, remote: string) => void) {
    this.served = served;
  }

  add(challenge: Http01Challenge): void {
    this.byToken.set(challenge.token, challenge);
  }

  remove(token: string): void {
    this.byToken.delete(token);
  }

  /** Whether a raw path is one a CA would ask for; such a path is never redirected. */
  isChallengePath(path: string): boolean {
    return path.startsWith(PREFIX) && TOKEN.test(path.slice(PREFIX.length));
  }

  /**
   * The answer to a CA, before everything else, for any host with a pending challenge; undefined on a miss. The host must be
   * the one the token was made for, or a rebinding attacker could collect it.
   */
  answer(method: string, path: string, host: string, remote: string): Answer | undefined {
    if (method !== 'GET' && method !== 'HEAD') return undefined;
    const challenge = this.byToken.get(path.slice(PREFIX.length));
    if (challenge === undefined || challenge.host !== host) return undefined;
    this.served(challenge, remote);
    return {
      status: 200,
      fields: 'Content-Type: text/plain\r\nCache-Control: no-store\r\n',
      body: challenge.keyAuthorization,
      close: false,
    };
  }
}
