import { createHash } from 'node:crypto';

const MAGIC = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const CLOSE = 8;
const PING = 9;
const PONG = 10;

/** Accepts a WebSocket (RFC 6455), greets with the app's name and sends every frame back. Frames up to 64 KiB. */
export function acceptWebSocket(request, socket, name) {
  const key = request.headers['sec-websocket-key'];
  if (request.headers.upgrade?.toLowerCase() !== 'websocket' || key === undefined) {
    socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n');
    return;
  }
  const accept = createHash('sha1')
    .update(key + MAGIC)
    .digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`,
  );
  socket.write(frame(1, Buffer.from(`hello from ${name}`)));
  let buffered = Buffer.alloc(0);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    buffered = Buffer.concat([buffered, chunk]);
    for (let next = readFrame(buffered); next !== undefined; next = readFrame(buffered)) {
      buffered = buffered.subarray(next.size);
      answer(socket, next);
    }
  });
}

function answer(socket, { opcode, payload }) {
  if (opcode === CLOSE) socket.end(frame(CLOSE, payload));
  else if (opcode === PING) socket.write(frame(PONG, payload));
  else if (opcode !== PONG) socket.write(frame(opcode, payload));
}

function readFrame(buffer) {
  if (buffer.length < 6) return undefined;
  const short = buffer[1] & 127;
  const start = short === 126 ? 4 : 2;
  if (buffer.length < start) return undefined;
  const length = short === 126 ? buffer.readUInt16BE(2) : short;
  const size = start + 4 + length;
  if (buffer.length < size) return undefined;
  const mask = buffer.subarray(start, start + 4);
  const payload = Buffer.from(buffer.subarray(start + 4, size).map((byte, index) => byte ^ mask[index % 4]));
  return { opcode: buffer[0] & 15, payload, size };
}

function frame(opcode, payload) {
  const head = payload.length < 126 ? Buffer.from([0x80 | opcode, payload.length]) : Buffer.alloc(4);
  if (payload.length >= 126) {
    head[0] = 0x80 | opcode;
    head[1] = 126;
    head.writeUInt16BE(payload.length, 2);
  }
  return Buffer.concat([head, payload]);
}
