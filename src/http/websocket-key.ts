import { createHash, randomBytes } from 'node:crypto';

/** RFC 6455 1.3: what a server joins to the key, so that nobody answers who does not know the protocol. */
const MAGIC = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** A fresh `Sec-WebSocket-Key` (RFC 6455 4.1). */
export function newWebSocketKey(): string {
  return randomBytes(16).toString('base64');
}

/** The `Sec-WebSocket-Accept` that belongs to a key (RFC 6455 4.2.2). */
export function acceptOfKey(key: string): string {
  return createHash('sha1').update(key).update(MAGIC).digest('base64');
}
