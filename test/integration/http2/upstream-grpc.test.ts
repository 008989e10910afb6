import {
  type ClientDuplexStream,
  type ClientReadableStream,
  type ClientUnaryCall,
  type ClientWritableStream,
  credentials,
  makeGenericClientConstructor,
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceError,
  type sendUnaryData,
  status,
  type StatusObject,
} from '@grpc/grpc-js';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { router, server, startDataPlane, type TestDataPlane } from '../../support/data-plane.ts';
import { pattern } from '../../support/http2-client.ts';

const asIs = { serialize: (value: Buffer): Buffer => value, deserialize: (value: Buffer): Buffer => value };
const method = (path: string, requestStream: boolean, responseStream: boolean) => ({
  path,
  requestStream,
  responseStream,
  requestSerialize: asIs.serialize,
  requestDeserialize: asIs.deserialize,
  responseSerialize: asIs.serialize,
  responseDeserialize: asIs.deserialize,
});
const SERVICE = {
  echo: method('/t.T/Echo', false, false),
  count: method('/t.T/Count', false, true),
  collect: method('/t.T/Collect', true, false),
  chat: method('/t.T/Chat', true, true),
};

interface Calls {
  echo(
    body: Buffer,
    metadata: Metadata,
    options: object,
    done: (error: ServiceError | null, answer?: Buffer) => void,
  ): ClientUnaryCall;
  count(body: Buffer): ClientReadableStream<Buffer>;
  collect(done: (error: ServiceError | null, answer?: Buffer) => void): ClientWritableStream<Buffer>;
  chat(): ClientDuplexStream<Buffer, Buffer>;
  close(): void;
}

const FAILURES = [status.CANCELLED, status.INVALID_ARGUMENT, status.NOT_FOUND, status.INTERNAL, status.UNAUTHENTICATED];
const GenericClient = makeGenericClientConstructor(SERVICE, 'T');

let app: Server;
let plane: TestDataPlane;
let client: Calls;
let cancelled = 0;

beforeAll(async () => {
  app = new Server();
  app.addService(SERVICE, {
    echo: (call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) => {
      const [wanted] = call.metadata.get('x-fail');
      const metadata = new Metadata();
      metadata.set('x-behind', 'yes');
      metadata.set('with_underline', call.metadata.get('user_id').join());
      if (wanted === undefined) done(null, call.request, metadata);
      else if (wanted === 'never') call.on('cancelled', () => (cancelled += 1));
      else done({ code: FAILURES.find((code) => String(code) === wanted)!, details: 'as you wish' });
    },
    count: (call: ServerWritableStream<Buffer, Buffer>) => {
      for (let i = 0; i < 100; i++) call.write(Buffer.from(String(i)));
      call.end();
    },
    collect: (call: ServerReadableStream<Buffer, Buffer>, done: sendUnaryData<Buffer>) => {
      const pieces: Buffer[] = [];
      call.on('data', (piece: Buffer) => pieces.push(piece));
      call.on('end', () => done(null, Buffer.concat(pieces)));
    },
    chat: (call: ServerDuplexStream<Buffer, Buffer>) => {
      call.on('data', (piece: Buffer) => call.write(piece));
      call.on('end', () => call.end());
    },
  });
  const port = await new Promise<number>((resolve, reject) => {
    app.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  plane = await startDataPlane(
    {
      routers: [router('Host(`localhost`)', { entrypoints: ['https'], tls: true })],
      services: [{ name: 's@test', servers: [server(port, { scheme: 'h2c' })], passHostHeader: true }],
      transports: {},
    },
    { http2: true },
  );
  const trusting = credentials.createSsl(Buffer.from(plane.rootPem));
  client = new GenericClient(`localhost:${plane.httpsPort}`, trusting) as unknown as Calls;
});
afterAll(async () => {
  client.close();
  await vi.waitFor(async () => expect((await plane.counters()).inFlight).toBe(0));
  await plane.stop();
  app.forceShutdown();
});

/** The answer and its trailers, or the status. */
function echo(body: Buffer, fields: Readonly<Record<string, string>> = {}, options = {}): Promise<Buffer | number> {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(fields)) metadata.set(name, value);
  return new Promise((resolve) => {
    client.echo(body, metadata, options, (error, answer) => resolve(error === null ? answer! : error.code));
  });
}

describe('a client of grpc-js, a server of grpc-js, and the router between them', () => {
  test.for([0, 1, 1000, 100_000, 3_000_000])('one message of %d bytes', async (size) => {
    const body = pattern(size);
    expect(body.equals((await echo(body)) as Buffer)).toBe(true);
  });

  test('many at once', async () => {
    const answers = await Promise.all(Array.from({ length: 100 }, (_, n) => echo(Buffer.from(String(n)))));
    expect(answers.map(String)).toEqual(Array.from({ length: 100 }, (_, n) => String(n)));
  });

  test('metadata and trailers, underlines in their names', async () => {
    const metadata = new Metadata();
    metadata.set('user_id', '7');
    const call = client.echo(Buffer.from('a'), metadata, {}, () => {});
    const [end] = (await once(call, 'status')) as [StatusObject];
    expect([end.code, end.metadata.get('x-behind'), end.metadata.get('with_underline')]).toEqual([0, ['yes'], ['7']]);
  });

  test.for(FAILURES)('a failure with status %d', async (code) => {
    expect(await echo(Buffer.from('a'), { 'x-fail': String(code) })).toBe(code);
  });

  test('a stream of answers', async () => {
    const got: string[] = [];
    for await (const piece of client.count(Buffer.alloc(0))) got.push(String(piece));
    expect(got).toEqual(Array.from({ length: 100 }, (_, n) => String(n)));
  });

  test('a stream of messages, one answer', async () => {
    const answered = new Promise<Buffer | number>((resolve) => {
      const call = client.collect((error, answer) => resolve(error === null ? answer! : error.code));
      for (let i = 0; i < 1000; i++) call.write(Buffer.from(`${i},`));
      call.end();
    });
    expect(String(await answered)).toBe(Array.from({ length: 1000 }, (_, n) => `${n},`).join(''));
  });

  test('a talk, each message at once', async () => {
    const call = client.chat();
    for (let i = 0; i < 20; i++) {
      const answered = once(call, 'data');
      call.write(Buffer.from(`message ${i}`));
      expect(String((await answered)[0])).toBe(`message ${i}`);
    }
    call.end();
    const [end] = (await once(call, 'status')) as [StatusObject];
    expect(end.code).toBe(0);
  });

  test('a deadline of the client calls the request off at the server', async () => {
    const code = await echo(Buffer.from('a'), { 'x-fail': 'never' }, { deadline: Date.now() + 200 });
    expect(code).toBe(4);
    await vi.waitFor(() => expect(cancelled).toBe(1));
  });
});
