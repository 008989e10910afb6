import { chooseService, Course, type Mirror } from '../balance/composed.ts';
import { release } from '../balance/service.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { Counters } from './counters.ts';
import type { Exchange } from './exchange.ts';
import { removeFields } from './header-edits.ts';
import { LENGTH } from './message.ts';
import { requestHost } from './request-host.ts';
import type { UpstreamConnection } from './upstream-connection.ts';

/** Of one worker: copies under way, bytes of payloads that are kept for copies, and how long a copy may take. */
export const MAX_COPIES = 64;
export const MAX_KEPT_BYTES = 67_108_864;
export const COPY_TIMEOUT_MS = 30_000;

/** A copy as it is sent. */
export interface MirrorRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly host: string;
  /** Lines with CRLF; no framing and no `Host` among them. */
  readonly fields: string;
  readonly body: Buffer | undefined;
}

/** Sends a copy and reads its answer away; rejects when there is none within `timeoutMs`. */
export type SendMirror = (upstream: Upstream, request: MirrorRequest, timeoutMs: number) => Promise<void>;

type LiveMirror = Mirror<UpstreamConnection>;

/** Bytes that are kept of a payload at least, where it may be longer. */
const LEAST_KEPT = 4096;
const NO_BYTES = Buffer.alloc(0);
const NOTHING = Promise.resolve();

/** F8. */
const CREDENTIALS: ReadonlySet<string> = new Set(['authorization', 'cookie']);

/**
 * Copies of requests to mirrors. A client never notices them: they are sent when its request is complete, their answers are thrown away,
 * and where there are too many they are left out. `load` brings what sends them, when the first one is sent.
 */
export class Mirrors {
  /** Bytes of payloads that are kept. */
  keptBytes = 0;
  private readonly counters: Pick<Counters, 'mirrors'>;
  private readonly load: () => Promise<SendMirror>;
  private running = 0;

  constructor(counters: Pick<Counters, 'mirrors'>, load: () => Promise<SendMirror>) {
    this.counters = counters;
    this.load = load;
  }

  /** Begins copies of a request, whose payload is yet to come. */
  copy(exchange: Exchange, mirrors: readonly LiveMirror[]): RequestCopy {
    return new RequestCopy(this, exchange, mirrors);
  }

  drop(count = 1): void {
    this.counters.mirrors.mirror_dropped += count;
  }

  /** Takes a lease on a server of the mirror and sends. The exchange is not touched any more when this returns. */
  send(exchange: Exchange, mirror: LiveMirror, body: Buffer | undefined): Promise<void> {
    if (this.running >= MAX_COPIES) {
      this.drop();
      return NOTHING;
    }
    const service = chooseService(mirror.target, exchange, undefined, new Course<UpstreamConnection>(false));
    const upstream = service?.lease(undefined, exchange);
    if (service === undefined || upstream === undefined) {
      this.counters.mirrors.mirror_failed += 1;
      return NOTHING;
    }
    this.running += 1;
    return this.run(
      upstream,
      requestOf(exchange, mirror, requestHost(exchange, upstream.authority, service.passHostHeader), body),
    );
  }

  private async run(upstream: Upstream, request: MirrorRequest): Promise<void> {
    try {
      const send = await this.load();
      await send(upstream, request, COPY_TIMEOUT_MS);
      this.counters.mirrors.mirror_sent += 1;
    } catch {
      this.counters.mirrors.mirror_failed += 1;
    } finally {
      this.running -= 1;
      release(upstream);
    }
  }
}

function requestOf(
  exchange: Exchange,
  { credentials }: LiveMirror,
  host: string,
  body: Buffer | undefined,
): MirrorRequest {
  const { request, path } = exchange;
  const own = exchange.fields + exchange.addedFields;
  const fields = (credentials ? own : removeFields(own, CREDENTIALS)) + exchange.forwardingFields;
  return { method: request.method, path: path + request.query, host, fields, body };
}

/** What is kept of one request for its copies, until it is complete. */
export class RequestCopy {
  private readonly owner: Mirrors;
  private readonly exchange: Exchange;
  private readonly mirrors: readonly LiveMirror[];
  private readonly limit: number;
  /** Grows as it fills: what a client sends in pieces of a byte is not kept in as many objects. */
  private kept = NO_BYTES;
  private length = 0;
  /** The payload is not kept: it is too long, or too much is kept already. */
  private isCut: boolean;

  constructor(owner: Mirrors, exchange: Exchange, mirrors: readonly LiveMirror[]) {
    this.owner = owner;
    this.exchange = exchange;
    this.mirrors = mirrors;
    this.limit = Math.max(0, ...mirrors.map(({ hasBody, maxBodyBytes }) => (hasBody ? maxBodyBytes : 0)));
    const { body, contentLength } = exchange.request;
    this.isCut = body === LENGTH && contentLength > this.limit;
  }

  /** A piece of the payload, which is only valid during the call. */
  add(buf: Buffer, start: number, end: number): void {
    if (this.isCut) return;
    const length = this.length + end - start;
    this.isCut = length > this.limit || !this.hasRoom(length);
    if (this.isCut) {
      this.forget();
      return;
    }
    buf.copy(this.kept, this.length, start, end);
    this.length = length;
  }

  /** Makes room for so many bytes; false: too much is kept already. */
  private hasRoom(length: number): boolean {
    const { kept, owner } = this;
    if (length <= kept.length) return true;
    const size = Math.max(length, Math.min(this.limit, Math.max(LEAST_KEPT, kept.length * 2)));
    const more = size - kept.length;
    if (owner.keptBytes + more > MAX_KEPT_BYTES) return false;
    owner.keptBytes += more;
    this.kept = Buffer.allocUnsafeSlow(size);
    kept.copy(this.kept, 0, 0, this.length);
    return true;
  }

  /** The request is complete: copies are on their way. */
  complete(): void {
    const { mirrors, exchange, owner, isCut } = this;
    const body = this.length === 0 ? undefined : this.kept.subarray(0, this.length);
    const bytes = this.kept.length;
    this.kept = NO_BYTES;
    const sent = mirrors.map((mirror) => {
      const isTooLong = mirror.hasBody && (isCut || this.length > mirror.maxBodyBytes);
      if (!isTooLong) return owner.send(exchange, mirror, mirror.hasBody ? body : undefined);
      owner.drop();
      return NOTHING;
    });
    void Promise.all(sent).then(() => {
      owner.keptBytes -= bytes;
    });
  }

  /** The request will not become complete. */
  cancel(): void {
    this.owner.drop(this.mirrors.length);
    this.forget();
  }

  private forget(): void {
    this.owner.keptBytes -= this.kept.length;
    this.kept = NO_BYTES;
    this.length = 0;
  }
}
