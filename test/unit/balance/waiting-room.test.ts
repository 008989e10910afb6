import { describe, expect, test, vi } from 'vitest';
import { Pause } from '../../../src/balance/pause.ts';
import { type Waiter, WaitingRoom, WaitingRooms } from '../../../src/balance/waiting-room.ts';
import type { ServerState } from '../../../src/protocol.ts';
import { Upstream } from '../../../src/upstream/upstream.ts';
import { server } from '../../support/server-config.ts';

function roomOf(...states: readonly ServerState[]) {
  const rooms = new WaitingRooms();
  const room = new WaitingRoom(rooms);
  const upstreams = states.map((state, index) => {
    const upstream = new Upstream(server(index + 1));
    upstream.state = state;
    return upstream;
  });
  room.adopt({ upstreams }, 0);
  return { rooms, room, upstreams };
}

const waiter = (served: string[], name: string): Waiter => ({ onServer: () => void served.push(name) });

describe('a room is open', () => {
  test.for([
    [['starting'], true],
    [['draining'], true],
    [['down', 'starting'], true],
    [['down'], false],
    [[], false],
  ] as const)('with servers %j: %s', ([states, isOpen]) => {
    expect(roomOf(...states).room.isOpen(1_000_000, 5000)).toBe(isOpen);
  });

  test('for the time of the hold after the last server was ready', () => {
    const { room } = roomOf('ready');
    room.adopt({ upstreams: [] }, 1000);
    expect([room.isOpen(5999, 5000), room.isOpen(6001, 5000)]).toEqual([true, false]);
  });

  test('never without a hold', () => {
    expect(roomOf('starting').room.isOpen(1, 0)).toBe(false);
  });
});

describe('who waits', () => {
  test('goes in the order of coming, in batches, once a server is ready', async () => {
    const { rooms, room, upstreams } = roomOf('starting');
    const served: string[] = [];
    for (let index = 0; index < 120; index++) room.enter(waiter(served, String(index)));
    rooms.wake();
    expect(served).toEqual([]);
    upstreams[0]!.state = 'ready';
    rooms.wake();
    expect(served.length).toBe(50);
    await vi.waitFor(() => expect(served.length).toBe(120));
    expect(served).toEqual(Array.from({ length: 120 }, (_, index) => String(index)));
  });

  test('stays when the server is gone again before its turn', () => {
    const { rooms, room, upstreams } = roomOf('ready');
    const served: string[] = [];
    for (let index = 0; index < 60; index++) {
      room.enter({
        onServer: () => {
          served.push(String(index));
          upstreams[0]!.state = 'down';
        },
      });
    }
    rooms.wake();
    expect(served).toEqual(['0']);
  });

  test('does so until the pause of the service is over, and loses no time meanwhile', () => {
    const pause = new Pause();
    const rooms = new WaitingRooms();
    const room = new WaitingRoom(rooms, pause);
    const upstream = new Upstream(server(1));
    upstream.state = 'ready';
    room.adopt({ upstreams: [upstream] }, 0);
    const served: string[] = [];
    pause.isOn = true;
    for (const name of ['a', 'b']) room.enter(waiter(served, name));
    rooms.wake();
    expect([served, room.suspendsTime]).toEqual([[], true]);
    pause.isOn = false;
    expect(room.suspendsTime).toBe(false);
    rooms.wake();
    expect(served).toEqual(['a', 'b']);
  });

  test('waits on when a pause begins between two batches', async () => {
    const pause = new Pause();
    const rooms = new WaitingRooms();
    const room = new WaitingRoom(rooms, pause);
    const upstream = new Upstream(server(1));
    upstream.state = 'ready';
    room.adopt({ upstreams: [upstream] }, 0);
    const served: string[] = [];
    for (let index = 0; index < 60; index++) room.enter(waiter(served, String(index)));
    rooms.wake();
    expect([served.length, room.suspendsTime]).toEqual([50, true]);
    pause.isOn = true;
    // The next batch has had its turn when a wake-up is heeded again.
    await vi.waitFor(() => {
      pause.isOn = false;
      const { suspendsTime } = room;
      pause.isOn = true;
      expect(suspendsTime).toBe(false);
    });
    expect(served.length).toBe(50);
    pause.isOn = false;
    rooms.wake();
    expect(served.length).toBe(60);
  });

  test.for([
    ['nothing', [0], 50],
    ['some', [40], 24],
    ['much', [64], 5],
    ['more than that', [500], 5],
    ['much at one of two', [64, 20], 44],
  ] as const)('goes with so many others as are not much for servers that have %s under way', ([, underWay, sent]) => {
    const { rooms, room, upstreams } = roomOf(...underWay.map(() => 'ready' as const));
    for (const [index, count] of underWay.entries()) upstreams[index]!.inFlight = count;
    const served: string[] = [];
    for (let index = 0; index < 60; index++) room.enter(waiter(served, String(index)));
    rooms.wake();
    expect(served.length).toBe(sent);
  });

  test('and leaves is forgotten', () => {
    const { rooms, room, upstreams } = roomOf('starting');
    const served: string[] = [];
    const leaving = waiter(served, 'leaving');
    room.enter(leaving);
    room.enter(waiter(served, 'staying'));
    room.leave(leaving);
    upstreams[0]!.state = 'ready';
    rooms.wake();
    expect(served).toEqual(['staying']);
  });

  test('finds no place when eight thousand wait for the same service already; another has its own room', () => {
    const { rooms, room } = roomOf('starting');
    const other = new WaitingRoom(rooms);
    const waiters = Array.from({ length: 8000 }, (_, index) => waiter([], String(index)));
    for (const one of waiters) expect(room.enter(one)).toBe(true);
    expect(room.enter(waiter([], 'late'))).toBe(false);
    expect(other.enter(waiter([], 'neighbour'))).toBe(true);
    room.leave(waiters[0]!);
    expect(room.enter(waiter([], 'now'))).toBe(true);
  });
});
