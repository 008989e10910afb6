import { STATUS_CODES } from 'node:http';
import { scanFields } from '../http1/field-scanner.ts';
import type { ResponseHead } from '../http1/response-head.ts';
import { TrailerSection } from '../http1/trailers.ts';
import { MAX_RESPONSE_FIELDS } from './client-limits.ts';

/** Where heads are written out for the parser; one that does not fit is too large. */
const scratch = Buffer.allocUnsafeSlow(131_072);

/** What would be a line of its own, and never comes through node:http2. */
const LINE_END = /[\r\n]/;

/** What has no payload whatever its fields say (B2). */
function isBodyless(status: string, method: string): boolean {
  return method === 'HEAD' || status === '204' || status === '304' || status.startsWith('1');
}

/**
 * Parses a head of a response that came as an HTTP/2 field block: names and values in turn, as they were received. It is written out as HTTP/1.1
 * would have it, so that the one strict parser judges it (B1 to B3, H, T17). `isLast`: no payload follows. False: it is refused.
 */
export function parseResponse(head: ResponseHead, block: readonly string[], method: string, isLast: boolean): boolean {
  let status = '';
  let lines = '';
  let hasLength = false;
  // RFC 9113 8.3: pseudo-fields stand first, and of a response there is one.
  for (let at = 0; at < block.length; at += 2) {
    const name = block[at]!;
    const value = block[at + 1]!;
    if (LINE_END.test(value)) return false;
    if (name.startsWith(':')) {
      if (name !== ':status' || status !== '' || lines !== '') return false;
      status = value;
    } else {
      if (name === 'content-length') hasLength = true;
      lines += `${name}: ${value}\r\n`;
    }
  }
  if (block.length / 2 - 1 > MAX_RESPONSE_FIELDS || status.length !== 3) return false;
  if (!hasLength && !isBodyless(status, method))
    lines += isLast ? 'content-length: 0\r\n' : 'transfer-encoding: chunked\r\n';
  const text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines}\r\n`;
  if (text.length > scratch.length) return false;
  head.maxFields = MAX_RESPONSE_FIELDS + 1;
  const end = scratch.latin1Write(text, 0);
  return head.parse(scratch, 0, end, method) === end;
}

/** The trailers of a block that may be sent on (X12); undefined: they are malformed. */
export function parseResponseTrailers(block: readonly string[], isGrpc: boolean): string | undefined {
  let lines = '';
  for (let at = 0; at < block.length; at += 2) {
    // RFC 9113 8.1: no pseudo-field among them.
    if (block[at]!.startsWith(':') || LINE_END.test(block[at + 1]!)) return undefined;
    lines += `${block[at]}: ${block[at + 1]}\r\n`;
  }
  if (lines.length + 2 > scratch.length) return undefined;
  const section = new TrailerSection(isGrpc);
  const end = scratch.latin1Write(`${lines}\r\n`, 0);
  return scanFields(scratch, 0, end, 0, section) === end ? section.fields : undefined;
}
