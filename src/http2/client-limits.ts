/** Limits toward servers that speak HTTP/2. */

/** Streams of one connection at most, whatever the server allows. */
export const MAX_CLIENT_STREAMS = 100;
/** Connections to one server, of one worker. */
export const MAX_SESSIONS = 64;
/** T17: fields of a response head. */
export const MAX_RESPONSE_FIELDS = 200;
export const MAX_RESPONSE_HEAD = 65_536;
/**
 * Bytes of a request head, counted as RFC 9113 6.5.2 does: eight frames, as servers that get more give up the connection, and with it the
 * requests of others.
 */
export const MAX_REQUEST_HEAD = 131_072;
/** T22. */
export const CLIENT_STREAM_WINDOW = 262_144;
export const CLIENT_CONNECTION_WINDOW = 1_048_576;
/** Megabytes that node:http2 may hold for one connection: the windows of all its streams, with some to spare. */
export const MAX_SESSION_MEMORY = 64;
/** Requests called off on one connection; the stricter servers bear a thousand. */
export const MAX_CALLED_OFF = 500;
