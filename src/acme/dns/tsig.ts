import { createHmac, timingSafeEqual } from 'node:crypto';
import type { TsigKey } from '../../config/dns-config.ts';
import { encodeName, encodeRecord, readName, RECORD_CLASS, RECORD_TYPE, type ReceivedMessage } from './dns-message.ts';

/** Seconds by which clocks may differ (RFC 8945 10). */
const FUDGE_S = 300;

/** RFC 8945 3, in words: errors of the TSIG record itself. */
const ERRORS: ReadonlyMap<number, string> = new Map([
  [16, 'BADSIG: the secret is another one there'],
  [17, 'BADKEY: the key is not known there'],
  [18, 'BADTIME: the clocks differ by more than five minutes'],
  [22, 'BADTRUNC: the signature is too short'],
]);

/** Signs a message: appends the TSIG record (RFC 8945 5.1). `now` in Unix milliseconds. Also gives the MAC, which the answer signs. */
export function signMessage(
  message: Buffer,
  key: TsigKey,
  now: number,
): { readonly signed: Buffer; readonly mac: Buffer } {
  const seconds = Math.floor(now / 1000);
  const mac = hmac(key, [message, variablesOf(key, timeBytes(seconds), FUDGE_S, 0, Buffer.alloc(0))]);
  const data = Buffer.concat([
    encodeName(key.algorithm),
    timeBytes(seconds),
    uint16(FUDGE_S),
    uint16(mac.length),
    mac,
    message.subarray(0, 2),
    uint16(0),
    uint16(0),
  ]);
  const record = encodeRecord({ name: key.name, type: RECORD_TYPE.tsig, class: RECORD_CLASS.any, ttl: 0, data });
  const signed = Buffer.concat([message, record]);
  signed.writeUInt16BE(message.readUInt16BE(10) + 1, 10);
  return { signed, mac };
}

/** What is wrong with the signature of an answer; undefined when it is right (RFC 8945 5.3.2). */
export function checkAnswer(
  bytes: Buffer,
  answer: ReceivedMessage,
  key: TsigKey,
  request: { readonly mac: Buffer; readonly now: number },
): string | undefined {
  const record = answer.additional.at(-1);
  if (record?.type !== RECORD_TYPE.tsig) return 'the answer is not signed';
  const { data } = record;
  const { end } = readName(data, 0);
  const time = data.subarray(end, end + 6);
  const size = data.readUInt16BE(end + 8);
  const mac = data.subarray(end + 10, end + 10 + size);
  const rest = end + 10 + size;
  const error = data.readUInt16BE(rest + 2);
  if (error !== 0) return ERRORS.get(error) ?? `TSIG error ${error}`;
  const plain = Buffer.from(bytes.subarray(0, record.start));
  plain.writeUInt16BE(data.readUInt16BE(rest), 0);
  plain.writeUInt16BE(plain.readUInt16BE(10) - 1, 10);
  const other = data.subarray(rest + 6, rest + 6 + data.readUInt16BE(rest + 4));
  const variables = variablesOf(key, time, data.readUInt16BE(end + 6), error, other);
  const expected = hmac(key, [uint16(request.mac.length), request.mac, plain, variables]);
  if (mac.length !== expected.length || !timingSafeEqual(mac, expected)) return 'the signature of the answer is wrong';
  const ageS = Math.abs(request.now / 1000 - time.readUIntBE(0, 6));
  return ageS > FUDGE_S ? 'the answer was signed at another time: is this clock right?' : undefined;
}

function variablesOf(key: TsigKey, time: Buffer, fudge: number, error: number, other: Buffer): Buffer {
  const classAndTtl = Buffer.of(0, RECORD_CLASS.any, 0, 0, 0, 0);
  const tail = [time, uint16(fudge), uint16(error), uint16(other.length), other];
  return Buffer.concat([encodeName(key.name), classAndTtl, encodeName(key.algorithm), ...tail]);
}

function hmac({ algorithm, secret }: TsigKey, parts: readonly Buffer[]): Buffer {
  const digest = createHmac(algorithm.slice('hmac-'.length), Buffer.from(secret, 'base64'));
  for (const part of parts) digest.update(part);
  return digest.digest();
}

function timeBytes(seconds: number): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUIntBE(seconds, 0, 6);
  return bytes;
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value, 0);
  return bytes;
}
