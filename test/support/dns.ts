import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const TYPE_A = 1;
const TYPE_TXT = 16;
const RCODE = { ok: 0, servfail: 2, nxdomain: 3 } as const;

const TYPE_NAMES = new Map([
  [2, 'NS'],
  [5, 'CNAME'],
  [6, 'SOA'],
  [28, 'AAAA'],
  [257, 'CAA'],
]);

/** Texts by lower-case name. */
export type TextRecords = Pick<ReadonlyMap<string, readonly string[]>, 'get'>;

/** Data of a record that is a name: NS, CNAME. */
export function nameData(name: string): Buffer {
  const labels = name.split('.').map((label) => `${String.fromCharCode(label.length)}${label}`);
  return Buffer.from(`${labels.join('')}\0`, 'latin1');
}

/** Data of a CAA record (RFC 8659 4.1); `flags` 128: whoever does not know the tag must not sign. */
export function caaData(tag: string, value: string, flags = 0): Buffer {
  return Buffer.concat([Buffer.of(flags, tag.length), Buffer.from(`${tag}${value}`)]);
}

/** What one name answers: IPv4 addresses, or a failure. */
export type DnsAnswer = readonly string[] | 'nxdomain' | 'servfail';

export interface DnsServer {
  /** `address:port`, the form Pebble's `-dnsserver` takes. */
  readonly address: string;
  readonly port: number;
  /** Lower-case names asked for so far, with the query type. */
  readonly queries: readonly { readonly name: string; readonly type: number }[];
  stop(): Promise<void>;
}

/**
 * A small authoritative UDP responder: A from `answer`, TXT from `txt`, others from `records`, everything
 * else empty. All are read at each query, so a test may change them while it runs.
 */
export async function startDns(
  options: {
    readonly answer?: (name: string) => DnsAnswer;
    readonly txt?: TextRecords;
    /** Data of other records: by `name TYPE`, as in `a.test CAA`. */
    readonly records?: ReadonlyMap<string, readonly Buffer[]>;
    readonly host?: string;
    readonly port?: number;
  } = {},
): Promise<DnsServer> {
  const answer = options.answer ?? (() => ['127.0.0.1']);
  const txt: TextRecords = options.txt ?? new Map<string, readonly string[]>();
  const records = options.records ?? new Map<string, readonly Buffer[]>();
  const queries: { name: string; type: number }[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (query, remote) => {
    const question = readQuestion(query);
    if (question === undefined) return;
    queries.push({ name: question.name, type: question.type });
    const other = records.get(`${question.name} ${TYPE_NAMES.get(question.type)}`) ?? [];
    const reply = buildReply(query, question, { answer: answer(question.name), txt, other });
    socket.send(reply, remote.port, remote.address);
  });
  const host = options.host ?? '127.0.0.1';
  socket.bind(options.port ?? 0, host);
  await once(socket, 'listening');
  const { port } = socket.address();
  return {
    address: `${host}:${port}`,
    port,
    queries,
    stop: async () => {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}

interface Question {
  readonly name: string;
  readonly type: number;
  /** Offset just behind the question section. */
  readonly end: number;
}

function readQuestion(query: Buffer): Question | undefined {
  const labels: string[] = [];
  let offset = 12;
  for (;;) {
    const length = query[offset];
    if (length === undefined || length > 63) return undefined;
    if (length === 0) break;
    labels.push(query.toString('ascii', offset + 1, offset + 1 + length));
    offset += length + 1;
  }
  if (offset + 5 > query.length) return undefined;
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(offset + 1), end: offset + 5 };
}

function buildReply(
  query: Buffer,
  question: Question,
  { answer, txt, other }: { readonly answer: DnsAnswer; readonly txt: TextRecords; readonly other: readonly Buffer[] },
): Buffer {
  const values: Buffer[] = [...other];
  if (question.type === TYPE_A && typeof answer !== 'string') {
    for (const address of answer) values.push(Buffer.from(address.split('.').map(Number)));
  }
  if (question.type === TYPE_TXT) {
    for (const text of txt.get(question.name) ?? [])
      values.push(Buffer.from(`${String.fromCharCode(text.length)}${text}`));
  }
  const header = Buffer.from(query.subarray(0, 12));
  header[2] = 0x84 | (header[2]! & 1);
  header[3] = typeof answer === 'string' ? RCODE[answer] : RCODE.ok;
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(values.length, 6);
  header.writeUInt32BE(0, 8);
  const records = values.map((data) => {
    const record = Buffer.alloc(12);
    // A pointer to the name in the question: it always starts at byte 12.
    record.writeUInt16BE(0xc00c, 0);
    record.writeUInt16BE(question.type, 2);
    record.writeUInt16BE(1, 4);
    record.writeUInt32BE(0, 6);
    record.writeUInt16BE(data.length, 10);
    return Buffer.concat([record, data]);
  });
  return Buffer.concat([header, query.subarray(12, question.end), ...records]);
}
