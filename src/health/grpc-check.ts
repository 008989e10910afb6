import {
  type ClientHttp2Session,
  connect as connectHttp2,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
} from 'node:http2';
import type { HealthCheckConfig, ServerConfig, TransportTls } from '../config/dynamic.ts';
import { authorityOf, type CheckTarget, openSocket } from './check-client.ts';
import type { Checker, CheckOutcome } from './checker.ts';
import { connectFailure } from './tcp-check.ts';

const PATH = '/grpc.health.v1.Health/Check';
const USER_AGENT = 'sluice-health-check';
/** A message without a field, behind its length: the server as a whole is asked, not one of its services. */
const QUESTION = Buffer.alloc(5);
const MAX_ANSWER_BYTES = 4096;
const SERVING = 1;
const STATES = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];

type Settle = (passed: boolean, detail: string) => void;

/** What a server said. */
interface Answer {
  readonly fields: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/**
 * A check by gRPC's health protocol over HTTP/2, with prior knowledge or over TLS: it passes when the server says that it is serving. The connection
 * stays open for the next check.
 */
export class GrpcCheck implements Checker {
  readonly #check: HealthCheckConfig;
  readonly #target: CheckTarget;
  readonly #tls: TransportTls;
  #session: ClientHttp2Session | undefined = undefined;
  #settle: Settle | undefined = undefined;

  constructor(server: Pick<ServerConfig, 'scheme' | 'host' | 'port'>, check: HealthCheckConfig, tls: TransportTls) {
    this.#check = check;
    const scheme = (check.scheme ?? server.scheme) === 'https' ? 'https' : 'h2c';
    this.#target = { scheme, host: server.host, port: check.port ?? server.port };
    this.#tls = tls;
  }

  check(): Promise<CheckOutcome> {
    this.#settle?.(false, 'was ended');
    const { timeoutMs } = this.#check;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        settle(false, `did not answer within ${timeoutMs} ms`);
        this.#drop();
      }, timeoutMs);
      const settle = (passed: boolean, detail: string): void => {
        // What is said first counts.
        if (this.#settle !== settle) return;
        this.#settle = undefined;
        clearTimeout(timer);
        resolve({ passed, detail: `gRPC health check ${detail}` });
      };
      this.#settle = settle;
      this.#ask(settle);
    });
  }

  close(): void {
    this.#settle?.(false, 'was ended');
    this.#drop();
  }

  #ask(settle: Settle): void {
    const isUsed = this.#session !== undefined && !this.#session.closed && !this.#session.destroyed;
    const session = isUsed ? this.#session! : this.#open();
    const stream = session.request({
      ':method': 'POST',
      ':scheme': this.#target.scheme === 'https' ? 'https' : 'http',
      ':path': PATH,
      ':authority': this.#check.host ?? authorityOf(this.#target),
      'content-type': 'application/grpc',
      te: 'trailers',
      'user-agent': USER_AGENT,
    });
    read(stream, (answer, error) => {
      if (answer !== undefined) settle(...verdictOf(answer));
      else if (isUsed && this.#settle === settle) {
        // The server closed an idle connection while the request was on its way: that says nothing of it.
        this.#drop();
        this.#ask(settle);
      } else settle(false, failureOf(authorityOf(this.#target), error));
    });
    stream.end(QUESTION);
  }

  #open(): ClientHttp2Session {
    // Of no meaning beside the socket and `:authority`; a name that is none of a URL would throw.
    const session = connectHttp2('http://server', {
      createConnection: () => openSocket(this.#target, this.#tls, ['h2']),
      settings: { enablePush: false },
    });
    // The request hears of it as well.
    session.on('error', () => {});
    this.#session = session;
    return session;
  }

  #drop(): void {
    this.#session?.destroy();
    this.#session = undefined;
  }
}

/** Calls `done` once: with the whole answer, or with why it was broken off before its head, as far as that is known. */
function read(stream: ClientHttp2Stream, done: (answer: Answer | undefined, error: Error | undefined) => void): void {
  let fields: IncomingHttpHeaders | undefined;
  let trailers: IncomingHttpHeaders = {};
  let body = Buffer.alloc(0);
  stream.on('response', (one) => (fields = one));
  stream.on('trailers', (one: IncomingHttpHeaders) => (trailers = one));
  stream.on('data', (chunk: Buffer) => {
    body = Buffer.concat([body, chunk]);
    if (body.length > MAX_ANSWER_BYTES) stream.destroy();
  });
  let error: Error | undefined;
  stream.on('error', (one: Error) => (error = one));
  stream.on('close', () => done(fields === undefined ? undefined : { fields, trailers, body }, error));
}

function failureOf(address: string, error: Error | undefined): string {
  // What ended the connection stands behind what ended the request.
  const cause = (error?.cause ?? error) as NodeJS.ErrnoException | undefined;
  if (cause?.code === 'ERR_HTTP2_ERROR') return 'was answered with something that is not HTTP/2';
  const isClosed = cause?.code === undefined || cause.code === 'ERR_HTTP2_STREAM_ERROR' || cause.code === 'ECONNRESET';
  return `got no answer: ${isClosed ? 'the connection was closed' : connectFailure(address, cause)}`;
}

function verdictOf({ fields, trailers, body }: Answer): [passed: boolean, detail: string] {
  const status = Number(fields[':status']);
  if (status !== 200) return [false, `was answered with status ${status}`];
  // An answer without a message is a head alone, and says how it went there.
  const code = String(trailers['grpc-status'] ?? fields['grpc-status'] ?? '');
  if (code === '12') return [false, 'is not implemented by the server'];
  if (code !== '0') return [false, code === '' ? 'got an answer that is not gRPC' : `failed with gRPC status ${code}`];
  const state = stateOf(body);
  return [state === SERVING, `answered ${STATES[state] ?? state}`];
}

/** The field `status` of a HealthCheckResponse (an enumeration, number 1): it comes first, and is not there when it is 0. */
function stateOf(body: Buffer): number {
  // A byte that says whether it is compressed, four of its length, then the message.
  return body.length >= 7 && body[0] === 0 && body[5] === 0x08 ? body[6]! : 0;
}
