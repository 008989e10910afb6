import * as frames from './frames.ts';

/** What the client said in its SETTINGS, as far as it concerns us (RFC 9113 6.5.2). */
export class PeerSettings {
  /** Of new streams. */
  initialWindow = frames.DEFAULT_WINDOW;

  /** Takes a whole payload; an error code of the connection, or 0. Unknown settings are passed over. */
  apply(buf: Buffer, start: number, end: number): number {
    for (let at = start; at < end; at += 6) {
      const value = buf.readUInt32BE(at + 2);
      switch (buf.readUInt16BE(at)) {
        case frames.ENABLE_PUSH:
          if (value > 1) return frames.PROTOCOL_ERROR;
          break;
        case frames.INITIAL_WINDOW_SIZE:
          if (value > frames.MAX_WINDOW) return frames.FLOW_CONTROL_ERROR;
          this.initialWindow = value;
          break;
        case frames.MAX_FRAME_SIZE:
          // We send none that is larger than what everybody takes.
          if (value < frames.MAX_PAYLOAD || value > 0xff_ffff) return frames.PROTOCOL_ERROR;
          break;
        default:
      }
    }
    return 0;
  }
}
