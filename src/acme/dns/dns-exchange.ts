import { createSocket } from 'node:dgram';
import { connect, isIP } from 'node:net';
import { once } from 'node:events';
import { lookup } from 'node:dns/promises';
import { isAnswerTo } from './dns-message.ts';

/** A name server, by name or address. */
export interface NameServer {
  readonly host: string;
  readonly port: number;
}

const TRIES = 3;
const TRY_MS = 3000;
const TCP_MS = 10_000;
/** What fits everywhere without EDNS (RFC 1035 4.2.1). */
const MAX_UDP_BYTES = 512;

/**
 * Sends a message and waits for its answer: by UDP with repeats, by TCP when it is long or the answer is cut (RFC 1035 4.2).
 * A repeat is the same message: an update that arrives twice changes nothing. Rejects when nobody answers.
 */
export async function exchangeDns(server: NameServer, message: Buffer): Promise<Buffer> {
  const address = isIP(server.host) > 0 ? server.host : (await lookup(server.host)).address;
  if (message.length > MAX_UDP_BYTES) return exchangeTcp({ ...server, host: address }, message);
  const answer = await exchangeUdp({ ...server, host: address }, message);
  const isCut = (answer.readUInt8(2) & 2) !== 0;
  return isCut ? exchangeTcp({ ...server, host: address }, message) : answer;
}

function exchangeUdp({ host, port }: NameServer, message: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(isIP(host) === 6 ? 'udp6' : 'udp4');
    let tries = 0;
    let timer: NodeJS.Timeout | undefined;
    const end = (): void => {
      clearTimeout(timer);
      socket.close();
    };
    const fail = (error: Error): void => {
      end();
      reject(error);
    };
    const send = (): void => {
      if (++tries > TRIES) return fail(new Error(`${host}:${port} does not answer`));
      timer = setTimeout(send, TRY_MS);
      return socket.send(message);
    };
    socket.once('error', fail);
    socket.on('message', (answer) => {
      // Anybody may send to us: what answers nothing is passed over.
      if (!isAnswerTo(answer, message)) return;
      end();
      resolve(answer);
    });
    socket.connect(port, host, send);
  });
}

async function exchangeTcp({ host, port }: NameServer, message: Buffer): Promise<Buffer> {
  const socket = connect({ host, port, signal: AbortSignal.timeout(TCP_MS) });
  try {
    await once(socket, 'connect');
    const length = Buffer.alloc(2);
    length.writeUInt16BE(message.length, 0);
    socket.write(Buffer.concat([length, message]));
    let received = Buffer.alloc(0);
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      received = Buffer.concat([received, chunk]);
      if (received.length < 2) continue;
      const end = 2 + received.readUInt16BE(0);
      if (received.length < end) continue;
      const answer = received.subarray(2, end);
      if (isAnswerTo(answer, message)) return answer;
      throw new Error(`${host}:${port} gave no answer to what was asked`);
    }
    throw new Error(`${host}:${port} ended the connection without an answer`);
  } finally {
    socket.destroy();
  }
}
