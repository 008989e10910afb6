import { setTimeout as delay } from 'node:timers/promises';
import { startClients } from './client-program.ts';
import { sendLoad } from './load.ts';
import type { Peer } from './peers.ts';
import { cpuMicros, residentKib } from './process-cpu.ts';
import { ROWS } from './rows.ts';
import { median } from './table.ts';

const SOCKETS = 32;
const IDLE = 9000;
const IDLE_HTTP2 = 1000;
const SLOW = 5000;

/** Figures of one peer by name, ready to print. */
export type Figures = Readonly<Record<string, number>>;

export interface ConnectionRow {
  readonly name: string;
  /** Measured this often for each peer; the median counts. */
  readonly rounds: number;
  measure(peer: Peer, seconds: number): Promise<Figures>;
}

/** What is measured of connections rather than of requests. */
export const CONNECTION_ROWS: readonly ConnectionRow[] = [
  { name: 'new TLS 1.3 connection + GET', rounds: 5, measure: (peer, seconds) => handshakes(peer, seconds, false) },
  { name: 'resumed TLS 1.3 connection + GET', rounds: 5, measure: (peer, seconds) => handshakes(peer, seconds, true) },
  { name: 'WebSocket message, 100 bytes', rounds: 3, measure: websocketMessages },
  { name: 'idle connection', rounds: 1, measure: (peer) => idleConnections(peer, IDLE, { isTls: false }) },
  { name: 'idle connection, TLS', rounds: 1, measure: (peer) => idleConnections(peer, IDLE, { isTls: true }) },
  {
    name: 'idle connection, h2',
    rounds: 1,
    measure: (peer) => idleConnections(peer, IDLE_HTTP2, { isTls: true, isHttp2: true }),
  },
  { name: `${SLOW} connections sending a byte a second`, rounds: 1, measure: slowConnections },
];

/** A message passes the proxy twice: to the server and back. */
async function websocketMessages(peer: Peer, seconds: number): Promise<Figures> {
  await using clients = await startClients('websocket', {
    port: peer.httpPort,
    isTls: false,
    count: SOCKETS,
    host: '127.0.0.1',
  });
  await delay(1000);
  const count = async (): Promise<readonly number[]> => (await clients.ask()).split(' ').map(Number);
  const [from = 0] = await count();
  const before = cpuMicros(peer.pid);
  await delay(seconds * 1000);
  const [to = 0, p50 = 0, p99 = 0] = await count();
  const cpu = cpuMicros(peer.pid) - before;
  return { 'CPU µs/message': cpu / (2 * (to - from)), 'p50 ms': p50, 'p99 ms': p99 };
}

/** A connection, one request on it, its end. wrk would resume every other one, so the clients are our own. */
async function handshakes(peer: Peer, seconds: number, isResumed: boolean): Promise<Figures> {
  const options = { port: peer.httpsPort, isTls: true, count: 8, host: 'localhost', isResumed };
  await using clients = await startClients('handshakes', options);
  const counts = async (): Promise<readonly number[]> => (await clients.ask()).split(' ').map(Number);
  await delay(500);
  const [from = 0, wrongFrom = 0] = await counts();
  const before = cpuMicros(peer.pid);
  await delay(seconds * 1000);
  const [to = 0, wrong = 0] = await counts();
  const cpu = cpuMicros(peer.pid) - before;
  if (wrong > wrongFrom) throw new Error(`${peer.name}: ${wrong - wrongFrom} handshakes were not as asked`);
  return { 'CPU µs/connection': cpu / (to - from) };
}

/** Resident memory that so many connections add, each after one request, to a proxy that has no spare memory from earlier load. */
async function idleConnections(
  busyPeer: Peer,
  count: number,
  kind: { readonly isTls: boolean; readonly isHttp2?: boolean },
): Promise<Figures> {
  const peer = await busyPeer.startFresh();
  const { isTls } = kind;
  const options = { port: isTls ? peer.httpsPort : peer.httpPort, host: isTls ? 'localhost' : '127.0.0.1', ...kind };
  // What the first connections cost once is not what each costs.
  await (await startClients('idle', { ...options, count: 200 }))[Symbol.asyncDispose]();
  const before = await settled(peer.pid);
  const clients = await startClients('idle', { ...options, count });
  const after = await settled(peer.pid);
  await clients[Symbol.asyncDispose]();
  await peer.stop();
  return { 'KiB each': (after - before) / count };
}

/** Resident memory once it stands still: the garbage of what happened before is gone. */
async function settled(pid: number): Promise<number> {
  let last = residentKib(pid);
  for (let still = 0, polls = 0; still < 5 && polls < 30; polls++) {
    await delay(1000);
    const now = residentKib(pid);
    still = Math.abs(now - last) < last * 0.002 ? still + 1 : 0;
    last = now;
  }
  return last;
}

/** How long a normal client waits while `SLOW` others send a byte of a head each second. */
async function slowConnections(peer: Peer, seconds: number): Promise<Figures> {
  const normal = { ...ROWS[0]!.workload, connections: 4 };
  const url = `http://127.0.0.1:${peer.httpPort}`;
  const rounds = async (): Promise<readonly [p50: number, p99: number]> => {
    const loads = [];
    for (let i = 0; i < 3; i++) loads.push(await sendLoad(url, normal, seconds));
    return [median(loads.map((load) => load.p50Ms)), median(loads.map((load) => load.p99Ms))];
  };
  const [p50, p99] = await rounds();
  const options = { port: peer.httpPort, isTls: false, count: SLOW, host: '127.0.0.1' };
  await using _clients = await startClients('slow', options);
  const [slowP50, slowP99] = await rounds();
  return { 'p50 ms': p50, 'p50 beside': slowP50, 'p99 ms': p99, 'p99 beside': slowP99, ratio: slowP99 / p99 };
}
