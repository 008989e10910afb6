import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { oneService, router, server, startDataPlane, type TestDataPlane } from '../../support/data-plane.ts';
import { RawClient, rawBackend, type RawBackend } from '../../support/raw-http.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';
const SLOW = GET.replace('/', '/slow');
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

interface Served {
  readonly plane: TestDataPlane;
  readonly backend: RawBackend;
  /** Lets the answers to slow requests go. */
  readonly release: () => void;
}

/** A worker with this bound of memory. A bound below what the process uses is over at every look that finds work. */
async function serve(memoryBound: number): Promise<Served> {
  const slow: (() => void)[] = [];
  const backend = await rawBackend((socket, received) => {
    const write = (): void => void socket.write(OK);
    if (received.endsWith(SLOW)) slow.push(write);
    else if (received.endsWith('\r\n\r\n')) write();
  });
  const plane = await startDataPlane(oneService([server(backend.port)], [router('Host(`a.test`)')]), { memoryBound });
  onTestFinished(async () => {
    await plane.stop();
    await backend.close();
  });
  return { plane, backend, release: () => slow.splice(0).forEach((write) => write()) };
}

async function open(plane: TestDataPlane): Promise<RawClient> {
  const client = await RawClient.open(plane.httpPort);
  onTestFinished(() => client.close());
  return client;
}

async function ask(plane: TestDataPlane): Promise<string> {
  const client = await open(plane);
  client.send(GET);
  await client.until(() => /ok$|HTTP\/1\.1 503[^]*\r\n\r\n[^]+/.test(client.received), 'an answer');
  client.close();
  return client.received;
}

/** A slow request that is running: with so low a bound it is let in at every other look. */
async function startSlow(plane: TestDataPlane, backend: RawBackend): Promise<RawClient> {
  for (;;) {
    const client = await open(plane);
    client.send(SLOW);
    const hasCome = (): boolean => backend.received.join('').includes('/slow');
    await client.until(() => client.hasEnded || hasCome(), 'an end or the request at the server');
    if (hasCome()) return client;
  }
}

const status = async (plane: TestDataPlane): Promise<string> => (await ask(plane)).slice(9, 12);

const words = (plane: TestDataPlane): string[] =>
  plane.messages.flatMap((message) => (message.type === 'log' ? [message.message] : []));

describe('near the bound of memory', () => {
  test('new requests get 503 at once, those that run end well, and then new ones are served', async () => {
    const { plane, backend, release } = await serve(1);
    const running = await startSlow(plane, backend);
    // From the next look on there is work, so that shedding makes sense.
    await vi.waitFor(async () => expect(await status(plane)).toBe('503'), { timeout: 15_000 });
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(plane)));
    for (const answer of answers) {
      expect(answer).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n/);
      for (const field of ['Retry-After: 2', 'Connection: close']) expect(answer).toContain(`\r\n${field}\r\n`);
    }
    const before = backend.received.join('').length;
    expect(await status(plane)).toBe('503');
    expect(backend.received.join('').length).toBe(before);
    release();
    await running.until(() => running.hasEnded, 'the end of the answer');
    expect(running.received).toContain('200 OK');
    await vi.waitFor(async () => expect(await status(plane)).toBe('200'), { timeout: 15_000 });
    expect((await plane.counters()).reasons['overloaded']).toBeGreaterThanOrEqual(12);
    await vi.waitFor(() => expect(words(plane)).toContain('new requests are served again'), { timeout: 3000 });
    expect(words(plane)[0]).toMatch(/^memory runs out: new requests get 503; give the container more memory/);
  });

  test('idle connections are closed when it begins', async () => {
    // What this process uses is just allowed, until the test uses more.
    const { plane } = await serve(process.memoryUsage.rss() * 1.3);
    const client = await open(plane);
    client.send(GET);
    await client.until(() => client.received.endsWith('ok'), 'the answer');
    const ballast: Buffer[] = [];
    await vi.waitFor(
      () => {
        ballast.push(Buffer.alloc(32 * 1024 * 1024, 1));
        expect(client.hasEnded).toBe(true);
      },
      { timeout: 12_000, interval: 400 },
    );
    expect(client.received.split('HTTP/1.1').length).toBe(2);
    expect(words(plane).length).toBeGreaterThan(0);
    expect(ballast.length).toBeGreaterThan(1);
  });
});

test('far from it nothing is shed', async () => {
  const { plane } = await serve(process.memoryUsage.rss() * 10);
  const client = await open(plane);
  const dates = new Set<string>();
  // The worker looks once a second, when it renews the date.
  while (dates.size < 3) {
    const answer = await ask(plane);
    expect(answer).toMatch(/^HTTP\/1.1 200 /);
    dates.add(/\r\nDate: ([^\r]+)/.exec(answer)![1]!);
  }
  expect([client.hasEnded, words(plane)]).toEqual([false, []]);
});
