import { randomInt } from 'node:crypto';
import type { DnsWriter } from '../../config/dns-config.ts';
import { exchangeDns, type NameServer } from './dns-exchange.ts';
import {
  decodeMessage,
  encodeName,
  encodeRecord,
  encodeText,
  RECORD_CLASS,
  RECORD_TYPE,
  type ReceivedMessage,
} from './dns-message.ts';
import type { DnsRecord, DnsRecordWriter } from './dns-writer.ts';
import { checkAnswer, signMessage } from './tsig.ts';

const OPCODE_UPDATE = 5 << 3;

/** RFC 1035 4.1.1 and RFC 2136 2.2, with what a person can do. */
const CODES: ReadonlyMap<number, string> = new Map([
  [1, 'FORMERR: the server does not understand updates'],
  [2, 'SERVFAIL'],
  [4, 'NOTIMP: the server takes no updates'],
  [5, 'REFUSED: allow updates of this name by this key or address (allow-update, update-policy)'],
  [9, 'NOTAUTH: the server is not the primary of the zone, or does not accept the key'],
  [10, 'NOTZONE: the name does not lie in the zone'],
]);

/** Dynamic updates (RFC 2136), signed by TSIG when there is a key. */
export function createRfc2136Writer(
  config: Extract<DnsWriter, { readonly kind: 'rfc2136' }>,
  now: () => number,
): DnsRecordWriter {
  const server: NameServer = { host: config.host, port: config.port };
  const place = `${config.host}:${config.port}`;
  const ask = async (message: Buffer): Promise<ReceivedMessage> => {
    const { tsig } = config;
    if (tsig === undefined) return decodeMessage(await exchangeDns(server, message));
    const { signed, mac } = signMessage(message, tsig, now());
    const bytes = await exchangeDns(server, signed);
    const answer = decodeMessage(bytes);
    const fault = checkAnswer(bytes, answer, tsig, { mac, now: now() });
    // A server that does not know the key cannot sign: its code says more.
    if (fault !== undefined && (answer.code === 0 || answer.additional.length > 0))
      throw new Error(`${place}: ${fault}`);
    return answer;
  };
  /** The first name, from `fqdn` upward, that the server has the SOA record of. */
  const findZone = async (fqdn: string): Promise<string> => {
    if (config.zone !== undefined) return config.zone;
    const labels = fqdn.replace(/\.$/, '').split('.');
    for (let index = 0; index < labels.length; index++) {
      const name = labels.slice(index).join('.');
      const { code, answers } = decodeMessage(await exchangeDns(server, question(name)));
      if (code === 0 && answers.some((one) => one.type === RECORD_TYPE.soa && one.name === name)) return name;
    }
    throw new Error(`${place}: it has no zone that holds ${fqdn}; name it with ?zone=`);
  };
  const update = async ({ fqdn, value }: DnsRecord, change: { class: number; ttl: number }): Promise<void> => {
    const zone = await findZone(fqdn);
    const record = { name: fqdn, type: RECORD_TYPE.txt, ...change, data: encodeText(value) };
    const { code } = await ask(updateMessage(zone, encodeRecord(record)));
    if (code !== 0) throw new Error(`${place}: update of ${fqdn} in ${zone}: ${CODES.get(code) ?? `code ${code}`}`);
  };
  return {
    present: (record) => update(record, { class: RECORD_CLASS.in, ttl: config.ttl }),
    // Of class NONE: this one value goes, others of the name stay (RFC 2136 2.5.4).
    cleanup: (record) => update(record, { class: RECORD_CLASS.none, ttl: 0 }),
  };
}

function updateMessage(zone: string, record: Buffer): Buffer {
  return Buffer.concat([header(OPCODE_UPDATE, 1), encodeName(zone), typeAndClass(RECORD_TYPE.soa), record]);
}

function question(name: string): Buffer {
  return Buffer.concat([header(0, 0), encodeName(name), typeAndClass(RECORD_TYPE.soa)]);
}

/** One entry in the first section, `updates` in the third. */
function header(flags: number, updates: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt16BE(randomInt(65_536), 0);
  bytes.writeUInt8(flags, 2);
  bytes.writeUInt16BE(1, 4);
  bytes.writeUInt16BE(updates, 8);
  return bytes;
}

function typeAndClass(type: number): Buffer {
  return Buffer.of(type >> 8, type & 255, 0, RECORD_CLASS.in);
}
