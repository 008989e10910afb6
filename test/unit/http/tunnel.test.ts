import { expect, test } from 'vitest';
import { DEFAULT_CLIENT_LIMITS } from '../../../src/config/client-limits.ts';
import type { DataPlane } from '../../../src/http/data-plane.ts';
import type { FailureReason } from '../../../src/http/failure.ts';
import { Tunnel, type TunnelEnd } from '../../../src/http/tunnel.ts';
import type { UpstreamConnection } from '../../../src/http/upstream-connection.ts';
import { TimerWheel } from '../../../src/lib/timer-wheel.ts';
import { Upstream } from '../../../src/upstream/upstream.ts';
import { server } from '../../support/server-config.ts';

/** An end that notes what it is asked for; `isFull`: each write asks for a pause. */
function endOf(calls: string[], isFull: boolean): TunnelEnd {
  return {
    write: (_buf, start, end) => {
      calls.push(`write ${end - start}`);
      return !isFull;
    },
    finish: () => void calls.push('finish'),
    pause: () => void calls.push('pause'),
    resume: () => void calls.push('resume'),
    close: () => void calls.push('close'),
    reset: () => void calls.push('reset'),
  };
}

/** A tunnel of a server that is ready, with what its ends were asked for. */
function tunnelTo(isClientFull: boolean) {
  const wheel = new TimerWheel();
  const plane = { wheel, limits: DEFAULT_CLIENT_LIMITS } as DataPlane;
  const upstream = new Upstream<UpstreamConnection>(server(1));
  upstream.state = 'ready';
  const toServer: string[] = [];
  const toClient: string[] = [];
  const reasons: (FailureReason | undefined)[] = [];
  const tunnel = new Tunnel(plane, endOf(toServer, false), upstream, (reason) => reasons.push(reason));
  tunnel.join(endOf(toClient, isClientFull));
  return { wheel, upstream, tunnel, toServer, toClient, reasons };
}

test('the rest of a frame comes no faster than the client takes it', () => {
  const { wheel, upstream, tunnel, toServer } = tunnelTo(true);
  // A frame of a gigabyte begins.
  const head = Buffer.from([0x82, 127, 0, 0, 0, 0, 0x40, 0, 0, 0]);
  tunnel.fromServer(head, 0, head.length, true);
  tunnel.clientDrained();
  upstream.leave('draining');
  for (let second = 0; second < 10; second++) wheel.tick();
  toServer.length = 0;
  tunnel.fromServer(Buffer.alloc(1000), 0, 1000, true);
  expect(toServer).toEqual(['pause']);
});

test('a server that ends on its way out and is gone then: the client is told once, and nothing is written behind its end', () => {
  const { upstream, tunnel, toClient, reasons } = tunnelTo(false);
  upstream.leave('draining');
  tunnel.serverEnded();
  tunnel.serverGone();
  expect([toClient, reasons]).toEqual([['write 4', 'finish', 'close'], [undefined]]);
});
