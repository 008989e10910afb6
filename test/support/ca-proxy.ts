import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, createServer, request } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { CaExtras } from './ca-extras.ts';
import type { Pebble } from './pebble.ts';

/** What the proxy does with a request instead of passing it on; `lose` passes it on and drops the answer. */
export type CaFault =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body: string;
      /** Absent: at once. */
      readonly after?: Promise<unknown>;
    }
  | { readonly kind: 'hang' | 'reset' | 'lose' };

export interface CaRequest {
  readonly method: string;
  readonly path: string;
  readonly userAgent: string;
  /** Nonce in the protected header of a signed request. */
  readonly nonce: string | undefined;
  /** Account that signed it. */
  readonly account: string | undefined;
  readonly payload: unknown;
}

export interface CaProxy {
  readonly directoryUrl: string;
  readonly caFile: string;
  /** Everything that was asked, in order. */
  readonly requests: readonly CaRequest[];
  /** How many requests began with this path. */
  count(path: string): number;
  /** The first matching fault with uses left is applied; `times` defaults to always. */
  fail(path: string, fault: CaFault, times?: number): void;
  /** Everything works again; what hangs is dropped. */
  heal(): void;
  stop(): Promise<void>;
}

/** A proxy in front of Pebble that records and breaks requests, and adds what Pebble lacks. Pebble builds its URLs from Host, so none is rewritten. */
export async function startCaProxy(pebble: Pebble, extras?: CaExtras): Promise<CaProxy> {
  const agent = new Agent({ ca: pebble.listenerCa.rootPem, keepAlive: true });
  const requests: CaRequest[] = [];
  const faults: { readonly path: string; readonly fault: CaFault; left: number }[] = [];
  const sockets = new Set<Socket>();
  const hanging = new Set<ServerResponse>();

  const handle = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const path = incoming.url ?? '';
    requests.push(record(incoming, body));
    const found = faults.find((candidate) => path.startsWith(candidate.path) && candidate.left > 0);
    if (found !== undefined) found.left -= 1;
    const fault = found?.fault ?? extras?.answer(path, requests.at(-1)?.payload);
    if (fault?.kind === 'answer') await fault.after;
    if (fault?.kind === 'answer') outgoing.writeHead(fault.status, fault.headers).end(fault.body);
    else if (fault?.kind === 'hang') hanging.add(outgoing);
    else if (fault?.kind === 'reset') outgoing.destroy();
    else forward(incoming, body, outgoing, fault?.kind === 'lose');
  };
  const forward = (incoming: IncomingMessage, body: Buffer, outgoing: ServerResponse, isLost: boolean): void => {
    const passed = request(
      {
        host: '127.0.0.1',
        port: pebble.port,
        path: incoming.url,
        method: incoming.method,
        headers: incoming.headers,
        agent,
      },
      (answer) => {
        if (isLost) {
          answer.resume();
          outgoing.destroy();
          return;
        }
        if (extras !== undefined && incoming.url === '/dir') {
          answerDirectory(answer, outgoing, extras, `https://${incoming.headers.host}`).catch(() => outgoing.destroy());
          return;
        }
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(outgoing);
      },
    );
    passed.on('error', () => outgoing.destroy());
    passed.end(body);
  };

  const server = createServer(
    { cert: pebble.listenerCa.certificatePem, key: pebble.listenerCa.keyPem },
    (incoming, outgoing) => {
      handle(incoming, outgoing).catch(() => outgoing.destroy());
    },
  );
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    directoryUrl: `https://127.0.0.1:${(server.address() as AddressInfo).port}/dir`,
    caFile: pebble.caFile,
    requests,
    count: (path) => requests.filter((entry) => entry.path.startsWith(path)).length,
    fail: (path, fault, times = Number.POSITIVE_INFINITY) => void faults.push({ path, fault, left: times }),
    heal: () => {
      faults.length = 0;
      for (const outgoing of hanging) outgoing.destroy();
      hanging.clear();
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
      agent.destroy();
    },
  };
}

async function answerDirectory(
  answer: IncomingMessage,
  outgoing: ServerResponse,
  extras: CaExtras,
  origin: string,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk);
  const fields = JSON.parse(Buffer.concat(chunks).toString()) as object;
  outgoing.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(extras.directory(fields, origin)));
}

function record(incoming: IncomingMessage, body: Buffer): CaRequest {
  const signed =
    body.length === 0 ? undefined : (JSON.parse(body.toString()) as { protected: string; payload: string });
  const decode = (text: string | undefined): unknown =>
    text === undefined || text === '' ? undefined : JSON.parse(Buffer.from(text, 'base64url').toString());
  const head = decode(signed?.protected) as { readonly nonce?: string; readonly kid?: string } | undefined;
  return {
    method: incoming.method ?? '',
    path: incoming.url ?? '',
    userAgent: incoming.headers['user-agent'] ?? '',
    nonce: head?.nonce,
    account: head?.kid,
    payload: decode(signed?.payload),
  };
}
