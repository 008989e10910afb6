import type { Exchange } from '../http/exchange.ts';
import { fieldValues } from '../http/fields.ts';
import { isGrpcType } from '../http/grpc.ts';
import { NO_BODY } from '../http/message.ts';
import { requestHost } from '../http/request-host.ts';
import { announcedLength, requestFields } from '../http1/request-writer.ts';

/**
 * The field block of a request to a server (RFC 9113 8.3.1, M7), names and values in turn: the same fields as over HTTP/1.1, and no field of
 * connections. The scheme is that of the way to the server, which some servers compare with it.
 */
export function requestBlock(exchange: Exchange, serverAuthority: string, passHostHeader: boolean): string[] {
  const { request } = exchange;
  const block = [
    ':method',
    request.method,
    ':scheme',
    exchange.upstream?.config.scheme === 'https' ? 'https' : 'http',
    ':authority',
    requestHost(exchange, serverAuthority, passHostHeader),
    ':path',
    exchange.path + request.query,
  ];
  const fields = requestFields(exchange);
  addLines(block, fields);
  const length = announcedLength(request);
  if (length >= 0) block.push('content-length', String(length));
  if (request.expectsContinue) block.push('expect', '100-continue');
  if (request.body !== NO_BODY && request.announcedTrailers !== '') block.push('trailer', request.announcedTrailers);
  // gRPC servers refuse whoever cannot take trailers, and some clients say so in no word that is end-to-end.
  if (request.acceptsTrailers || isGrpcType(fieldValues(fields, 'content-type')[0] ?? '')) block.push('te', 'trailers');
  return block;
}

/** What a server's SETTINGS_MAX_HEADER_LIST_SIZE is about (RFC 9113 6.5.2). */
export function blockBytes(block: readonly string[]): number {
  let bytes = 16 * block.length;
  for (const text of block) bytes += text.length;
  return bytes;
}

/** Trailers as node:http2 takes them. */
export function trailerFields(lines: string): Record<string, string[]> {
  const block: string[] = [];
  addLines(block, lines);
  const fields: Record<string, string[]> = Object.create(null) as Record<string, string[]>;
  for (let at = 0; at < block.length; at += 2) (fields[block[at]!.toLowerCase()] ??= []).push(block[at + 1]!);
  return fields;
}

/** Lines `Name: value CRLF` that passed the strict parser. */
function addLines(block: string[], lines: string): void {
  for (let at = 0; at < lines.length;) {
    const colon = lines.indexOf(':', at);
    const end = lines.indexOf('\r\n', colon);
    let from = colon + 1;
    let to = end;
    while (from < to && isBlank(lines.charCodeAt(from))) from += 1;
    while (to > from && isBlank(lines.charCodeAt(to - 1))) to -= 1;
    block.push(lines.slice(at, colon), lines.slice(from, to));
    at = end + 2;
  }
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}
