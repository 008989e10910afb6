import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { DEFAULT_TRANSPORT } from '../../../src/config/default-transport.ts';
import type { Snapshot } from '../../../src/routing/snapshot.ts';
import { router, server, startDataPlane, type TestDataPlane } from '../../support/data-plane.ts';
import { createTestCa, issueCertificate } from '../../support/issue-certificate.ts';
import { answerPath, matrixBackend, type MatrixBackend } from '../../support/matrix-backend.ts';
import { chunked, type MatrixCase, matrixCases, requestBody, responseBody } from '../../support/matrix-cases.ts';
import { valuesOf, type WireMessage } from '../../support/message-reader.ts';
import { WireClient } from '../../support/wire-client.ts';

const HOSTS = { plain: 'plain.test', TLS: 'tls.test' } as const;

let plane: TestDataPlane;
let backends: Record<'plain' | 'TLS', MatrixBackend>;
const clients: WireClient[] = [];

beforeAll(async () => {
  const ca = await createTestCa('CN=inner');
  const day = 86_400_000;
  const dates = { notBefore: Date.now() - day, notAfter: Date.now() + day };
  const { keyPem, chainPem } = await issueCertificate(ca, { names: ['127.0.0.1'], ...dates });
  backends = { plain: await matrixBackend(), TLS: await matrixBackend({ key: keyPem, cert: chainPem }) };
  plane = await startDataPlane(snapshotOf(ca.rootPem));
});

afterEach(() => {
  for (const client of clients.splice(0)) client.close();
  for (const backend of Object.values(backends)) backend.seen.length = 0;
});

afterAll(async () => {
  await plane.stop();
  await Promise.all(Object.values(backends).map((backend) => backend.close()));
});

/** Each backend under its own host, on both entrypoints. */
function snapshotOf(rootCAs: string): Snapshot {
  const ways = ['plain', 'TLS'] as const;
  const tls = { insecureSkipVerify: false, rootCAs };
  return {
    routers: ways.flatMap((up) =>
      [false, true].map((tls) =>
        router(`Host(\`${HOSTS[up]}\`)`, {
          name: `${up}-${tls}`,
          entrypoints: [tls ? 'https' : 'http'],
          tls,
          service: up,
        }),
      ),
    ),
    services: ways.map((up) => ({
      name: up,
      servers: [server(backends[up].port, { scheme: up === 'TLS' ? 'https' : 'http' })],
      passHostHeader: true,
      transport: up,
    })),
    transports: { plain: DEFAULT_TRANSPORT, TLS: { ...DEFAULT_TRANSPORT, tls } },
  };
}

async function open(down: MatrixCase['down']): Promise<WireClient> {
  const client = await (down === 'TLS'
    ? WireClient.open(plane.httpsPort, { rootPem: plane.rootPem })
    : WireClient.open(plane.httpPort));
  clients.push(client);
  return client;
}

const isOld = (one: MatrixCase): boolean => one.client.startsWith('HTTP/1.0');
const hasRequestBody = ({ request }: MatrixCase): boolean => request !== 'no body';
const isSentChunked = ({ request }: MatrixCase): boolean => request.startsWith('chunked');
/** E1, E3; a body of no bytes is none. */
const awaitsContinue = (one: MatrixCase): boolean => one.request === 'Expect' && !isOld(one) && one.requestSize > 0;
const wantsTrailers = (one: MatrixCase): boolean => one.response === 'chunked and trailers';
const isBodyless = ({ response }: MatrixCase): boolean => ['204', '304', 'HEAD'].includes(response);
/** The router does not learn the length of the response before its end. */
const isUncounted = ({ response }: MatrixCase): boolean => /chunked|trailers|until close/.test(response);

function methodOf(one: MatrixCase): string {
  if (one.response === 'HEAD') return 'HEAD';
  return hasRequestBody(one) ? 'POST' : 'GET';
}

function headOf(one: MatrixCase): string {
  const options: string[] = [];
  let fields = '';
  if (one.client === 'close') options.push('close');
  if (one.client === 'HTTP/1.0 and keep-alive') options.push('keep-alive');
  if (one.request === 'length' || one.request === 'Expect') fields += `Content-Length: ${one.requestSize}\r\n`;
  if (one.request === 'Expect') fields += 'Expect: 100-continue\r\n';
  if (isSentChunked(one)) fields += 'Transfer-Encoding: chunked\r\n';
  if (wantsTrailers(one)) {
    fields += 'TE: trailers\r\n';
    options.push('TE');
  }
  if (one.response === 'upgrade') {
    fields += 'Upgrade: websocket\r\n';
    options.push('Upgrade');
  }
  if (options.length > 0) fields += `Connection: ${options.join(', ')}\r\n`;
  const target = answerPath(one.response, one.responseSize);
  return `${methodOf(one)} ${target} HTTP/1.${isOld(one) ? 0 : 1}\r\nHost: ${HOSTS[one.up]}\r\n${fields}\r\n`;
}

async function ask(client: WireClient, one: MatrixCase): Promise<void> {
  client.ask(headOf(one));
  if (awaitsContinue(one)) await client.until(() => client.interims.length > 0, 'the 100');
  if (!hasRequestBody(one)) return;
  const body = requestBody(one.requestSize);
  const trailers = one.request === 'chunked and trailers' ? 'X-Sent: 1\r\n' : '';
  client.send(isSentChunked(one) ? chunked(body, trailers) : body);
}

interface Framing {
  readonly length: readonly string[];
  readonly coding: readonly string[];
  readonly connection: readonly string[];
  readonly body: string;
  readonly trailers: readonly string[];
}

const hash = (bytes: Buffer): string => `${bytes.length} ${createHash('sha1').update(bytes).digest('base64')}`;

function framingOf(message: WireMessage): Framing {
  return {
    length: valuesOf(message, 'content-length'),
    coding: valuesOf(message, 'transfer-encoding'),
    connection: valuesOf(message, 'connection'),
    body: hash(message.body),
    trailers: message.trailers,
  };
}

/** X6, X12, E1, E3, V3: framing of ours, and no trailers. */
function expectRequest(one: MatrixCase, message: WireMessage): void {
  const isCounted = hasRequestBody(one) && !isSentChunked(one);
  const saysLength = isCounted && (one.requestSize > 0 || methodOf(one) === 'POST');
  const connection = one.response === 'upgrade' ? ['Upgrade'] : wantsTrailers(one) && !isOld(one) ? ['TE'] : [];
  const target = answerPath(one.response, one.responseSize);
  expect(message.startLine).toBe(`${methodOf(one)} ${target} HTTP/1.1`);
  expect(framingOf(message)).toEqual({
    length: saysLength ? [String(one.requestSize)] : [],
    coding: isSentChunked(one) ? ['chunked'] : [],
    connection,
    body: hash(hasRequestBody(one) ? requestBody(one.requestSize) : Buffer.alloc(0)),
    trailers: [],
  });
  expect(valuesOf(message, 'expect')).toEqual(awaitsContinue(one) ? ['100-continue'] : []);
  expect(valuesOf(message, 'host')).toEqual([HOSTS[one.up]]);
  expect(valuesOf(message, 'x-forwarded-proto')).toEqual([one.down === 'TLS' ? 'https' : 'http']);
}

/** V1: HTTP/1.0 only goes on where a length delimits the response. */
const isKept = (one: MatrixCase): boolean =>
  one.client === 'keep-alive' || (one.client === 'HTTP/1.0 and keep-alive' && !isUncounted(one));

/** V1, V2, B2, B4, X12. */
function expectResponse(one: MatrixCase, message: WireMessage): void {
  const lengths = { '204': [], '304': ['1234'], upgrade: [] };
  const known = (lengths as Record<string, string[]>)[one.response];
  const status = { '204': '204 No Content', '304': '304 Not Modified' } as Record<string, string>;
  expect(message.startLine).toBe(`HTTP/1.1 ${status[one.response] ?? '200 OK'}`);
  expect(framingOf(message)).toEqual({
    length: known ?? (isUncounted(one) ? [] : [String(one.responseSize)]),
    coding: isUncounted(one) && !isOld(one) ? ['chunked'] : [],
    connection: isKept(one) ? (isOld(one) ? ['keep-alive'] : []) : ['close'],
    body: hash(isBodyless(one) ? Buffer.alloc(0) : responseBody(one.responseSize)),
    trailers: wantsTrailers(one) && !isOld(one) ? ['X-Sum: 1'] : [],
  });
  expect(valuesOf(message, 'date').length).toBe(1);
}

/** B10: whether the server's connection is used again. */
const isPooled = ({ response }: MatrixCase): boolean =>
  !['until close', 'length and close', 'HTTP/1.0 and length', 'upgrade'].includes(response);

async function passThroughTunnel(client: WireClient, one: MatrixCase): Promise<void> {
  await client.until(() => client.interims.length === 1, 'the switch');
  expect(client.interims[0]!.startLine).toBe('HTTP/1.1 101 Switching Protocols');
  const sent = requestBody(one.responseSize);
  client.send(sent);
  await client.until(() => client.tunnelled.length >= sent.length, 'the echo');
  expect(hash(client.tunnelled)).toBe(hash(sent));
  client.socket.end();
  await client.until(() => client.hasEnded, 'the end');
}

async function expectAnswer(client: WireClient, one: MatrixCase): Promise<void> {
  await client.until(() => client.finals.length === 1, 'the response');
  expect(client.interims.length).toBe(awaitsContinue(one) ? 1 : 0);
  expectResponse(one, client.finals[0]!);
  if (!isKept(one)) await client.until(() => client.hasEnded, 'the end');
}

test.for(matrixCases())('%s', async ([, one]) => {
  const backend = backends[one.up];
  const client = await open(one.down);
  await ask(client, one);
  await (one.response === 'upgrade' ? passThroughTunnel(client, one) : expectAnswer(client, one));
  const { message, connection } = backend.seen.at(-1)!;
  expectRequest(one, message);

  const canGoOn = isKept(one) && one.response !== 'upgrade';
  const next = canGoOn ? client : await open(one.down);
  const before = next.finals.length;
  next.ask(`GET ${answerPath('length', 4)} HTTP/1.1\r\nHost: ${HOSTS[one.up]}\r\n\r\n`);
  await next.until(() => next.finals.length > before, 'the next response');
  expect(hash(next.finals.at(-1)!.body)).toBe(hash(responseBody(4)));
  // The connection used last is used first, so that a pooled one is this one.
  expect(backend.seen.at(-1)!.connection === connection).toBe(isPooled(one));
  if (!isPooled(one)) await vi.waitFor(() => expect(backend.open.has(connection)).toBe(false), { interval: 2 });
  expect(backend.seen.length).toBe(2);
});

test('and after all of them nothing failed and nothing is left', async () => {
  for (const backend of Object.values(backends)) expect(backend.complaints).toEqual([]);
  await vi.waitFor(async () => {
    const { connections, inFlight, reasons } = await plane.counters();
    expect({ connections, inFlight, reasons }).toEqual({ connections: 0, inFlight: 0, reasons: {} });
  });
  expect(plane.openConnections()).toBe(0);
});
