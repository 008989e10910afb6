import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Tunnel, TunnelEnd } from '../../../src/http/tunnel.ts';
import { Http2Lab, type LabClient } from '../../support/http2-lab.ts';
import { CODE, FLAG, frame, headers, request, TYPE, uint32 } from '../../support/http2-wire.ts';

const { END_STREAM, END_HEADERS } = FLAG;
const CLOSE = '\x88\x02\x03\xe9';
const connect = (id: number): Buffer =>
  headers(id, request({ ':method': 'CONNECT' }, [[':protocol', 'websocket']]), END_HEADERS);
const data = (id: number, text: string, flags = 0): Buffer => frame(TYPE.DATA, flags, id, Buffer.from(text, 'latin1'));
const reset = (id: number): Buffer => frame(TYPE.RST_STREAM, 0, id, uint32(CODE.CANCEL));

/** The server's end of the tunnel: it notes what it is told. */
class LabEnd implements TunnelEnd {
  heard = '';
  readonly told: string[] = [];
  isFull = false;

  write(buf: Buffer, start: number, end: number): boolean {
    this.heard += buf.latin1Slice(start, end);
    return !this.isFull;
  }
  finish = (): void => void this.told.push('finish');
  pause = (): void => void this.told.push('pause');
  resume = (): void => void this.told.push('resume');
  close = (): void => void this.told.push('close');
  reset = (): void => void this.told.push('reset');
}

let lab: Http2Lab;
let client: LabClient;
let end: LabEnd;
let tunnel: Tunnel;

/** A WebSocket on this stream; its server has said nothing. */
async function open(id = 1): Promise<void> {
  end = new LabEnd();
  client.send(connect(id));
  const { exchange } = lab.servers.at(-1)!;
  const fields = 'Sec-WebSocket-Accept: x\r\n';
  const head = { status: 101, reason: '', fields, body: 0, contentLength: -1, hasDate: true } as const;
  tunnel = exchange.onSwitch(head, end);
  await client.settle();
}

const say = (text: string): void => {
  const bytes = Buffer.from(text, 'latin1');
  tunnel.fromServer(bytes, 0, bytes.length, true);
};
const heard = (id = 1): string => Buffer.concat(client.of('DATA', id).map(({ payload }) => payload)).latin1Slice();
const resets = (id = 1): number[] => client.of('RST_STREAM', id).map(({ payload }) => payload.readUInt32BE(0));
/** Requests that run, and leases. */
const running = (): number[] => [lab.counters.inFlight, lab.servers.at(-1)!.exchange.upstream?.inFlight ?? 0];

beforeEach(async () => {
  lab = new Http2Lab();
  client = lab.open();
  await open();
});
afterEach(async () => {
  client.socket.destroy();
  await client.settle();
  expect(lab.faults).toEqual([]);
  expect([lab.counters.inFlight, lab.counters.connections, lab.lent]).toEqual([0, 0, 0]);
  expect(lab.spareStreamsAreDistinct).toBe(true);
});

describe('deadlines', () => {
  test('none of a payload: a client may be silent for an hour, however little it sent (T5, T6, U5)', async () => {
    client.send(data(1, 'x'));
    lab.tick(3590);
    await client.settle();
    expect([resets(), heard(), end.told]).toEqual([[], '', []]);
    say('y');
    lab.tick(3590);
    client.send(data(1, 'x'));
    lab.tick(3590);
    expect([resets(), end.heard]).toEqual([[], 'xx']);
  });

  test('nor before the server has answered', async () => {
    client.send(connect(3), data(3, 'x'));
    lab.tick(300);
    await client.settle();
    expect([resets(3), lab.servers.at(-1)!.isAborted]).toEqual([[], false]);
    client.send(reset(3));
    expect(lab.servers.at(-1)!.isAborted).toBe(true);
  });

  test('an hour without a byte ends it', async () => {
    lab.tick(3605);
    await client.settle();
    expect([resets(), end.told, running()]).toEqual([[CODE.CANCEL], ['reset'], [0, 0]]);
    expect(lab.counters.report().reasons).toEqual({ tunnel_idle: 1 });
  });

  test('a client that opens no window has a minute, whatever it sends (T14)', async () => {
    say('x'.repeat(70_000));
    await client.settle();
    expect([heard().length, end.told]).toEqual([65_535, ['pause']]);
    lab.tick(50);
    client.send(data(1, 'ping'));
    lab.tick(15);
    await client.settle();
    expect([resets(), end.told.at(-1)]).toEqual([[CODE.CANCEL], 'reset']);
    expect(lab.counters.report().reasons).toEqual({ client_stalled: 1 });
  });

  test('and goes on when it opens one in time', async () => {
    say('x'.repeat(70_000));
    lab.tick(50);
    client.send(frame(TYPE.WINDOW_UPDATE, 0, 1, uint32(65_536)), frame(TYPE.WINDOW_UPDATE, 0, 0, uint32(65_536)));
    await client.settle();
    expect([heard().length, end.told]).toEqual([70_000, ['pause', 'resume']]);
    lab.tick(600);
    expect(resets()).toEqual([]);
  });

  test('one that never ends is given up behind the close of both', async () => {
    tunnel.serverEnded();
    await client.settle();
    expect(client.isWhole(1)).toBe(true);
    lab.tick(65);
    await client.settle();
    expect([resets(), running()]).toEqual([[CODE.CANCEL], [0, 0]]);
  });
});

describe('back-pressure', () => {
  test('a server that is full gets no more, and the client no more window', async () => {
    end.isFull = true;
    client.send(data(1, 'a'.repeat(16_384)));
    const before = client.credit(1);
    for (let n = 0; n < 14; n++) client.send(data(1, 'b'.repeat(16_384)));
    await client.settle();
    expect([end.heard.length, client.credit(1) - before]).toEqual([16_384, 0]);
    end.isFull = false;
    client.send(data(1, 'c', END_STREAM));
    expect(end.told).toEqual([]);
    tunnel.serverDrained();
    expect([end.heard.length, end.heard.at(-1), end.told]).toEqual([15 * 16_384 + 1, 'c', ['finish']]);
  });

  test('a socket that is full holds the server up', async () => {
    client.send(frame(TYPE.WINDOW_UPDATE, 0, 1, uint32(1_000_000)), frame(TYPE.WINDOW_UPDATE, 0, 0, uint32(1_000_000)));
    client.socket.isHeld = true;
    for (let n = 0; n < 20 && !end.told.includes('pause'); n++) {
      say('x'.repeat(60_000));
      await client.settle();
    }
    expect(end.told).toEqual(['pause']);
    client.socket.isHeld = false;
    await client.settle();
    expect(end.told).toEqual(['pause', 'resume']);
  });
});

describe('a server that is told to stop', () => {
  /** For as long as its tunnels are kept. */
  const stop = (): void => {
    lab.servers.at(-1)!.exchange.upstream!.leave('draining');
    lab.tick(9);
  };

  test('says so in time, and is answered (RFC 6455 7.4.1)', async () => {
    stop();
    await client.settle();
    expect([heard(), client.isWhole(1), resets()]).toEqual([CLOSE, true, []]);
    client.send(data(1, 'bye', END_STREAM));
    await client.settle();
    expect([end.heard.endsWith('bye'), end.told, running()]).toEqual([true, ['finish', 'close'], [0, 0]]);
    expect(resets()).toEqual([]);
  });

  test('behind the frame that it has begun', async () => {
    say('\x81\x05he');
    stop();
    await client.settle();
    expect([heard(), client.isWhole(1)]).toEqual(['\x81\x05he', false]);
    say('llo\x81\x01x');
    await client.settle();
    expect([heard(), client.isWhole(1)]).toEqual([`\x81\x05hello${CLOSE}`, true]);
  });

  test('and waits for the answer of a client as long as it should, not longer', async () => {
    stop();
    lab.tick(4);
    await client.settle();
    expect([end.told.at(-1), running(), resets()]).toEqual(['close', [0, 0], []]);
    lab.tick(4);
    await client.settle();
    expect(resets()).toEqual([CODE.NO_ERROR]);
  });
});

describe('the end', () => {
  test.for<[what: string, act: () => void]>([
    ['the client resets', () => client.send(reset(1))],
    ['the server is gone', () => tunnel.serverGone()],
    [
      'both end',
      () => {
        client.send(data(1, 'x', END_STREAM));
        tunnel.serverEnded();
      },
    ],
    [
      'both end, the server first',
      () => {
        tunnel.serverEnded();
        client.send(data(1, 'x', END_STREAM));
      },
    ],
    [
      'the server ends, and the client resets',
      () => {
        tunnel.serverEnded();
        client.send(reset(1));
      },
    ],
    ['the client sends trailers', () => client.send(headers(1, Buffer.alloc(0)))],
    ['it is idle', () => lab.tick(3605)],
  ])('%s: nothing of it is left, and its stream serves others', async ([, act]) => {
    const old = [tunnel, end] as const;
    act();
    await client.settle();
    const ends = client.of('DATA', 1).filter(({ flags }) => (flags & END_STREAM) !== 0).length + resets().length;
    expect(ends).toBeLessThanOrEqual(1);
    expect(running()).toEqual([0, 0]);
    old[0].serverGone();
    lab.tick(5);
    // Only the connection's own deadline.
    expect(lab.timers).toBe(1);

    client.send(headers(3));
    // Nobody takes a late word of the one before for this one's.
    const word = Buffer.from('late');
    old[0].fromServer(word, 0, 4, true);
    old[0].serverDrained();
    old[0].onTimeout();
    lab.servers.at(-1)!.respond(100_000);
    client.send(frame(TYPE.WINDOW_UPDATE, 0, 3, uint32(100_000)), frame(TYPE.WINDOW_UPDATE, 0, 0, uint32(100_000)));
    await client.settle();
    expect([client.bytes(3), client.isWhole(3), resets(3)]).toEqual([100_000, true, []]);
  });
});
