import type { Exchange } from '../http/exchange.ts';
import { CHUNKED, LENGTH, NO_BODY, type RequestMessage } from '../http/message.ts';
import { requestHost } from '../http/request-host.ts';

/** Field lines with `_` in their names. */
const UNDERLINED = /^[^:\r\n_]*_[^:\r\n]*:[^\r\n]*\r\n/gm;
const NEEDS_LENGTH = new Set(['POST', 'PUT', 'PATCH']);

/** Field lines that a server gets, whatever protocol it speaks; without Host and framing. */
export function requestFields(exchange: Exchange): string {
  return exchange.fields + exchange.addedFields + exchange.forwardingFields;
}

/** Bytes of payload that a request announces; -1: it announces nothing (X6). */
export function announcedLength({ body, method, contentLength }: RequestMessage): number {
  if (body === NO_BODY) return NEEDS_LENGTH.has(method) ? 0 : -1;
  return body === LENGTH ? contentLength : -1;
}

/**
 * The request head sent to a server: always HTTP/1.1 (V3), always written anew (O1): our request line, Host, framing (X6),
 * forwarding family and Connection (C5); the client's other fields from their validated text, as far as middlewares left them.
 */
export function requestHead(exchange: Exchange, serverAuthority: string, passHostHeader: boolean): string {
  const { request } = exchange;
  const host = requestHost(exchange, serverAuthority, passHostHeader);
  const length = announcedLength(request);
  // H10: they were left for servers of HTTP/2.
  if (request.isGrpc) exchange.fields = exchange.fields.replace(UNDERLINED, '');
  let head = `${request.method} ${exchange.path}${request.query} HTTP/1.1\r\nHost: ${host}\r\n${requestFields(exchange)}`;
  if (length >= 0) head += `Content-Length: ${length}\r\n`;
  else if (request.body === CHUNKED) {
    head += 'Transfer-Encoding: chunked\r\n';
    // C1, X12: an application that is not told of trailers may take them for something else, and gets none.
    if (request.announcedTrailers !== '') head += `Trailer: ${request.announcedTrailers}\r\n`;
  }
  if (request.expectsContinue) head += 'Expect: 100-continue\r\n';
  if (request.isUpgrade) {
    head += 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
    if (request.webSocketKey !== '') head += `Sec-WebSocket-Key: ${request.webSocketKey}\r\n`;
  } else if (request.acceptsTrailers) head += 'Connection: TE\r\nTE: trailers\r\n';
  return `${head}\r\n`;
}
