import { beforeEach, describe, expect, test } from 'vitest';
import { type LabClient, Http2Lab, type LabServer } from '../../support/http2-lab.ts';
import {
  block,
  CODE,
  FLAG,
  frame,
  GET,
  headers,
  PREFACE,
  request,
  settings,
  TYPE,
  uint32,
} from '../../support/http2-wire.ts';

const { END_HEADERS, END_STREAM } = FLAG;
const INITIAL_WINDOW_SIZE = 4;
const POST = request({ ':method': 'POST' });
const post = (id: number): Buffer => headers(id, POST, END_HEADERS);
const data = (id: number, bytes: number, flags = 0): Buffer => frame(TYPE.DATA, flags, id, Buffer.alloc(bytes, 'x'));
const windowUpdate = (id: number, bytes: number): Buffer => frame(TYPE.WINDOW_UPDATE, 0, id, uint32(bytes));

let lab: Http2Lab;

beforeEach(() => {
  lab = new Http2Lab();
});

const reasons = (): object => lab.counters.report().reasons;

/** The code of the reset of a stream; -1: none came. */
const resetOf = (client: LabClient, id: number): number =>
  client.of('RST_STREAM', id)[0]?.payload.readUInt32BE(0) ?? -1;

/** The status of the answer on a stream: an index of the static table, or a literal. */
function statusOf(client: LabClient, id: number): number {
  const payload = client.of('HEADERS', id)[0]?.payload;
  if (payload === undefined) return 0;
  return [200, 204, 206, 304, 400, 404, 500][payload[0]! - 0x88] ?? Number(payload.latin1Slice(2, 5));
}

/** Second by second, so that what is written in one can leave before the next. */
async function pass(client: LabClient, seconds: number): Promise<void> {
  for (let n = 0; n < seconds; n++) {
    lab.tick(1);
    await client.settle();
  }
}

async function expectWell(client: LabClient, id = 101): Promise<void> {
  client.send(headers(id));
  lab.servers.at(-1)!.respond(2);
  await client.settle();
  expect([statusOf(client, id), client.isWhole(id), client.goAway]).toEqual([200, true, -1]);
}

/** The server of the request that is begun with these frames. */
function begin(client: LabClient, ...frames: Buffer[]): LabServer {
  client.send(...frames);
  return lab.servers.at(-1)!;
}

describe('the beginning and heads (T4)', () => {
  test.for<[what: string, parts: readonly Buffer[]]>([
    ['nothing', []],
    ['a part of the preface', [PREFACE.subarray(0, 9)]],
    ['the preface and no settings', [PREFACE]],
    ['a part of settings', [PREFACE, settings([3, 1]).subarray(0, 11)]],
    ['a part of HEADERS', [PREFACE, settings(), headers(1).subarray(0, 20)]],
    ['a block without its end', [PREFACE, settings(), headers(1, block(GET), END_STREAM)]],
  ])('%s within 10 s', async ([, parts]) => {
    const client = lab.connect();
    if (parts.length > 0) client.send(...parts);
    await pass(client, 9);
    expect(client.socket.isEnded || client.socket.isDestroyed).toBe(false);
    await pass(client, 3);
    expect([client.socket.isEnded, client.of('GOAWAY').length]).toEqual([true, 1]);
    await pass(client, 4);
    expect([client.socket.isDestroyed, lab.timers, lab.counters.connections]).toEqual([true, 0, 0]);
  });

  test('a byte a second does not lengthen it', async () => {
    const client = lab.open();
    for (const byte of headers(1).subarray(0, 14)) {
      client.send(Buffer.from([byte]));
      await pass(client, 1);
    }
    expect(client.socket.isEnded).toBe(true);
  });

  test('a new head begins a new time', async () => {
    const client = lab.open();
    for (let id = 1; id < 20; id += 2) {
      client.send(headers(id).subarray(0, 20));
      await pass(client, 6);
      const server = begin(client, headers(id).subarray(20));
      server.respond(0);
    }
    await client.settle();
    expect([lab.servers.length, client.goAway]).toEqual([10, -1]);
  });
});

describe('payload of requests', () => {
  test('no byte for a minute (T5): 408, and the stream ends', async () => {
    const client = lab.open();
    const server = begin(client, post(1), data(1, 1));
    await pass(client, 59);
    expect(statusOf(client, 1)).toBe(0);
    await pass(client, 3);
    expect([statusOf(client, 1), server.isAborted, reasons()]).toEqual([408, true, { body_timeout: 1 }]);
    await pass(client, 4);
    expect(resetOf(client, 1)).toBe(CODE.NO_ERROR);
    await expectWell(client);
  });

  test('a byte each half minute is a sign of life (T5), where no rate is asked', async () => {
    lab = new Http2Lab({ bodyBytesPerSecond: 0 });
    const client = lab.open();
    const server = begin(client, post(1));
    for (let n = 0; n < 5; n++) {
      client.send(data(1, 1));
      await pass(client, 30);
    }
    client.send(data(1, 1, END_STREAM));
    expect([server.received, server.isRequestWhole]).toEqual([6, true]);
  });

  test('below 500 bytes a second (T6): 408', async () => {
    const client = lab.open();
    const server = begin(client, post(1));
    for (let second = 0; second < 13; second++) {
      client.send(data(1, 100));
      await pass(client, 1);
    }
    expect([statusOf(client, 1), server.isAborted, reasons()]).toEqual([408, true, { body_too_slow: 1 }]);
    await expectWell(client);
  });

  test('the time that a server keeps its client waiting is not the client’s (T6)', async () => {
    const client = lab.open();
    const server = begin(client, post(1));
    for (let n = 0; n < 4; n++) {
      server.isFull = true;
      client.send(data(1, 10));
      client.send(data(1, 10));
      await pass(client, 15);
      server.isFull = false;
      server.exchange.onUpstreamDrain();
    }
    client.send(data(1, 0, END_STREAM));
    await client.settle();
    expect([reasons(), server.isRequestWhole]).toEqual([{}, true]);
  });

  test('the time that a server keeps its client waiting is not the client’s (T5)', async () => {
    const client = lab.open();
    const server = begin(client, post(1));
    server.isFull = true;
    client.send(data(1, 16_384));
    client.send(data(1, 16_384));
    await pass(client, 50);
    server.isFull = false;
    server.exchange.onUpstreamDrain();
    await pass(client, 50);
    client.send(data(1, 10, END_STREAM));
    expect([reasons(), server.isRequestWhole]).toEqual([{}, true]);
  });

  test('a server may take its time for what has come, as long as it takes some', async () => {
    const client = lab.open();
    const server = begin(client, post(1));
    server.isFull = true;
    for (const flags of [0, 0, 0, END_STREAM]) client.send(data(1, 16_384, flags));
    for (let n = 0; n < 4; n++) {
      await pass(client, 40);
      server.exchange.onUpstreamDrain();
    }
    expect([reasons(), server.received, server.isRequestWhole]).toEqual([{}, 65_536, true]);
  });

  test('a server that takes nothing more, with all of it come, fails, too: 504', async () => {
    const client = lab.open();
    const server = begin(client, post(1));
    server.isFull = true;
    for (const flags of [0, 0, END_STREAM]) client.send(data(1, 16_384, flags));
    await pass(client, 40);
    server.exchange.onUpstreamDrain();
    await pass(client, 62);
    expect([statusOf(client, 1), reasons()]).toEqual([504, { response_timeout: 1 }]);
  });

  test('a server that takes nothing for a minute is the one that fails: 504', async () => {
    const client = lab.open();
    const server = begin(client, post(1));
    server.isFull = true;
    client.send(data(1, 16_384));
    client.send(data(1, 16_384));
    await pass(client, 62);
    expect([statusOf(client, 1), reasons()]).toEqual([504, { response_timeout: 1 }]);
    await expectWell(client);
  });
});

describe('a client that takes nothing (T14)', () => {
  test('of one stream: it is reset after a minute', async () => {
    const client = lab.open([INITIAL_WINDOW_SIZE, 0]);
    const server = begin(client, headers(1));
    server.respond(1_000_000);
    await pass(client, 59);
    expect(resetOf(client, 1)).toBe(-1);
    await pass(client, 3);
    expect([resetOf(client, 1), server.isAborted, lab.lent]).toEqual([CODE.INTERNAL_ERROR, true, 0]);
    expect(reasons()).toEqual({ client_stalled: 1 });
  });

  test('of a response that is wholly in our hands: it is reset after a minute', async () => {
    const client = lab.open([INITIAL_WINDOW_SIZE, 0]);
    begin(client, headers(1)).respond(1000);
    await pass(client, 62);
    expect([resetOf(client, 1), lab.lent, lab.counters.inFlight]).toEqual([CODE.CANCEL, 0, 0]);
  });

  test('slow is not nothing: what takes 400 bytes a second gets all', async () => {
    const client = lab.open([INITIAL_WINDOW_SIZE, 0]);
    begin(client, headers(1)).respond(200_000);
    for (let n = 0; n < 500 && !client.isWhole(1); n++) {
      client.send(windowUpdate(1, 20_000), windowUpdate(0, 20_000));
      await pass(client, 50);
    }
    expect([client.isWhole(1), client.bytes(1), reasons()]).toEqual([true, 200_000, {}]);
  });
});

/** The client has read everything that was said: it answers the last PING. */
const answerPing = (client: LabClient): void => {
  client.send(frame(TYPE.PING, FLAG.ACK, 0, client.of('PING').at(-1)!.payload));
};
const goAways = (client: LabClient): number[] => client.of('GOAWAY').map(({ payload }) => payload.readUInt32BE(0));
/** RFC 9113 6.8: not yet known. */
const ANY = 0x7fff_ffff;

describe('between requests', () => {
  test('nothing to do for 75 s (T7): GOAWAY without an error', async () => {
    const client = lab.open();
    begin(client, headers(1)).respond(2);
    await pass(client, 74);
    expect(client.goAway).toBe(-1);
    await pass(client, 5);
    expect([client.goAway, client.socket.isEnded]).toEqual([CODE.NO_ERROR, true]);
    expect(goAways(client)).toEqual([ANY, 1]);
  });

  test('a request that is served is not idle', async () => {
    const client = lab.open();
    const server = begin(client, headers(1));
    await pass(client, 200);
    server.respond(2);
    await client.settle();
    expect([client.isWhole(1), client.goAway]).toEqual([true, -1]);
    await pass(client, 78);
    expect(client.goAway).toBe(CODE.NO_ERROR);
  });
});

describe('the end', () => {
  test('a drain ends connections that have nothing to do as soon as their client knows', async () => {
    const client = lab.open();
    client.connection.drain();
    await client.settle();
    expect([goAways(client), client.goAway, client.socket.isEnded]).toEqual([[ANY], CODE.NO_ERROR, false]);
    answerPing(client);
    await client.settle();
    expect([goAways(client), client.socket.isEnded]).toEqual([[ANY, 0], true]);
    await pass(client, 4);
    expect([client.socket.isDestroyed, lab.timers]).toEqual([true, 0]);
  });

  test('or had the time to know', async () => {
    const client = lab.open();
    client.connection.drain();
    await pass(client, 3);
    expect([goAways(client), client.socket.isEnded]).toEqual([[ANY, 0], true]);
  });

  test('one that has not begun to speak is not waited for', async () => {
    const client = lab.connect();
    client.connection.drain();
    await client.settle();
    expect([goAways(client), client.socket.isEnded]).toEqual([[0], true]);
  });

  test('a client that is gone meanwhile leaves nothing', async () => {
    const client = lab.open();
    client.connection.drain();
    client.socket.destroy();
    expect(lab.timers).toBe(0);
  });

  test.for([false, true])(
    'what a client has not yet taken leaves behind its end (V6); all of it was ready: %s',
    async (isReady) => {
      const client = lab.open([INITIAL_WINDOW_SIZE, 1_000_000]);
      const server = begin(client, windowUpdate(0, 1_000_000), headers(1));
      client.socket.isHeld = true;
      server.respond(isReady ? 40_000 : 300_000);
      await client.settle();
      expect(lab.counters.inFlight).toBe(isReady ? 0 : 1);
      client.socket.emit('end');
      await client.settle();
      expect(client.socket.isDestroyed).toBe(false);
      client.socket.isHeld = false;
      await client.settle();
      expect([client.bytes(1), client.isWhole(1), client.goAway]).toEqual([
        isReady ? 40_000 : 300_000,
        true,
        CODE.NO_ERROR,
      ]);
      expect([client.socket.isEnded, lab.lent]).toEqual([true, 0]);
      await pass(client, 4);
      expect([client.socket.isDestroyed, lab.timers, reasons()]).toEqual([true, 0, {}]);
    },
  );

  test('half a frame before the end of a client does not end what it is owed (T4, V6)', async () => {
    const client = lab.open();
    const server = begin(client, headers(1), data(1, 10).subarray(0, 5));
    client.socket.emit('end');
    await pass(client, 60);
    server.respond(2);
    await client.settle();
    expect([statusOf(client, 1), client.isWhole(1), client.socket.isEnded]).toEqual([200, true, true]);
  });

  test('a drain lets what runs finish, and what was on its way, and takes nothing new (M12)', async () => {
    const client = lab.open();
    const server = begin(client, post(1));
    client.connection.drain();
    client.connection.drain();
    // It was sent before the client had read of it.
    const late = begin(client, headers(3), data(1, 10, END_STREAM));
    // Not the one that was asked.
    client.send(frame(TYPE.PING, FLAG.ACK, 0, Buffer.alloc(8)));
    await client.settle();
    expect([goAways(client), lab.servers.length]).toEqual([[ANY], 2]);
    answerPing(client);
    client.send(headers(5));
    await client.settle();
    expect([client.goAway, goAways(client)]).toEqual([CODE.NO_ERROR, [ANY, 3]]);
    expect([lab.servers.length, server.isRequestWhole, client.socket.isEnded]).toEqual([2, true, false]);
    late.respond(2);
    server.respond(100_000);
    client.send(windowUpdate(0, 100_000), windowUpdate(1, 100_000));
    await client.settle();
    expect([client.isWhole(1), client.bytes(1), client.isWhole(3)]).toEqual([true, 100_000, true]);
    expect(client.socket.isEnded).toBe(true);
  });

  test('the last request of a connection is served behind GOAWAY (T8)', async () => {
    lab = new Http2Lab({ requests: 3 });
    const client = lab.open();
    for (const id of [1, 3, 5]) begin(client, headers(id));
    await client.settle();
    answerPing(client);
    client.send(headers(7));
    await client.settle();
    expect([lab.servers.length, client.goAway, goAways(client)]).toEqual([3, CODE.NO_ERROR, [ANY, 5]]);
    for (const server of lab.servers) server.respond(3);
    await client.settle();
    expect([[1, 3, 5].map((id) => client.isWhole(id)), client.socket.isEnded]).toEqual([[true, true, true], true]);
  });
});
