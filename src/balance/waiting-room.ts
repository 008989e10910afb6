import type { Upstream } from '../upstream/upstream.ts';
import { Pause } from './pause.ts';

/** A request that waits for a server. */
export interface Waiter {
  /** A server is ready; the waiter has left the room. */
  onServer(): void;
}

/** Servers that a room looks at: those of the newest version of its service. */
export interface RoomService {
  readonly upstreams: readonly Upstream[];
}

/**
 * Of one service, in this worker. There is no bound over all services, so that one app's outage takes no place from another's: the
 * limit of connections is that bound.
 */
const MAX_WAITERS = 8000;
/**
 * A server that has just begun to listen is not met by thousands at once: its queue of connections overflows, and whoever is dropped
 * there tries again after one, three and seven seconds. So many go at once while so few are under way at each server, and else a few.
 */
const BATCH = 50;
const FEW_UNDER_WAY = 64;
const TRICKLE = 5;
const BATCH_MS = 5;

/** The waiting rooms of a worker, one for each name of a service. */
export class WaitingRooms {
  private readonly rooms = new Map<string, WaitingRoom>();
  private readonly occupied = new Set<WaitingRoom>();

  /** The room of a service: whoever waits in it waits for any service of this name, also for one that was away meanwhile. */
  of(service: string): WaitingRoom {
    return this.rooms.getOrInsertComputed(service, () => new WaitingRoom(this));
  }

  /** Forgets the rooms of other services than these, once they are empty. */
  retain(services: { has(name: string): boolean }): void {
    for (const [name, room] of this.rooms) {
      if (services.has(name) || this.occupied.has(room)) continue;
      this.rooms.delete(name);
      // Requests that are on their way may still come here, and nobody would tell them of its end.
      room.pause.isOn = false;
    }
  }

  /** Services for which this is true take no request to a server from now on, the others do, also those that are away. */
  pause(isPaused: (service: string) => boolean): void {
    for (const [name, room] of this.rooms) room.pause.isOn = isPaused(name);
  }

  /** Called when servers or their states have changed. */
  wake(): void {
    for (const room of [...this.occupied]) room.release();
  }

  note(room: WaitingRoom, isEmpty: boolean): void {
    if (isEmpty) this.occupied.delete(room);
    else this.occupied.add(room);
  }
}

/**
 * Where requests of one service wait while it has no ready server (design section 8): first in, first out, each no longer than the
 * service's hold. Outlives snapshots, whose services of one name share it.
 */
export class WaitingRoom {
  /** Of the service. */
  readonly pause: Pause;
  private readonly rooms: WaitingRooms;
  private readonly waiters = new Set<Waiter>();
  private service: RoomService | undefined = undefined;
  private lostAt = -Infinity;
  private isReleasing = false;

  constructor(rooms: WaitingRooms, pause = new Pause()) {
    this.rooms = rooms;
    this.pause = pause;
  }

  /** The newest version of the service. */
  get current(): RoomService | undefined {
    return this.service;
  }

  /** The service has a new version. `now` in milliseconds of `performance.now`. */
  adopt(service: RoomService, now: number): void {
    if (service === this.service) return;
    this.lostAt = this.lastReadyAt(now);
    this.service = service;
  }

  /**
   * Whether it is worth to wait: some server may yet become ready, or one was within the last `holdMs`, so that its successor may be on
   * its way.
   */
  isOpen(now: number, holdMs: number): boolean {
    if (holdMs <= 0 || this.service === undefined) return false;
    return this.service.upstreams.some(({ state }) => state !== 'down') || now - this.lastReadyAt(now) < holdMs;
  }

  /** False: there is no room left. */
  enter(waiter: Waiter): boolean {
    if (this.waiters.size >= MAX_WAITERS) return false;
    this.waiters.add(waiter);
    this.rooms.note(this, false);
    return true;
  }

  /** The waiter gives up, or its client did. */
  leave(waiter: Waiter): void {
    if (this.waiters.delete(waiter)) this.rooms.note(this, this.waiters.size === 0);
  }

  /** Nobody's patience counts now: an operator has paused the service, or it is a matter of milliseconds until their turn. */
  get suspendsTime(): boolean {
    return this.pause.isOn || this.isReleasing;
  }

  /** Sends the first ones on their way, if a server is ready and the service not paused, and the others soon after. */
  release(): void {
    if (this.isReleasing) return;
    const most = this.batch();
    for (let sent = 0; sent < most && this.maySend(); sent++) {
      const [first] = this.waiters;
      if (first === undefined) return;
      this.leave(first);
      first.onServer();
    }
    if (this.waiters.size === 0 || !this.maySend()) return;
    this.isReleasing = true;
    setTimeout(() => {
      this.isReleasing = false;
      this.release();
    }, BATCH_MS);
  }

  /** A server of the newest version is ready. */
  hasReady(): boolean {
    return this.service?.upstreams.some(({ state }) => state === 'ready') === true;
  }

  private batch(): number {
    let room = 0;
    for (const { state, inFlight } of this.service?.upstreams ?? []) {
      if (state === 'ready') room += Math.max(0, FEW_UNDER_WAY - inFlight);
    }
    return Math.max(TRICKLE, Math.min(BATCH, room));
  }

  private maySend(): boolean {
    return !this.pause.isOn && this.hasReady();
  }

  private lastReadyAt(now: number): number {
    const times = this.service?.upstreams.map(({ state, leftReadyAt }) => (state === 'ready' ? now : leftReadyAt));
    return Math.max(this.lostAt, ...(times ?? []));
  }
}
