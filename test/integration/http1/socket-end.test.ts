import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setImmediate as immediate } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { SocketEnd } from '../../../src/http1/socket-end.ts';

const server = createServer({ allowHalfOpen: true });

beforeAll(() => once(server.listen(0, '127.0.0.1'), 'listening'));
afterAll(() => void server.close());

async function pair(): Promise<[here: Socket, there: Socket]> {
  const here = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true });
  const [[there]] = (await Promise.all([once(server, 'connection'), once(here, 'connect')])) as [[Socket], unknown];
  here.on('error', () => {});
  there.on('error', () => {});
  return [here, there];
}

// The kernel refuses a reset while an end is on its way, and Node then forgets the socket without closing it.
test.for<[when: string, wait: (socket: Socket) => unknown]>([
  ['in the same step', () => {}],
  ['in the same turn', () => Promise.resolve()],
  ['behind one turn', () => immediate()],
  ['behind the end', (socket) => vi.waitFor(() => expect(socket.writableFinished).toBe(true))],
])('an end, and a reset %s, close the socket', async ([, wait]) => {
  const [here, there] = await pair();
  const end = new SocketEnd(here, false);
  let isClosed = false;
  here.once('close', () => {
    isClosed = true;
  });
  end.finish();
  await wait(here);
  end.reset();
  await vi.waitFor(() => expect(isClosed).toBe(true));
  there.destroy();
});

test('behind bytes that the other side does not read a reset is told as one (U3)', async () => {
  const [here, there] = await pair();
  here.write(Buffer.alloc(16_000_000));
  const end = new SocketEnd(here, false);
  end.finish();
  end.reset();
  const [error] = (await once(there.resume(), 'error')) as [NodeJS.ErrnoException];
  expect(error.code).toBe('ECONNRESET');
});
