import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { Pool } from 'undici';
import type { MirrorRequest } from '../http/mirrors.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { tlsOptions } from './dial.ts';

/** So much of an answer is read away for the sake of the connection; a longer one ends with it. */
const MAX_ANSWER_BYTES = 1_048_576;
const IDLE_MS = 4000;

/** Gone with their upstreams; what is idle in them has ended by then. */
const pools = new WeakMap<Upstream, Pool>();

/**
 * Sends a copy of a request over connections that are for copies only, with the transport of its server (B14). Loaded when the first
 * copy is sent: a worker without mirrors has no second HTTP client in its memory.
 */
export async function sendMirror(upstream: Upstream, request: MirrorRequest, timeoutMs: number): Promise<void> {
  const pool = pools.getOrInsertComputed(upstream, poolOf);
  const { method, path, host, fields, body } = request;
  const signal = AbortSignal.timeout(timeoutMs);
  const headers = ['Host', host, ...listOf(fields)];
  const answer = await pool.request({ method, path, headers, body: body ?? null, signal });
  await answer.body.dump({ limit: MAX_ANSWER_BYTES, signal });
}

function poolOf(upstream: Upstream): Pool {
  const isTls = upstream.config.scheme === 'https';
  return new Pool(`${isTls ? 'https' : 'http'}://${upstream.authority}`, {
    connect: (_options, done) => open(upstream, isTls, done),
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: IDLE_MS,
    keepAliveMaxTimeout: IDLE_MS,
    // Whoever asks has a deadline for the whole.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}

function open(upstream: Upstream, isTls: boolean, done: (...result: [null, Socket] | [Error, null]) => void): void {
  const { config, transport } = upstream;
  const socket = isTls
    ? connectTls(tlsOptions(upstream))
    : connect({ host: config.host, port: config.port, noDelay: true });
  // What undici goes by: HTTP/2 with prior knowledge.
  if (config.scheme === 'h2c') Object.assign(socket, { alpnProtocol: 'h2' });
  let isDone = false;
  const settle = (...result: [null, Socket] | [Error, null]): void => {
    if (isDone) return;
    isDone = true;
    socket.setTimeout(0);
    done(...result);
  };
  socket.setTimeout(transport.timeouts.connectMs, () => {
    if (!isDone) socket.destroy(new Error('it takes too long to connect'));
  });
  socket.once(isTls ? 'secureConnect' : 'connect', () => settle(null, socket));
  socket.on('error', (error) => settle(error, null));
  socket.once('close', () => settle(new Error('the connection was closed'), null));
}

/** Names and values in turn. */
function listOf(fields: string): string[] {
  return fields.split('\r\n').flatMap((line) => {
    const colon = line.indexOf(':');
    return colon < 0 ? [] : [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
}
