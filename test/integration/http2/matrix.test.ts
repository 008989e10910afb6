import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  Agent,
  createServer,
  type IncomingMessage,
  request,
  type RequestOptions,
  type ServerResponse,
} from 'node:http';
import {
  type ClientHttp2Session,
  connect,
  createSecureServer,
  createServer as createHttp2Server,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { Agent as TlsAgent, createServer as createTlsServer, request as requestTls } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { DEFAULT_TRANSPORT } from '../../../src/config/default-transport.ts';
import { router, server, startDataPlane, type TestDataPlane } from '../../support/data-plane.ts';
import { createTestCa, issueCertificate } from '../../support/issue-certificate.ts';
import { requestBody, responseBody, SIZES } from '../../support/matrix-cases.ts';

/** Every version of HTTP a client may speak to the router, and the router to a server, with every kind of message (X, B, M, 113 8). */
const DOWN = ['h1', 'h1 TLS', 'h2', 'h2c'] as const;
const UP = ['h1', 'h1 TLS', 'h2c', 'h2'] as const;
const REQUESTS = ['no body', 'length', 'unknown length', 'announced trailers', 'trailers'] as const;
const RESPONSES = ['length', 'unknown length', 'trailers', 'early hints', 'HEAD', '204', '304'] as const;

type Down = (typeof DOWN)[number];
type Up = (typeof UP)[number];
type RequestKind = (typeof REQUESTS)[number];
type ResponseKind = (typeof RESPONSES)[number];

interface Seen {
  readonly version: string;
  readonly method: string;
  readonly body: string;
  readonly length: string | undefined;
  readonly trailer: string | undefined;
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly length: string | undefined;
  readonly sum: string | undefined;
  readonly links: readonly string[];
}

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly fields: OutgoingHttpHeaders;
  readonly body: Buffer | undefined;
  readonly trailers: OutgoingHttpHeaders | undefined;
}

const LINK = '</a.css>; rel=preload';
const digest = (bytes: Buffer): string => `${bytes.length} ${createHash('sha1').update(bytes).digest('base64')}`;

let plane: TestDataPlane;
let seen: Seen[] = [];
const servers: Partial<Record<Up, Server>> = {};
const sessions = new Map<Down, ClientHttp2Session>();
const agents = { h1: new Agent({ keepAlive: true }), 'h1 TLS': new TlsAgent({ keepAlive: true }) };

/** The same server in all four: Node has one interface for both versions. */
async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const pieces: Buffer[] = [];
  incoming.on('data', (piece: Buffer) => pieces.push(piece));
  await once(incoming, 'end');
  seen.push({
    version: incoming.httpVersion,
    method: incoming.method!,
    body: digest(Buffer.concat(pieces)),
    length: incoming.headers['content-length'],
    trailer: incoming.trailers['x-sent'],
  });
  const [, kind, size] = decodeURIComponent(incoming.url!).split('/');
  const body = responseBody(Number(size));
  switch (kind as ResponseKind) {
    case 'unknown length':
      outgoing.writeHead(200);
      outgoing.write(body.subarray(0, body.length / 2));
      break;
    case 'trailers':
      outgoing.writeHead(200, { trailer: 'x-sum' });
      outgoing.write(body.subarray(0, body.length / 2));
      outgoing.addTrailers({ 'x-sum': '1' });
      break;
    case '204':
      return void outgoing.writeHead(204).end();
    case '304':
      return void outgoing.writeHead(304, { etag: '"1"' }).end();
    case 'early hints':
      outgoing.writeEarlyHints({ link: LINK });
      return void outgoing.writeHead(200, { 'content-length': body.length }).end(body);
    default:
      return void outgoing.writeHead(200, { 'content-length': body.length }).end(body);
  }
  return void outgoing.end(body.subarray(body.length / 2));
}

beforeAll(async () => {
  const ca = await createTestCa('CN=inner');
  const dates = { notBefore: Date.now() - 86_400_000, notAfter: Date.now() + 86_400_000 };
  const { keyPem: key, chainPem: cert } = await issueCertificate(ca, { names: ['127.0.0.1'], ...dates });
  const heed = (incoming: unknown, outgoing: unknown): void => {
    void serve(incoming as IncomingMessage, outgoing as ServerResponse);
  };
  servers.h1 = createServer(heed);
  servers['h1 TLS'] = createTlsServer({ key, cert }, heed);
  servers.h2c = createHttp2Server(heed);
  servers.h2 = createSecureServer({ key, cert }, heed);
  for (const one of Object.values(servers)) {
    one.listen(0, '127.0.0.1');
    await once(one, 'listening');
  }
  const schemes = { h1: 'http', 'h1 TLS': 'https', h2c: 'h2c', h2: 'https' } as const;
  const portOf = (up: Up): number => (servers[up]!.address() as AddressInfo).port;
  plane = await startDataPlane(
    {
      routers: UP.flatMap((up) =>
        [false, true].map((tls) =>
          router(`Host(\`${hostOf(up)}\`)`, {
            name: `${up}-${tls}`,
            entrypoints: [tls ? 'https' : 'http'],
            tls,
            service: up,
          }),
        ),
      ),
      services: UP.map((up) => ({
        name: up,
        servers: [server(portOf(up), { id: up, scheme: schemes[up] })],
        passHostHeader: true,
        transport: 'inner',
      })),
      transports: { inner: { ...DEFAULT_TRANSPORT, tls: { insecureSkipVerify: false, rootCAs: ca.rootPem } } },
    },
    { h2c: true },
  );
  sessions.set('h2', connect(`https://localhost:${plane.httpsPort}`, { rejectUnauthorized: false }));
  sessions.set('h2c', connect(`http://localhost:${plane.httpPort}`));
});

afterAll(async () => {
  for (const one of sessions.values()) one.close();
  for (const one of Object.values(agents)) one.destroy();
  await vi.waitFor(async () => {
    const { inFlight, reasons } = await plane.counters();
    expect({ inFlight, reasons }).toEqual({ inFlight: 0, reasons: {} });
  });
  await plane.stop();
  for (const one of Object.values(servers)) one.close();
});

const hostOf = (up: Up): string => `${up.replace(' ', '-').toLowerCase()}.test`;

async function askHttp1(down: 'h1' | 'h1 TLS', up: Up, asked: Asked): Promise<Answer> {
  const { method, path, fields, body, trailers } = asked;
  const options: RequestOptions = {
    host: '127.0.0.1',
    port: down === 'h1' ? plane.httpPort : plane.httpsPort,
    agent: agents[down],
    method,
    path,
    headers: { ...fields, host: hostOf(up), te: 'trailers', connection: 'keep-alive, te' },
  };
  const sent =
    down === 'h1' ? request(options) : requestTls({ ...options, rejectUnauthorized: false, servername: 'localhost' });
  const links: string[] = [];
  sent.on('information', ({ headers }) => links.push(String(headers['link'])));
  // Not before its head has left, so that Node does not count it for us.
  if (body !== undefined && fields['content-length'] === undefined) sent.flushHeaders();
  if (trailers !== undefined) sent.addTrailers(trailers);
  sent.end(body);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  const pieces: Buffer[] = [];
  for await (const piece of answer) pieces.push(piece as Buffer);
  return {
    status: answer.statusCode!,
    body: digest(Buffer.concat(pieces)),
    length: answer.headers['content-length'],
    sum: answer.trailers['x-sum'],
    links,
  };
}

async function askHttp2(down: 'h2' | 'h2c', up: Up, asked: Asked): Promise<Answer> {
  const { method, path, fields, body, trailers } = asked;
  const head = { ...fields, ':method': method, ':path': path, ':authority': hostOf(up) };
  const waitForTrailers = trailers !== undefined;
  const stream = sessions.get(down)!.request(head, { endStream: body === undefined, waitForTrailers });
  const answer = { status: 0, length: undefined as string | undefined, sum: undefined as string | undefined };
  const links: string[] = [];
  stream.on('headers', ({ link }) => links.push(String(link)));
  stream.on('response', (one) => {
    answer.status = Number(one[':status']);
    answer.length = one['content-length'];
  });
  stream.on('trailers', (one) => (answer.sum = one['x-sum'] as string));
  if (waitForTrailers) stream.on('wantTrailers', () => stream.sendTrailers(trailers));
  if (body !== undefined) stream.end(body);
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece as Buffer);
  return { ...answer, body: digest(Buffer.concat(pieces)), links };
}

const hasTrailers = (kind: RequestKind): boolean => kind === 'announced trailers' || kind === 'trailers';

function askedOf(kind: RequestKind, size: number, response: ResponseKind, responseSize: number): Asked {
  const body = kind === 'no body' ? undefined : requestBody(size);
  return {
    method: response === 'HEAD' ? 'HEAD' : body === undefined ? 'GET' : 'POST',
    path: encodeURI(`/${response}/${responseSize}`),
    fields: {
      ...(kind === 'length' ? { 'content-length': size } : {}),
      ...(kind === 'announced trailers' ? { trailer: 'x-sent' } : {}),
      ...(kind !== 'no body' && kind !== 'length' ? { 'transfer-encoding': 'chunked' } : {}),
    },
    body,
    trailers: hasTrailers(kind) ? { 'x-sent': '1' } : undefined,
  };
}

let turn = 0;
const next = (): number => SIZES[turn++ % SIZES.length]!;
const KINDS = REQUESTS.flatMap((kind) => RESPONSES.map((response) => [kind, next(), response, next()] as const));

describe.for(DOWN.flatMap((down) => UP.map((up) => [down, up] as const)))('%s to %s', ([down, up]) => {
  const isOld = down === 'h1' || down === 'h1 TLS';

  test.for(KINDS)('%s %i → %s %i', async ([kind, size, response, responseSize]) => {
    // A HEAD with a payload is nothing that Node's HTTP/1.1 client sends.
    const given = response === 'HEAD' && kind !== 'no body' ? 'no body' : kind;
    const { fields, ...rest } = askedOf(given, size, response, responseSize);
    const { 'transfer-encoding': coding, ...ends } = fields;
    const asked = { ...rest, fields: isOld && coding !== undefined ? fields : ends };
    seen = [];
    const answer = await (isOld ? askHttp1(down, up, asked) : askHttp2(down, up, asked));

    const isEmpty = response === 'HEAD' || response === '204' || response === '304';
    const isCounted = response === 'length' || response === 'early hints' || response === 'HEAD';
    expect(answer).toEqual({
      status: isEmpty && response !== 'HEAD' ? Number(response) : 200,
      body: digest(isEmpty ? Buffer.alloc(0) : responseBody(responseSize)),
      length: isCounted ? String(responseSize) : undefined,
      sum: response === 'trailers' ? '1' : undefined,
      links: response === 'early hints' ? [LINK] : [],
    });
    const isNew = up === 'h2' || up === 'h2c';
    expect(seen).toEqual([
      {
        version: isNew ? '2.0' : '1.1',
        method: asked.method,
        body: digest(asked.body ?? Buffer.alloc(0)),
        length: given === 'length' ? String(size) : undefined,
        // X12: a server of HTTP/1.1 gets none that it was not told of.
        trailer: given === 'announced trailers' || (given === 'trailers' && isNew) ? '1' : undefined,
      },
    ]);
  });
});
