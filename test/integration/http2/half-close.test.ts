import type { Socket } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { oneService, server, startDataPlane, type TestDataPlane } from '../../support/data-plane.ts';
import { FLAG, frame, headers, Http2Wire, request, TYPE } from '../../support/http2-wire.ts';
import { rawBackend, type RawBackend } from '../../support/raw-http.ts';

const { END_HEADERS, END_STREAM } = FLAG;
const post = (id: number): Buffer => headers(id, request({ ':method': 'POST' }), END_HEADERS);
const data = (id: number, text: string, flags = 0): Buffer => frame(TYPE.DATA, flags, id, Buffer.from(text));

let backend: RawBackend;
let plane: TestDataPlane;
let wire: Http2Wire;
/** Servers' ends of requests that are not answered. */
let waiting: Socket[];

beforeEach(async () => {
  waiting = [];
  backend = await rawBackend((socket, received) => {
    if (received.endsWith('\r\n\r\n')) waiting.push(socket);
  });
  plane = await startDataPlane(oneService([server(backend.port)]));
  wire = await Http2Wire.open(plane.httpsPort);
});
afterEach(async () => {
  wire.close();
  await vi.waitFor(async () => expect((await plane.counters()).inFlight).toBe(0));
  await plane.stop();
  await backend.close();
});

const isWhole = (id: number): boolean =>
  wire.frames.some((one) => one.id === id && one.type === TYPE.DATA && (one.flags & END_STREAM) !== 0);
const answer = (socket: Socket, text: string): void =>
  void socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`);

test('answers that are owed are still delivered when the client has ended (V6)', async () => {
  const large = 'x'.repeat(50_000);
  wire.send(headers(1), headers(3), post(5), data(5, 'all', END_STREAM));
  wire.socket.end();
  await vi.waitFor(() => expect(waiting).toHaveLength(3));
  await wire.until(() => wire.frames.some(({ type }) => type === TYPE.GOAWAY), 'GOAWAY');
  // For a while nothing happens, but that it is asked whether it is there.
  await wire.until(() => wire.frames.filter(({ type }) => type === TYPE.PING).length >= 3, 'PINGs');
  for (const socket of waiting) answer(socket, waiting[0] === socket ? large : 'ok');
  await wire.until(() => [1, 3, 5].every(isWhole), 'the answers');
  await wire.until(() => wire.isClosed, 'the end');
  expect((await plane.counters()).reasons).toEqual({});
});

test('a payload that is not whole is cut short (X7), and the others are answered', async () => {
  wire.send(headers(1), post(3), data(3, 'a part'));
  await vi.waitFor(() => expect(backend.received.join('')).toContain('a part'));
  wire.socket.end();
  expect(await wire.status(3)).toBe(400);
  answer(waiting[0]!, 'ok');
  await wire.until(() => isWhole(1), 'the answer');
  await wire.until(() => wire.isClosed, 'the end');
  expect((await plane.counters()).reasons).toEqual({ body_cut_short: 1 });
});

test('a client that has left is noticed, though its server says nothing (M13)', async () => {
  wire.send(headers(1));
  await vi.waitFor(() => expect(waiting).toHaveLength(1));
  wire.socket.destroy();
  await vi.waitFor(async () => expect((await plane.counters()).reasons).toEqual({ client_gone: 1 }));
});

test('without anything owed it is closed', async () => {
  wire.socket.end();
  await wire.until(() => wire.isClosed, 'the end');
});
