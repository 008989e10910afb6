import { type Frame, TYPE } from './http2-wire.ts';

const PREFACE_BYTES = 24;
const { DATA, HEADERS, CONTINUATION, RST_STREAM, SETTINGS, WINDOW_UPDATE } = TYPE;

/** What a client's bytes allow the server at most, if it took every frame for good. */
function allowed(sent: Buffer) {
  const windows = new Map<number, number>();
  const most = { initial: 65_535, data: 0, windows };
  for (let at = PREFACE_BYTES; at + 9 <= sent.length;) {
    const length = sent.readUIntBE(at, 3);
    const type = sent[at + 3]!;
    const id = sent.readUInt32BE(at + 5) & 0x7fff_ffff;
    const payload = sent.subarray(at + 9, at + 9 + length);
    if (type === DATA) most.data += length;
    if (type === WINDOW_UPDATE && payload.length === 4) {
      windows.set(id, (windows.get(id) ?? 0) + (payload.readUInt32BE(0) & 0x7fff_ffff));
    }
    if (type === SETTINGS) {
      for (let one = 0; one + 6 <= payload.length; one += 6) {
        if (payload.readUInt16BE(one) === 4) most.initial = Math.max(most.initial, payload.readUInt32BE(one + 2));
      }
    }
    at += 9 + length;
  }
  return most;
}

/** What is wrong with the frames a server sent to a client that said this; undefined: nothing. Knows nothing of the server's code. */
export function complaintAboutFrames(frames: readonly Frame[], sent: Buffer): string | undefined {
  const most = allowed(sent);
  const states = new Map<number, 'headers' | 'over'>();
  const bytes = new Map<number, number>();
  let total = 0;
  let credit = 0;
  let openBlock = 0;
  if (frames.length > 0 && frames[0]!.type !== SETTINGS) return 'the first frame is no SETTINGS';
  for (const { type, flags, id, payload } of frames) {
    if (payload.length > 16_384) return 'a frame is too long';
    if (openBlock !== 0 && (type !== CONTINUATION || id !== openBlock)) return 'a block is not whole';
    const state = states.get(id);
    if (type === WINDOW_UPDATE) {
      const step = payload.readUInt32BE(0);
      if (step === 0) return 'a window of nothing';
      if (id === 0) credit += step;
      else if (state === 'over' && frames.some((one) => one.id === id && one.type === RST_STREAM))
        return 'a window behind a reset';
    }
    if (type === RST_STREAM) {
      if (id === 0) return 'a reset of nobody';
      states.set(id, 'over');
    }
    if (type !== DATA && type !== HEADERS && type !== CONTINUATION) continue;
    if (id % 2 === 0) return 'a stream that no client can have';
    if (state === 'over' && type !== CONTINUATION) return `more on stream ${id}, which is over`;
    if (type === HEADERS) states.set(id, 'headers');
    if (type !== DATA) openBlock = (flags & 4) === 0 ? id : 0;
    else {
      if (state !== 'headers') return 'payload before a head';
      bytes.set(id, (bytes.get(id) ?? 0) + payload.length);
      total += payload.length;
    }
    if (type !== CONTINUATION && (flags & 1) !== 0) states.set(id, 'over');
  }
  if (total > 65_535 + (most.windows.get(0) ?? 0)) return 'more than the window of the connection';
  for (const [id, count] of bytes) {
    if (count > most.initial + (most.windows.get(id) ?? 0)) return `more than the window of stream ${id}`;
  }
  if (credit > 1_048_576 - 65_535 + most.data) return 'more window than was used';
  return undefined;
}
