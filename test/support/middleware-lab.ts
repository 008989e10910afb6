import type { X509Certificate } from 'node:crypto';
import { RoundRobin } from '../../src/balance/round-robin.ts';
import { Service } from '../../src/balance/service.ts';
import type { MiddlewareOptions } from '../../src/config/middleware-options.ts';
import type { Answer } from '../../src/http/answer.ts';
import { AuthorityCache } from '../../src/http/authority.ts';
import { ChallengeTable } from '../../src/http/challenge-table.ts';
import { Counters } from '../../src/http/counters.ts';
import type { DataPlane } from '../../src/http/data-plane.ts';
import type { Downstream } from '../../src/http/downstream.ts';
import { Exchange } from '../../src/http/exchange.ts';
import { Peer } from '../../src/http/forwarded.ts';
import { NO_BODY, type ResponseMessage } from '../../src/http/message.ts';
import { NetworkList } from '../../src/http/network-list.ts';
import type { PasswordCheck } from '../../src/http/password-check.ts';
import type { UpstreamConnection } from '../../src/http/upstream-connection.ts';
import { RequestHead } from '../../src/http1/request-head.ts';
import { requestHead } from '../../src/http1/request-writer.ts';
import { TimerWheel } from '../../src/lib/timer-wheel.ts';
import { compileMiddleware } from '../../src/middleware/catalog.ts';
import { buildPipeline } from '../../src/middleware/pipeline.ts';
import { Upstream } from '../../src/upstream/upstream.ts';
import { server } from './server-config.ts';

export interface LabOptions {
  readonly tls?: boolean;
  /** Address of the TCP peer; `10.0.0.0/8` is trusted. */
  readonly peer?: string;
  readonly passHostHeader?: boolean;
  readonly hasServer?: boolean;
  readonly passwords?: PasswordCheck;
  /** Shown in the handshake. */
  readonly clientCertificate?: X509Certificate;
}

/** What became of one request. */
export interface LabResult {
  readonly exchange: Exchange;
  readonly plane: DataPlane;
  /** Head that the server got; empty: none. */
  readonly sent: string;
  /** Answer of ours, as the client gets it. */
  readonly answer: Answer | undefined;
  readonly isCut: boolean;
  /** The client sends payload. */
  payload(text: string): void;
  /** The server answers with these field lines; returns those that the client gets. */
  respond(fields?: string): string;
}

/** Field lines of a head or a block, by lower-case name. */
export function fieldsOf(text: string): Record<string, string> {
  const lines = text.split('\r\n').filter((line) => /^[^ :]+:/.test(line));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
  );
}

/**
 * One request through middlewares, an exchange and the real parser and writer of heads, without sockets. `head` is a request line
 * and field lines; the host is a.test unless a line says otherwise.
 */
export function runMiddlewares(
  middlewares: readonly MiddlewareOptions[],
  head: string,
  lab: LabOptions = {},
): LabResult {
  const state = { sent: '', answer: undefined as Answer | undefined, response: '', isCut: false };
  const upstream = new Upstream<UpstreamConnection>(server(1));
  upstream.state = lab.hasServer === false ? 'down' : 'ready';
  const counters = new Counters();
  const service = new Service('s', [upstream], new RoundRobin(), {
    passHostHeader: lab.passHostHeader ?? true,
  });
  const pipeline = buildPipeline(middlewares.map(compileMiddleware));
  const route = {
    name: 'r',
    disabled: undefined,
    tlsOptions: '',
    ...pipeline,
    service,
    counters: counters.router('r'),
  };
  const trusted = new NetworkList(['10.0.0.0/8']);
  const peer = new Peer(lab.peer ?? '192.0.2.1', lab.tls ?? false, trusted.has(lab.peer ?? '192.0.2.1'), {
    options: '',
    clientCertificate: lab.clientCertificate,
  });
  const plane = {
    routes: { match: () => route },
    isOverloaded: false,
    wheel: new TimerWheel(),
    authorities: new AuthorityCache(),
    trusted,
    challenges: new ChallengeTable(() => {}),
    counters,
    accessLog: undefined,
    passwords: lab.passwords ?? { check: () => undefined },
    requestId: () => 'id',
    internalFault: (error: unknown) => {
      throw error;
    },
  } as unknown as DataPlane;
  const nothing = (): void => {};
  const down = {
    peer,
    sendAnswer: (answer: Answer) => (state.answer = answer),
    sendHead: (response: ResponseMessage) => (state.response = response.fields),
    cut: () => (state.isCut = true),
    ...{ flush: nothing, resumeBody: nothing, pauseBody: nothing, exchangeDone: nothing },
  } as unknown as Downstream;
  const connection = {
    send: (one: Exchange) => {
      state.sent = requestHead(one, 'server:1', service.passHostHeader);
      one.onSendable();
    },
    ...{ writeBody: () => true, endBody: nothing, flush: nothing, abort: nothing, close: nothing },
  } as unknown as UpstreamConnection;
  upstream.put(connection);
  const exchange = new Exchange(plane, down);
  const request = new RequestHead();
  request.trustsForwarded = peer.isTrusted;
  const text = `${head.includes('Host:') ? head : head.replace('\r\n', '\r\nHost: a.test\r\n')}\r\n`;
  const bytes = Buffer.from(text, 'latin1');
  if (request.parse(bytes, 0, bytes.length) !== bytes.length) throw new Error(`no request: ${request.fault}`);
  exchange.begin(request);
  return {
    exchange,
    plane,
    get sent() {
      return state.sent;
    },
    get answer() {
      return state.answer;
    },
    get isCut() {
      return state.isCut;
    },
    payload: (data) => exchange.onRequestData(Buffer.from(data), 0, data.length),
    respond: (fields = '') => {
      const framing = { body: NO_BODY, contentLength: -1, hasDate: true } as const;
      exchange.onResponse({ status: 200, reason: 'OK', fields, ...framing });
      return state.response;
    },
  };
}
