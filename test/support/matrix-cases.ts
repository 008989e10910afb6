/** Kinds of request and response, and every combination of them that makes sense (rules V, X, B, E). */

export const REQUESTS = ['no body', 'length', 'chunked', 'chunked and trailers', 'Expect'] as const;
export const RESPONSES = [
  '204',
  '304',
  'HEAD',
  'length',
  'chunked',
  'chunked and trailers',
  'trailers nobody asked for',
  'until close',
  'length and close',
  'HTTP/1.0 and length',
  'upgrade',
] as const;
export const CLIENTS = ['keep-alive', 'close', 'HTTP/1.0', 'HTTP/1.0 and keep-alive'] as const;
/** Around the sizes at which buffers, TLS records and ways to write change. */
export const SIZES = [0, 1, 1000, 16_384, 16_385, 70_000, 1_000_000] as const;

export type RequestKind = (typeof REQUESTS)[number];
export type ResponseKind = (typeof RESPONSES)[number];
export type ClientKind = (typeof CLIENTS)[number];
type Transport = 'plain' | 'TLS';

export interface MatrixCase {
  readonly down: Transport;
  readonly up: Transport;
  readonly request: RequestKind;
  readonly requestSize: number;
  readonly response: ResponseKind;
  readonly responseSize: number;
  readonly client: ClientKind;
}

const TRANSPORTS: readonly Transport[] = ['plain', 'TLS'];
const WITH_BODY = REQUESTS.filter((kind) => kind !== 'no body');
const WITH_SIZE = ['length', 'chunked', 'chunked and trailers', 'until close'] as const;

/** Every kind with every other, their sizes in turn; then every size of every kind of body. */
export function matrixCases(): readonly (readonly [title: string, one: MatrixCase])[] {
  const cases: MatrixCase[] = [];
  for (const down of TRANSPORTS) {
    for (const up of TRANSPORTS) {
      let turn = 0;
      const add = (one: Omit<MatrixCase, 'down' | 'up'>): void => {
        if (makesSense(one)) cases.push({ down, up, ...one });
      };
      const next = (): number => SIZES[turn++ % SIZES.length]!;
      for (const client of CLIENTS) {
        for (const request of REQUESTS) {
          for (const response of RESPONSES) {
            add({ request, requestSize: next(), response, responseSize: next(), client });
          }
        }
      }
      for (const size of SIZES) {
        for (const request of WITH_BODY) {
          add({ request, requestSize: size, response: 'length', responseSize: 1, client: 'keep-alive' });
        }
        for (const response of WITH_SIZE) {
          for (const client of CLIENTS) {
            add({ request: 'no body', requestSize: 0, response, responseSize: size, client });
          }
        }
      }
    }
  }
  return cases.map((one) => [titleOf(one), one]);
}

function makesSense({ request, response, client }: Omit<MatrixCase, 'down' | 'up'>): boolean {
  // HTTP/1.0 has no chunks (X2), and nothing but a plain HTTP/1.1 GET is upgraded (U1).
  if (client.startsWith('HTTP/1.0') && request.startsWith('chunked')) return false;
  return response !== 'upgrade' || (request === 'no body' && client === 'keep-alive');
}

function titleOf(one: MatrixCase): string {
  const request = one.request === 'no body' ? one.request : `${one.request} ${one.requestSize}`;
  return `${one.down} to ${one.up}, ${one.client}: ${request} → ${one.response} ${one.responseSize}`;
}

/** Bytes that repeat nowhere near a size of the table. */
const PAYLOAD = Buffer.from(Uint32Array.from({ length: 250_001 }, (_, i) => Math.imul(i + 1, 0x9e_37_79_b1)).buffer);

/** Payload of a request. */
export function requestBody(size: number): Buffer {
  return PAYLOAD.subarray(0, size);
}

/** Payload of a response: of no size that of the request. */
export function responseBody(size: number): Buffer {
  return PAYLOAD.subarray(3, 3 + size);
}

/** A chunked body in pieces that fit no buffer. */
export function chunked(body: Buffer, trailers = ''): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length; at += 9973) {
    const piece = body.subarray(at, at + 9973);
    parts.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n'));
  }
  return Buffer.concat([...parts, Buffer.from(`0\r\n${trailers}\r\n`)]);
}
