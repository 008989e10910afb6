import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { oneService, server, startDataPlane, type TestDataPlane } from '../../support/data-plane.ts';
import { RawClient, rawBackend, type RawBackend, type RawMessage, readMessages } from '../../support/raw-http.ts';

interface Case {
  readonly id: string;
  readonly side: 'request' | 'response';
  readonly raw: string;
  readonly expect: 'reject-502' | 'forward-normalised' | 'close';
  readonly request?: 'HEAD';
  readonly fin?: boolean;
  readonly body?: string;
  readonly interim?: readonly number[];
}

const cases = (
  JSON.parse(readFileSync(new URL('../../fixtures/smuggling-cases.json', import.meta.url), 'utf8')) as Case[]
)
  .filter((entry) => entry.side === 'response')
  .map((entry) => ({
    ...entry,
    raw: entry.raw.replace(/\{\{rep:(.*?):(\d+)\}\}/gs, (_, text: string, count: string) => text.repeat(Number(count))),
  }));

let script: (socket: Socket) => void;
let backend: RawBackend;
let plane: TestDataPlane;
/** Connections of the backend that carried the scripted response. */
let scripted: number[];

beforeAll(async () => {
  const answered = new Map<number, number>();
  backend = await rawBackend((socket, received, connection) => {
    const complete = readMessages(received, 'request').filter((message) => message.isComplete);
    for (const message of complete.slice(answered.get(connection) ?? 0)) {
      if (message.startLine.includes('/case')) {
        scripted.push(connection);
        script(socket);
      } else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext');
    }
    answered.set(connection, complete.length);
  });
  plane = await startDataPlane(oneService([server(backend.port)]));
});

beforeEach(() => {
  scripted = [];
});

afterAll(async () => {
  await plane.stop();
  await backend.close();
});

async function sendScript(socket: Socket, entry: Case, mode: 'whole' | 'bytes'): Promise<void> {
  if (mode === 'whole') socket.write(entry.raw, 'latin1');
  else {
    for (const byte of entry.raw) {
      if (socket.destroyed) return;
      socket.write(byte, 'latin1');
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  if (entry.fin === true) socket.end();
}

const statusOf = (message: RawMessage | undefined): number => Number(message?.startLine.slice(9, 12));

async function expectOutcome(entry: Case, client: RawClient): Promise<void> {
  const all = (): RawMessage[] =>
    readMessages(client.received, 'response', () => (entry.request === 'HEAD' ? 'no-body' : 'framed'));
  const finals = (): RawMessage[] => all().filter((message) => message.isComplete && statusOf(message) >= 200);
  if (entry.expect === 'close') {
    await client.until(() => client.hasEnded, 'cut');
    expect(finals()).toEqual([]);
    return;
  }
  await client.until(() => finals().length > 0, 'response');
  expect(statusOf(finals()[0])).toBe(entry.expect === 'reject-502' ? 502 : 200);
  if (entry.body !== undefined) expect(finals()[0]!.body).toBe(entry.body);
  const interim = all()
    .map(statusOf)
    .filter((status) => status < 200);
  expect(interim).toEqual(entry.interim ?? []);
}

/** A request on another connection gets its own answer, and never over the connection that misbehaved. */
async function expectNextRequestFine(entry: Case): Promise<void> {
  const next = await RawClient.open(plane.httpPort);
  next.send('GET /next HTTP/1.1\r\nHost: a.test\r\n\r\n');
  await next.until(() => next.received.endsWith('next'), 'next response');
  next.close();
  if (entry.id === 'd-res-103-then-200') return;
  const carrier = backend.received[scripted.at(-1)!]!;
  expect(carrier.slice(carrier.lastIndexOf('/case'))).not.toContain('/next');
}

describe.each(['whole', 'bytes'] as const)('response sent %s', (mode) => {
  test.for(cases.filter((c) => mode === 'whole' || c.raw.length < 10_000).map((c) => [c.id, c] as const))(
    '%s',
    async ([, entry]) => {
      let sent = Promise.resolve();
      script = (socket) => {
        sent = sendScript(socket, entry, mode);
      };
      const client = await RawClient.open(plane.httpPort);
      client.send(`${entry.request ?? 'GET'} /case HTTP/1.1\r\nHost: a.test\r\n\r\n`);
      await expectOutcome(entry, client);
      await sent;
      client.close();
      await expectNextRequestFine(entry);
    },
  );
});
