import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Tunnel } from '../../src/http/tunnel.ts';
import { Http2Lab, type LabServer } from '../support/http2-lab.ts';
import { complaintAboutFrames } from '../support/http2-judge.ts';
import { chance, splitAnywhere, Xorshift } from '../support/random.ts';
import type { Finding } from './finding.ts';
import { anyConnection } from './http2-corpus.ts';
import type { ParserFuzzOptions, ParserFuzzResult } from './parser-fuzz.ts';

const MAX_GROWTH = 8 << 20;
const MAX_FINDINGS = 5;
/** Turns of the event loop are for what the engine does later; one for so many connections. */
const PER_TURN = 64;

/** Runs connections full of mutated frames through the HTTP/2 engine, with a server that does anything, and judges what it says. */
export async function fuzzHttp2(options: ParserFuzzOptions): Promise<ParserFuzzResult> {
  const collect = collector();
  const start = performance.now();
  const findings: Finding[] = [];
  const lab = new Http2Lab();
  let early = 0;
  let count = 0;
  let nextLine = start + 3000;
  for (; count < options.count && findings.length < MAX_FINDINGS; count++) {
    // Each has a seed of its own: what is found at n is found again by a run that begins there.
    const random = new Xorshift(options.seed + count);
    const sent = anyConnection(random);
    const complaint = safely(() => tryConnection(lab, random, sent));
    if (complaint !== undefined) {
      const where = `connection with seed ${options.seed + count}: ${complaint}`;
      findings.push({ part: 'http2', side: 'request', raw: sent.latin1Slice(), complaint: where });
    }
    if (count === Math.trunc(options.count / 5)) early = collect();
    if (count % PER_TURN > 0) continue;
    await new Promise((resolve) => setImmediate(resolve));
    const now = performance.now();
    if (now > options.deadline) break;
    if (now < nextLine) continue;
    nextLine = now + 3000;
    options.progress(`http2: ${count} of ${options.count}, ${Math.round((count * 1000) / (now - start))}/s`);
  }
  const late = collect();
  if (early > 0 && late - early > MAX_GROWTH) {
    findings.push({ part: 'http2', side: 'request', raw: '', complaint: `the heap grew by ${late - early} bytes` });
  }
  return { count, seconds: (performance.now() - start) / 1000, findings, heap: [early, late] };
}

/** One client, from its first byte to its end. */
function tryConnection(lab: Http2Lab, random: Xorshift, sent: Buffer): string | undefined {
  lab.servers.length = 0;
  lab.onServer = (one) => {
    if (chance(random, 70)) one.exchange.onSendable();
    if (chance(random, 60)) act(random, one);
  };
  const client = lab.connect();
  const inside = client.connection as unknown as { readonly streams: ReadonlyMap<number, unknown> };
  for (const chunk of splitAnywhere(random, sent, 5)) {
    if (chunk.length > 0 && !client.socket.isDestroyed) client.send(chunk);
    if (inside.streams.size > 100) return 'too many streams';
    for (const one of lab.servers) if (chance(random, 20)) act(random, one);
    if (chance(random, 10)) client.socket.isHeld = !client.socket.isHeld;
    if (chance(random, 10) && !client.socket.isHeld) client.socket.leave();
    if (chance(random, 5)) lab.tick(random.below(100));
    if (chance(random, 1)) client.connection.drain();
  }
  client.socket.isHeld = false;
  while (client.socket.leave());
  const complaint = complaintAboutFrames(client.socket.frames, sent);
  client.socket.destroy();
  for (const one of lab.servers) tunnels.get(one)?.serverGone();
  return complaint ?? complaintAboutRest(lab, inside.streams.size);
}

/** Of servers that switched. */
const tunnels = new WeakMap<LabServer, Tunnel>();
/** Those whose server has ended. */
const ended = new WeakSet<Tunnel>();

/** The server switches to WebSocket: from here on its end takes what it is given, or says that it is full. */
function switchOver(random: Xorshift, one: LabServer): void {
  const end = { finish() {}, pause() {}, resume() {}, close() {}, reset() {} };
  const head = { status: 101, reason: '', fields: '', body: 0, contentLength: -1, hasDate: true } as const;
  tunnels.set(one, one.exchange.onSwitch(head, { ...end, write: () => chance(random, 70) }));
}

function actInTunnel(random: Xorshift, tunnel: Tunnel): void {
  const bytes = Buffer.alloc([1, 100, 20_000, 100_000][random.below(4)]!);
  switch (random.below(8)) {
    case 0:
      ended.add(tunnel);
      return tunnel.serverEnded();
    case 1:
      ended.add(tunnel);
      return tunnel.serverGone();
    case 2:
      return tunnel.closeProperly();
    case 3:
    case 4:
      return tunnel.serverDrained();
    default:
      // Behind its end a socket brings nothing.
      if (!ended.has(tunnel)) tunnel.fromServer(bytes, 0, bytes.length, true);
  }
}

/** A server does something that a server may do now. */
function act(random: Xorshift, one: LabServer): void {
  const tunnel = tunnels.get(one);
  if (tunnel !== undefined) return actInTunnel(random, tunnel);
  if (!one.isCurrent) return;
  const { exchange } = one;
  if (exchange.request.isUpgrade && !exchange.hasStarted && chance(random, 60)) return switchOver(random, one);
  switch (random.below(7)) {
    case 0:
      if (exchange.hasStarted) exchange.onUpstreamFault(one, 'upstream_reset', false);
      else exchange.onUpstreamFault(one, 'upstream_invalid', false);
      return;
    case 1:
      exchange.onSendable();
      return;
    case 2:
      one.isFull = !one.isFull;
      if (!one.isFull) exchange.onUpstreamDrain();
      return;
    case 3:
      if (!exchange.hasStarted) exchange.onInterim(103, '', 'Link: x\r\n');
      return;
    default:
      if (exchange.hasStarted) return;
      one.respond([0, 1, 100, 20_000, 100_000, 300_000][random.below(6)]!, 200, 'Etag: "a"\r\n');
  }
}

/** Nothing is left of a client that is gone. */
function complaintAboutRest(lab: Http2Lab, streams: number): string | undefined {
  const { connections, inFlight } = lab.counters;
  if (lab.faults.length > 0) return String((lab.faults.pop() as Error).stack);
  if (streams > 0 || connections > 0 || inFlight > 0 || lab.lent > 0 || lab.timers > 0) {
    const left = { streams, connections, inFlight, lent: lab.lent, timers: lab.timers };
    return `left behind: ${JSON.stringify(left)}`;
  }
  return lab.spareStreamsAreDistinct ? undefined : 'a stream was given back twice';
}

function safely(complaintAbout: () => string | undefined): string | undefined {
  try {
    return complaintAbout();
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}

/** Collects garbage and tells what stays. */
function collector(): () => number {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  return () => {
    gc();
    gc();
    return process.memoryUsage().heapUsed;
  };
}
