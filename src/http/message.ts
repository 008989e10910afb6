/** How a body is delimited. */
export const NO_BODY = 0;
export const LENGTH = 1;
export const CHUNKED = 2;
export const UNTIL_CLOSE = 3;
export type BodyKind = typeof NO_BODY | typeof LENGTH | typeof CHUNKED | typeof UNTIL_CLOSE;

/** A forwarding field that came from a trusted peer (rule F2). */
export type ReceivedField = readonly [lowerName: string, value: string];

/** A request head after strict parsing, whatever protocol carried it. Valid until the exchange finishes. */
export interface RequestMessage {
  readonly method: string;
  /** Raw path as received; `path.ts` normalises it once (P2). Starts with `/`, or is `*`. */
  readonly path: string;
  /** With its `?`, or empty. Opaque (P1). */
  readonly query: string;
  /** The path holds an escape, a dot segment or an empty segment, so normalising may change it. */
  readonly isPathUnclean: boolean;
  /** Host and port as received, not yet validated (A2); empty when an HTTP/1.0 client sent none. */
  readonly authority: string;
  /** Scheme that the target names, lower-case; empty when it names none (R8). */
  readonly targetScheme: string;
  /** Minor version of HTTP/1.x; 1 for HTTP/2. */
  readonly minorVersion: number;
  /** End-to-end field lines, each `Name: value CRLF`: hop-by-hop and untrusted forwarding fields are gone. */
  readonly fields: string;
  readonly body: BodyKind;
  /** Bytes, when `body` is LENGTH. */
  readonly contentLength: number;
  /** A valid WebSocket upgrade (U1). */
  readonly isUpgrade: boolean;
  /** The key that a server has to answer to when the client has none of its own (U4); empty: it has. */
  readonly webSocketKey: string;
  readonly expectsContinue: boolean;
  readonly acceptsTrailers: boolean;
  /** Names of trailers to come, as the client announced them; empty: none that may be sent on (X12). */
  readonly announcedTrailers: string;
  /** A call of gRPC, over HTTP/2. */
  readonly isGrpc: boolean;
  /** Forwarding fields of a trusted peer, to be validated by `forwarded.ts`. */
  readonly forwarded: readonly ReceivedField[] | undefined;
  /** How often our own name is in `Via` (A9). */
  readonly hops: number;
  /** OPTIONS that may go no further (H15). */
  readonly isLastHop: boolean;
}

/** A final response head of a server after strict parsing. Valid until the exchange finishes. */
export interface ResponseMessage {
  readonly status: number;
  readonly reason: string;
  readonly fields: string;
  readonly body: BodyKind;
  /** Bytes; with NO_BODY the value a HEAD or 304 response announces, or -1. */
  readonly contentLength: number;
  readonly hasDate: boolean;
}

/** The name we put into `Via` and recognise loops by (H13, A9). */
export const VIA_NAME = 'sluice';
