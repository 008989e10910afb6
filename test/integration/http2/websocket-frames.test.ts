import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { oneService, server, startDataPlane, type TestDataPlane } from '../../support/data-plane.ts';
import { CODE, FLAG, type Frame, frame, headers, Http2Wire, request, TYPE, uint32 } from '../../support/http2-wire.ts';
import { WebSocketBackend, type WebSocketVisit } from '../../support/websocket-backend.ts';

const { END_STREAM, END_HEADERS } = FLAG;
const CONNECT = request({ ':method': 'CONNECT' }, [[':protocol', 'websocket']]);
const connect = (id: number): Buffer => headers(id, CONNECT, END_HEADERS);
const data = (id: number, text: string, flags = 0): Buffer => frame(TYPE.DATA, flags, id, Buffer.from(text));
const reset = (id: number, code: number): Buffer => frame(TYPE.RST_STREAM, 0, id, uint32(code));

let backend: WebSocketBackend;
let plane: TestDataPlane;
let wire: Http2Wire;

beforeAll(async () => {
  backend = new WebSocketBackend();
  plane = await startDataPlane(oneService([server(await backend.listen())]));
});
afterAll(async () => {
  await plane.stop();
  backend.close();
});
beforeEach(async () => {
  wire = await Http2Wire.open(plane.httpsPort);
});
afterEach(async () => {
  wire.close();
  await vi.waitFor(async () => expect((await plane.counters()).inFlight).toBe(0));
  for (const { socket } of backend.visits) socket.destroy();
});

const of = (id: number, type: keyof typeof TYPE): readonly Frame[] =>
  wire.frames.filter((one) => one.id === id && one.type === TYPE[type]);
const heard = (id: number): string => Buffer.concat(of(id, 'DATA').map(({ payload }) => payload)).latin1Slice();
const hasEnd = (id: number): boolean => of(id, 'DATA').some(({ flags }) => (flags & END_STREAM) !== 0);

/** A WebSocket on stream 1 that stands. */
async function open(): Promise<WebSocketVisit> {
  const visits = backend.visits.length;
  wire.send(connect(1));
  expect(await wire.status(1)).toBe(200);
  expect(of(1, 'HEADERS')[0]!.flags & END_STREAM).toBe(0);
  return backend.visit(visits + 1);
}

const reasons = async (): Promise<Readonly<Record<string, number>>> => (await plane.counters()).reasons;

test('a reset is a reset for the server, too (U3)', async () => {
  const visit = await open();
  const before = (await reasons())['client_gone'] ?? 0;
  wire.send(data(1, 'last'), reset(1, CODE.CANCEL));
  await vi.waitFor(() => expect([visit.isClosed, visit.isReset]).toEqual([true, true]));
  expect((await reasons())['client_gone']).toBe(before + 1);
  expect(of(1, 'RST_STREAM')).toEqual([]);
});

test('a stream that is given up once its server has ended is no fault', async () => {
  const visit = await open();
  const before = await reasons();
  visit.socket.end('bye');
  await wire.until(() => hasEnd(1), 'the end');
  wire.send(reset(1, CODE.CANCEL));
  await vi.waitFor(() => expect(visit.hasEnded || visit.isReset).toBe(true));
  expect(await reasons()).toEqual(before);
});

test('it ends once, in order, and without a reset', async () => {
  const visit = await open();
  visit.socket.end('bye');
  await wire.until(() => hasEnd(1), 'the end');
  wire.send(data(1, 'bye, too', END_STREAM));
  await vi.waitFor(() => expect([visit.text, visit.isClosed]).toEqual(['bye, too', true]));
  // Whatever else was said of it came before this.
  const ping = frame(TYPE.PING, 0, 0, Buffer.from('12345678'));
  wire.send(ping);
  await wire.until(() => wire.frames.some(({ type }) => type === TYPE.PING), 'PING');
  expect([heard(1), of(1, 'RST_STREAM').length]).toEqual(['bye', 0]);
  expect(of(1, 'DATA').filter(({ flags }) => (flags & END_STREAM) !== 0)).toHaveLength(1);
  wire.send(data(1, 'more'), frame(TYPE.RST_STREAM, 0, 1, uint32(CODE.CANCEL)), connect(3));
  expect(await wire.status(3)).toBe(200);
});

test('trailers are no end of it (RFC 9113 8.5)', async () => {
  const visit = await open();
  wire.send(headers(1, Buffer.alloc(0)));
  expect(await wire.reset(1)).toBe(CODE.PROTOCOL_ERROR);
  await vi.waitFor(() => expect(visit.isReset || visit.hasEnded).toBe(true));
});

test('nobody sends behind his end', async () => {
  const visit = await open();
  wire.send(data(1, 'x', END_STREAM), data(1, 'y'));
  expect(await wire.reset(1)).toBe(CODE.STREAM_CLOSED);
  await vi.waitFor(() => expect(visit.hasEnded || visit.isReset).toBe(true));
  expect(visit.text).not.toContain('y');
});

test('requests are served beside it, and it beside them', async () => {
  const visit = await open();
  backend.onVisit = ({ socket }) => void socket.write('HTTP/1.1 204 No\r\n\r\n');
  wire.send(data(1, 'a'), headers(3), data(1, 'b'), headers(5), data(1, 'c'));
  expect([await wire.status(3), await wire.status(5)]).toEqual([204, 204]);
  await vi.waitFor(() => expect(visit.text).toBe('abc'));
  visit.socket.write('d');
  await wire.until(() => heard(1) === 'd', 'the answer');
  backend.onVisit = (one) => one.accept();
});

test('whoever sends more than the window, though the server takes nothing, is stopped', async () => {
  const visit = await open();
  visit.socket.pause();
  const piece = 'x'.repeat(16_384);
  // It tells of more as long as it can pass anything on.
  const sent = async (): Promise<number> => {
    const before = wire.frames.length;
    for (let n = 0; n < 16; n++) wire.send(data(1, piece));
    await wire.until(() => wire.frames.length > before, 'a word');
    return of(1, 'RST_STREAM').length;
  };
  let resets = 0;
  for (let n = 0; n < 500 && resets === 0; n++) resets = await sent();
  expect([resets, of(1, 'RST_STREAM')[0]?.payload.readUInt32BE(0)]).toEqual([1, CODE.FLOW_CONTROL_ERROR]);
});
