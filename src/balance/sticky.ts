import { createHash, createHmac } from 'node:crypto';
import type { StickyConfig } from '../config/dynamic.ts';
import { cookieValues } from './cookies.ts';
import type { LeaseRequest } from './strategy.ts';

/** What a visitor's cookie may look like; anything else is nobody's. */
const TOKEN_LENGTH = 16;
const SAME_SITE = { none: 'None', lax: 'Lax', strict: 'Strict' } as const;

/**
 * Binds each visitor to one of several members (servers, or the services of a weighted one) by a cookie (rule F9). Its value is a keyed
 * digest: it says nothing of addresses and nobody else can make one. What it does not know is as no cookie at all.
 */
export class StickyCookie {
  readonly name: string;
  private readonly config: StickyConfig;
  private readonly tokens: readonly string[];
  private readonly indexes: ReadonlyMap<string, number>;

  /** `ids` are the members' identities in their order, `service` the name of what has them; `key` is the same in all workers. */
  constructor(config: StickyConfig, service: string, ids: readonly string[], key: Uint8Array) {
    this.config = config;
    this.name = config.name ?? defaultName(service);
    this.tokens = ids.map((id) => createHmac('sha256', key).update(id).digest('hex').slice(0, TOKEN_LENGTH));
    this.indexes = new Map(this.tokens.map((token, index) => [token, index]));
  }

  /** The member that the visitor is bound to: the first valid one of several cookies counts. -1: none. */
  memberOf(request: LeaseRequest): number {
    for (const value of cookieValues(request.headerValues('cookie'), this.name)) {
      const index = value.length === TOKEN_LENGTH ? this.indexes.get(value) : undefined;
      if (index !== undefined) return index;
    }
    return -1;
  }

  /** The line of the response that binds the visitor to this member; empty when the request's cookie did so. */
  bind(index: number, request: LeaseRequest, isSecure: boolean): string {
    if (this.memberOf(request) === index) return '';
    const { path, domain, maxAge, secure, httpOnly, sameSite } = this.config;
    let line = `Set-Cookie: ${this.name}=${this.tokens[index]!}; Path=${path}`;
    if (domain !== undefined) line += `; Domain=${domain}`;
    if (maxAge !== undefined) line += `; Max-Age=${maxAge}`;
    if (httpOnly) line += '; HttpOnly';
    if (secure ?? isSecure) line += '; Secure';
    return `${line}; SameSite=${SAME_SITE[sameSite]}\r\n`;
  }
}

/** As Traefik names it, so that a change of the router leaves no second cookie behind. */
function defaultName(service: string): string {
  return `_${createHash('sha1').update(service).digest('hex').slice(0, 5)}`;
}
