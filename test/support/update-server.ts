import { createHmac } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

const SECRET = Buffer.from('a secret of thirty-two bytes ...').toString('base64');

export interface UpdateServer {
  readonly port: number;
  /** What the updates left behind, by lower-case name. */
  readonly txt: Map<string, string[]>;
  /** `udp` or `tcp` for each update that was taken. */
  readonly updates: readonly string[];
  stop(): Promise<void>;
}

/** The key it accepts. */
export const UPDATE_KEY = { name: 'lab-key', secret: SECRET } as const;

/** How it answers instead of obeying. */
export type UpdateFault = 'refused' | 'unsigned' | 'wrong-signature' | 'silent-once' | 'truncated';

/**
 * A primary name server of one zone that takes updates of TXT records signed with `UPDATE_KEY` (RFC 2136, RFC 8945), by UDP and TCP.
 * It reads and signs by code of its own, so that a misreading of ours is not agreed upon.
 */
export async function startUpdateServer(options: {
  readonly zone: string;
  readonly algorithm?: string;
  readonly fault?: () => UpdateFault | undefined;
}): Promise<UpdateServer> {
  const txt = new Map<string, string[]>();
  const updates: string[] = [];
  const algorithm = options.algorithm ?? 'hmac-sha256';
  let isSilent = options.fault?.() === 'silent-once';
  const answer = (message: Buffer, way: string): Buffer | undefined => {
    if (isSilent) {
      isSilent = false;
      return undefined;
    }
    const fault = options.fault?.();
    if (fault === 'truncated' && way === 'udp') {
      const cut = Buffer.from(message.subarray(0, 12));
      cut[2] = cut[2]! | 0x82;
      return Buffer.concat([cut.fill(0, 4, 12)]);
    }
    const opcode = (message[2]! >> 3) & 15;
    if (opcode === 0) return soaAnswer(message, options.zone);
    const checked = checkSignature(message, algorithm);
    if (typeof checked === 'number') return reply(message, 9, { algorithm, error: checked, requestMac: undefined });
    if (fault === 'refused') return reply(message, 5, { algorithm, error: 0, requestMac: checked });
    if (!readUpdate(message, options.zone, txt))
      return reply(message, 10, { algorithm, error: 0, requestMac: checked });
    updates.push(way);
    if (fault === 'unsigned') return reply(message, 0, undefined);
    const requestMac = fault === 'wrong-signature' ? Buffer.alloc(checked.length) : checked;
    return reply(message, 0, { algorithm, error: 0, requestMac });
  };
  const tcp = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (data: Buffer) => {
      const bytes = answer(data.subarray(2), 'tcp');
      if (bytes === undefined) return socket.destroy();
      return socket.end(Buffer.concat([Buffer.of(bytes.length >> 8, bytes.length & 255), bytes]));
    });
  });
  await once(tcp.listen(0, '127.0.0.1'), 'listening');
  const { port } = tcp.address() as AddressInfo;
  const udp = createSocket('udp4');
  udp.on('message', (message, remote) => {
    const bytes = answer(message, 'udp');
    if (bytes !== undefined) udp.send(bytes, remote.port, remote.address);
  });
  udp.bind(port, '127.0.0.1');
  await once(udp, 'listening');
  return {
    port,
    txt,
    updates,
    stop: async () => {
      udp.close();
      tcp.close();
      await once(tcp, 'close');
    },
  };
}

/** Wire form of a name as text, and where it ends. No pointers: an update has no reason for them. */
function nameAt(message: Buffer, start: number): [name: string, end: number] {
  const labels: string[] = [];
  let at = start;
  while (message[at] !== 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + message[at]!));
    at += message[at]! + 1;
  }
  return [labels.join('.').toLowerCase(), at + 1];
}

function wireName(name: string): Buffer {
  return Buffer.concat([
    ...name.split('.').map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label)])),
    Buffer.of(0),
  ]);
}

/** Applies the one record of an update. */
function readUpdate(message: Buffer, zone: string, txt: Map<string, string[]>): boolean {
  const [named, afterZone] = nameAt(message, 12);
  if (named !== zone) return false;
  const [name, at] = nameAt(message, afterZone + 4);
  if (name !== zone && !name.endsWith(`.${zone}`)) return false;
  const recordClass = message.readUInt16BE(at + 2);
  const length = message.readUInt8(at + 10);
  const value = message.toString('latin1', at + 11, at + 11 + length);
  const others = (txt.get(name) ?? []).filter((one) => one !== value);
  txt.set(name, recordClass === 1 ? [...others, value] : others);
  return true;
}

/** The MAC of a message with the right signature, else the TSIG error (RFC 8945 5.2). */
function checkSignature(message: Buffer, algorithm: string): Buffer | number {
  const signatureName = Buffer.concat([wireName(UPDATE_KEY.name), Buffer.of(0, 250, 0, 255, 0, 0, 0, 0)]);
  const start = message.lastIndexOf(signatureName);
  if (start < 0) return 17;
  const [named, at] = nameAt(message, start + signatureName.length + 2);
  if (named !== algorithm) return 17;
  const size = message.readUInt16BE(at + 8);
  const mac = message.subarray(at + 10, at + 10 + size);
  if (Math.abs(message.readUIntBE(at, 6) - Date.now() / 1000) > message.readUInt16BE(at + 6)) return 18;
  const bare = Buffer.from(message.subarray(0, start));
  bare.writeUInt16BE(bare.readUInt16BE(10) - 1, 10);
  const rest = at + 10 + size;
  const signedFields = Buffer.concat([
    wireName(UPDATE_KEY.name),
    Buffer.of(0, 255, 0, 0, 0, 0),
    wireName(algorithm),
    message.subarray(at, at + 8),
    message.subarray(rest + 2),
  ]);
  const expected = digest(algorithm, [bare, signedFields]);
  return expected.equals(mac) ? mac : 16;
}

function reply(
  message: Buffer,
  code: number,
  signature:
    | { readonly algorithm: string; readonly error: number; readonly requestMac: Buffer | undefined }
    | undefined,
): Buffer {
  const head = Buffer.alloc(12);
  message.copy(head, 0, 0, 2);
  head.writeUInt8(0xa8, 2);
  head.writeUInt8(code, 3);
  if (signature === undefined) return head;
  const { algorithm, error, requestMac } = signature;
  const time = Buffer.alloc(8);
  time.writeUIntBE(Math.floor(Date.now() / 1000), 0, 6);
  time.writeUInt16BE(300, 6);
  const tail = Buffer.of(0, error, 0, 0);
  const fields = Buffer.concat([
    wireName(UPDATE_KEY.name),
    Buffer.of(0, 255, 0, 0, 0, 0),
    wireName(algorithm),
    time,
    tail,
  ]);
  const prefix = requestMac === undefined ? [] : [Buffer.of(0, requestMac.length), requestMac];
  // An unknown key or a wrong signature is answered without one of ours (RFC 8945 5.2).
  const mac = requestMac === undefined ? Buffer.alloc(0) : digest(algorithm, [...prefix, head, fields]);
  const data = Buffer.concat([wireName(algorithm), time, Buffer.of(0, mac.length), mac, head.subarray(0, 2), tail]);
  const fixed = Buffer.from([0, 250, 0, 255, 0, 0, 0, 0, data.length >> 8, data.length & 255]);
  const signed = Buffer.from(head);
  signed.writeUInt16BE(1, 10);
  return Buffer.concat([signed, wireName(UPDATE_KEY.name), fixed, data]);
}

function soaAnswer(message: Buffer, zone: string): Buffer {
  const [name, end] = nameAt(message, 12);
  const head = Buffer.from(message.subarray(0, end + 4));
  head.writeUInt16BE(0x8400, 2);
  if (name !== zone) return head;
  head.writeUInt16BE(1, 6);
  const data = Buffer.concat([wireName(`ns.${zone}`), wireName(`admin.${zone}`), Buffer.alloc(20)]);
  return Buffer.concat([head, Buffer.of(0xc0, 12, 0, 6, 0, 1, 0, 0, 0, 60, 0, data.length), data]);
}

function digest(algorithm: string, parts: readonly Buffer[]): Buffer {
  const hmac = createHmac(algorithm.replace('hmac-', ''), Buffer.from(SECRET, 'base64'));
  return hmac.update(Buffer.concat([...parts])).digest();
}
