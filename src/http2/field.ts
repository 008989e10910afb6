import { isGrpcType } from '../http/grpc.ts';
import { isPlainLine } from '../http1/request-head.ts';
import type { FieldEntry } from './dynamic-table.ts';

/** What a field is to a request. */
export const BAD = 0;
export const METHOD = 1;
export const SCHEME = 2;
export const AUTHORITY = 3;
export const PATH = 4;
export const PROTOCOL = 5;
export const HOST = 6;
export const COOKIE = 7;
export const LENGTH = 8;
/** Any other. */
export const LINE = 9;

/** RFC 9113 8.2.1: octets no name holds; the grammar of HTTP is stricter and is held by the one parser of heads. */
// eslint-disable-next-line no-control-regex
const BAD_NAME = /[\x00-\x20A-Z:\x7f-\xff]/;
// eslint-disable-next-line no-control-regex
const BAD_VALUE = /[\0\r\n]|^[ \t]|[ \t]$/;

const KINDS = new Map<string, number>([
  ['', BAD],
  [':method', METHOD],
  [':scheme', SCHEME],
  [':authority', AUTHORITY],
  [':path', PATH],
  [':protocol', PROTOCOL],
  ['host', HOST],
  ['cookie', COOKIE],
  ['content-length', LENGTH],
  // RFC 9113 8.2.2.
  ['connection', BAD],
  ['keep-alive', BAD],
  ['proxy-connection', BAD],
  ['transfer-encoding', BAD],
  ['upgrade', BAD],
]);

/** Nothing was said of it yet. */
const UNJUDGED = -1;

/**
 * A field as it came, with all that can be said of it without the rest of its block (RFC 9113 8.2, 8.3): said once, however often an index
 * of the tables means it, and not before somebody takes it. Text is latin1.
 */
export class Field implements FieldEntry {
  readonly name: string;
  readonly value: string;
  kind: number = UNJUDGED;
  /** As HTTP/1.1 would send it. */
  line = '';
  /** The parser of heads has passed the line and wants to see no line of this name. */
  isPlain = false;
  /** Says that the payload is gRPC. */
  isGrpc = false;

  constructor(name: string, value: string) {
    this.name = name;
    this.value = value;
  }

  /** Says what there is to say. A block may mean thousands of fields that are too much for a head: they are not looked at. */
  judge(): void {
    if (this.kind !== UNJUDGED) return;
    const { name, value } = this;
    this.kind = kindOf(name, value);
    this.line = this.kind >= COOKIE ? `${name}: ${value}\r\n` : '';
    this.isPlain = this.line !== '' && isPlainLine(this.line);
    this.isGrpc = name === 'content-type' && isGrpcType(value);
  }
}

function kindOf(name: string, value: string): number {
  const kind = KINDS.get(name) ?? (BAD_NAME.test(name) ? BAD : LINE);
  if (BAD_VALUE.test(value) || (value === '' && kind <= PROTOCOL)) return BAD;
  return name === 'te' && value.toLowerCase() !== 'trailers' ? BAD : kind;
}
