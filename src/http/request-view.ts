import { queryValues } from '../rule/query.ts';
import { routingPath } from '../rule/routing-path.ts';
import type { RuleRequest } from '../rule/rule-request.ts';
import type { Authority } from './authority.ts';
import type { DataPlane } from './data-plane.ts';
import type { Downstream } from './downstream.ts';
import { fieldValues } from './fields.ts';
import { clientAddress, clientScheme, isForwardingLine, receivedValues } from './forwarded.ts';
import type { RequestMessage } from './message.ts';

/** A request as rules, middlewares and logs see it. */
export abstract class RequestView implements RuleRequest {
  readonly plane: DataPlane;
  readonly down: Downstream;
  request!: RequestMessage;
  authority: Authority | undefined = undefined;
  /** Normalised (P2), and changed by middlewares only; what is matched, shown to them and sent. */
  path = '';

  constructor(plane: DataPlane, down: Downstream) {
    this.plane = plane;
    this.down = down;
  }

  /** Lower-case host without port; what `Host` matchers compare. Empty when an HTTP/1.0 client named none. */
  get host(): string {
    return this.authority === undefined ? '' : this.authority.host;
  }

  /** The visitor behind trusted proxies (F3), for logs and limits. */
  get visitorAddress(): string {
    return clientAddress(this.down.peer, this.request.forwarded, this.plane.trusted);
  }

  /** Scheme of the address the visitor used: behind a trusted proxy what it says (F2). */
  get scheme(): 'http' | 'https' {
    return clientScheme(this.down.peer, this.request.forwarded);
  }

  // What rules ask (rules.md sections 3 to 7).

  get method(): string {
    return this.request.method;
  }

  /** The TCP peer: `ClientIP` never looks at forwarded fields. */
  get clientAddress(): string {
    return this.down.peer.address;
  }

  hostWithTrailingDot(): string {
    return this.authority === undefined ? '' : this.authority.hostAsGiven;
  }

  routingPath(): string {
    return this.path.includes('%') ? routingPath(this.path) : this.path;
  }

  headerValues(name: string): readonly string[] {
    if (isForwardingLine(name)) return this.forwardingValues(name);
    // Hop-by-hop, and so gone from the fields; an upgrade keeps them.
    if (name === 'connection') return this.request.isUpgrade ? ['Upgrade'] : [];
    if (name === 'upgrade') return this.request.isUpgrade ? ['websocket'] : [];
    return fieldValues(this.request.fields, name);
  }

  /** What is known of the way here before the request goes on (rules.md section 1, steps 6 and 7). */
  private forwardingValues(name: string): readonly string[] {
    const { forwarded, minorVersion, isUpgrade } = this.request;
    const received = receivedValues(forwarded, name);
    // Our own hop is added to the chain only when the request is sent.
    if (name === 'x-forwarded-for') return received;
    const values = fieldValues(this.down.peer.forwardingFields(this.authority, minorVersion, forwarded), name);
    if (name !== 'x-forwarded-proto' || !isUpgrade || received.length > 0) return values;
    return [this.down.peer.isTls ? 'wss' : 'ws'];
  }

  queryValues(key: string): readonly string[] {
    return queryValues(this.request.query.slice(1), key);
  }
}
