import type { TlsOptions } from 'node:tls';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type FaultLab, GET, OK, serverPair, startFaultLab, WAYS, type Way } from '../../support/fault-lab.ts';
import { SERVER_FAULTS, type ServerFault, upload } from '../../support/server-faults.ts';

let tls: TlsOptions;
let lab: FaultLab;

beforeAll(async () => {
  tls = await serverPair();
});

afterEach(() => lab.stop());

const start = async (down: Way, up: Way): Promise<void> => {
  lab = await startFaultLab(down, up, tls);
};

describe.for(WAYS)('%s to %s: a server that', ([down, up]) => {
  test.for(SERVER_FAULTS.map((fault): [string, ServerFault] => [fault.title, fault]))('%s', async ([, fault]) => {
    await start(down, up);
    const client = await lab.open();
    if (fault.isReused) {
      client.send(GET);
      await client.got('200');
      client.received = '';
    }
    lab.backend.script = fault.server;
    client.send(fault.request ?? GET);
    const { before, seconds } = fault;
    if (before !== undefined) await client.until(() => client.received.includes(before), before);
    for (const connection of lab.backend.connections) fault.afterwards?.(connection);
    if (fault.isIdle) await vi.waitFor(() => expect(lab.backend.sockets.size).toBe(0), { interval: 2 });
    if (seconds !== undefined) {
      await client.until(() => [...lab.backend.connections].some(({ received }) => received !== ''), 'the request');
      lab.held.tick(seconds);
    }
    await client.got(fault.outcome);
    await lab.expectAllWell(client, fault);
    expect(lab.reasons()).toEqual(fault.reasons);
  });

  test('refuses connections', async () => {
    await start(down, up);
    await lab.backend.refuse();
    const client = await lab.open();
    client.send(GET);
    await client.got('502');
    await lab.backend.listen();
    await lab.expectAllWell(client);
    expect(lab.reasons()).toEqual({ upstream_refused: 1 });
  });

  test.for([
    ['resets', (socket: { resetAndDestroy(): unknown }) => void socket.resetAndDestroy(), 'upstream_reset'],
    ['closes', (socket: { end(): unknown }) => void socket.end(), 'upstream_reset'],
  ] as const)('%s as soon as it is connected, in TLS inside the handshake', async ([, accept, reason]) => {
    await start(down, up);
    lab.backend.onAccept = accept;
    const client = await lab.open();
    client.send(GET);
    await client.got('502');
    await lab.expectAllWell(client);
    expect(lab.reasons()).toEqual({ [reason]: 1 });
  });

  test('takes the connection and is silent from there (T11, T12)', async () => {
    await start(down, up);
    lab.backend.onAccept = () => {};
    const client = await lab.open();
    client.send(GET);
    await client.until(() => lab.backend.sockets.size === 1, 'the connection');
    // The other side of the connection may not be told yet; then it still counts as being made.
    if (up === 'plain') await vi.waitFor(() => expect([...lab.backend.sockets][0]!.bytesRead).toBeGreaterThan(0));
    lab.held.tick(up === 'TLS' ? 7 : 62);
    await client.got('504');
    await lab.expectAllWell(client);
    expect(lab.reasons()).toEqual({ [up === 'TLS' ? 'connect_timeout' : 'response_timeout']: 1 });
  });

  test('does not read a large upload: 504, not 408', async () => {
    await start(down, up);
    lab.backend.script = ({ socket }) => void socket.pause();
    const client = await lab.open();
    client.send(upload(1_000_000_000));
    await lab.sendUntilPaused(client);
    lab.held.tick(63);
    await client.got('504');
    // Whoever sent more than is thrown away for him is cut off.
    client.close();
    await lab.expectAllWell(await lab.open());
    expect(lab.reasons()).toEqual({ response_timeout: 1 });
  });

  test.for(['200', '413'])(
    'answers %s ahead of a payload that is too much to be thrown away: it closes (T9)',
    async (status) => {
      await start(down, up);
      const answered = new WeakSet<object>();
      lab.backend.script = (connection) => {
        if (!answered.has(connection)) connection.write(OK.replace('200', status));
        answered.add(connection);
      };
      const client = await lab.open();
      client.send(upload(1_000_000));
      await client.until(() => client.received.includes('\r\n\r\nok'), 'the answer');
      client.send('x'.repeat(300_000));
      await client.got(status);
      await lab.expectAllWell(client, { ends: true });
      expect(lab.reasons()).toEqual({});
    },
  );
});

test('a server behind TLS that speaks plain HTTP', async () => {
  await start('plain', 'TLS');
  lab.backend.onAccept = (socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
  const client = await lab.open();
  client.send(GET);
  await client.got('502');
  await lab.expectAllWell(client);
  expect(lab.reasons()).toEqual({ upstream_tls: 1 });
});
