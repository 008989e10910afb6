/** Frame types (RFC 9113 6). */
export const DATA = 0;
export const HEADERS = 1;
export const PRIORITY = 2;
export const RST_STREAM = 3;
export const SETTINGS = 4;
export const PUSH_PROMISE = 5;
export const PING = 6;
export const GOAWAY = 7;
export const WINDOW_UPDATE = 8;
export const CONTINUATION = 9;

/** Flags; their meaning depends on the type. */
export const END_STREAM = 0x1;
export const ACK = 0x1;
export const END_HEADERS = 0x4;
export const PADDED = 0x8;
export const HAS_PRIORITY = 0x20;

/** Error codes (RFC 9113 7). */
export const NO_ERROR = 0;
export const PROTOCOL_ERROR = 1;
export const INTERNAL_ERROR = 2;
export const FLOW_CONTROL_ERROR = 3;
export const SETTINGS_TIMEOUT = 4;
export const STREAM_CLOSED = 5;
export const FRAME_SIZE_ERROR = 6;
export const REFUSED_STREAM = 7;
export const CANCEL = 8;
export const COMPRESSION_ERROR = 9;
export const ENHANCE_YOUR_CALM = 11;

/** Settings (RFC 9113 6.5.2). */
export const HEADER_TABLE_SIZE = 1;
export const ENABLE_PUSH = 2;
export const MAX_CONCURRENT_STREAMS = 3;
export const INITIAL_WINDOW_SIZE = 4;
export const MAX_FRAME_SIZE = 5;
export const MAX_HEADER_LIST_SIZE = 6;
/** RFC 8441 3. */
export const ENABLE_CONNECT_PROTOCOL = 8;

export const FRAME_HEADER_BYTES = 9;
/** What clients begin with (RFC 9113 3.4). */
export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');
/** Largest payload we take, and the least a peer may send: the value every peer begins with. */
export const MAX_PAYLOAD = 16_384;
export const DEFAULT_WINDOW = 65_535;
export const MAX_WINDOW = 0x7fff_ffff;
export const MAX_STREAM_ID = 0x7fff_ffff;

const ANY_LENGTH = -1;

/** Where a frame may stand and how long it is, judged before anybody looks inside (RFC 9113 4.2, 6). */
interface FrameRule {
  /** `connection`: stream 0 only; `stream`: any other only; `both`. */
  readonly on: 'connection' | 'stream' | 'both';
  readonly length: number;
  readonly minLength: number;
  /** A wrong length is the stream's fault alone (RFC 9113 6.3). */
  readonly isStreamFault?: boolean;
}

const rule = (on: FrameRule['on'], length = ANY_LENGTH, minLength = 0): FrameRule => ({ on, length, minLength });

const RULES: readonly FrameRule[] = [
  rule('stream'),
  rule('stream'),
  { ...rule('stream', 5), isStreamFault: true },
  rule('stream', 4),
  rule('connection'),
  rule('stream', ANY_LENGTH, 4),
  rule('connection', 8),
  rule('connection', ANY_LENGTH, 8),
  rule('both', 4),
  rule('stream'),
];

/** What is wrong with a frame by its header alone: an error code of the connection, of the stream (negative), or 0. */
export function judgeFrame(type: number, flags: number, streamId: number, length: number): number {
  if (length > MAX_PAYLOAD) return FRAME_SIZE_ERROR;
  const found = RULES[type];
  // RFC 9113 4.1: unknown types are passed over.
  if (found === undefined) return 0;
  if (found.on === 'stream' ? streamId === 0 : found.on === 'connection' && streamId !== 0) return PROTOCOL_ERROR;
  const isWrong = (found.length !== ANY_LENGTH && length !== found.length) || length < found.minLength;
  if (isWrong) return found.isStreamFault === true ? -FRAME_SIZE_ERROR : FRAME_SIZE_ERROR;
  if (type === SETTINGS && ((flags & ACK) !== 0 ? length !== 0 : length % 6 !== 0)) return FRAME_SIZE_ERROR;
  return 0;
}
