import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A Docker engine whose every word is scripted, on a real unix socket. */
export interface FakeEngine {
  readonly endpoint: string;
  /** Paths asked for so far, without the query. */
  readonly calls: readonly string[];
  /** Query of the last event subscription. */
  readonly eventQuery: () => URLSearchParams;
  /** `since` of each event subscription, refused ones too; undefined where there was none. */
  readonly since: readonly (string | undefined)[];
  /** Status of the answer to a subscription with `since`. */
  sinceStatus: number;
  /** What an event stream begins with, given its `since`. */
  replay: (since: string | undefined) => string;
  /** Event streams open now. */
  readonly streams: () => number;
  /** What the next lists answer; a function decides anew at each call, a string is sent as it is. */
  rows: unknown;
  /** Signals that stop containers, by id; empty: it does not say. Other containers may not be inspected, as behind a filter. */
  readonly stopSignals: Map<string, string>;
  /** Sent with the head of a list, before `beforeList` runs. */
  listBegin: string;
  /** Runs before each list is answered. */
  beforeList: () => Promise<void> | void;
  /** Status of every answer. */
  status: number;
  /** Sends text into all open event streams, as one chunk. */
  send(text: string | Uint8Array): void;
  /** Cuts all connections and refuses new ones: the engine is gone. */
  goAway(): Promise<void>;
  /** Listens again on the same socket. */
  comeBack(): Promise<void>;
  /** Ends open event streams in the proper way. */
  endStreams(): void;
  stop(): Promise<void>;
}

/** Starts it, listening; `isAway` leaves it absent until `comeBack`. */
export async function startFakeEngine(options: { readonly isAway?: boolean } = {}): Promise<FakeEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-fake-'));
  const path = join(folder, 'docker.sock');
  const calls: string[] = [];
  const streams = new Set<ServerResponse>();
  const since: (string | undefined)[] = [];
  let query = new URLSearchParams();
  let server: Server | undefined;

  const openStream = (response: ServerResponse, url: URL) => {
    query = url.searchParams;
    const asked = url.searchParams.get('since') ?? undefined;
    since.push(asked);
    if (asked !== undefined && engine.sinceStatus !== 200) {
      response.statusCode = engine.sinceStatus;
      response.end('{"message":"scripted"}');
      return;
    }
    streams.add(response);
    response.once('close', () => streams.delete(response));
    response.flushHeaders();
    const past = engine.replay(asked);
    if (past !== '') response.write(past);
  };
  const inspect = (response: ServerResponse, id: string): void => {
    const stopSignal = engine.stopSignals.get(id);
    if (stopSignal === undefined) response.writeHead(403).end('{"message":"not allowed"}');
    else response.end(JSON.stringify({ Config: stopSignal === '' ? {} : { StopSignal: stopSignal } }));
  };
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://engine');
    calls.push(url.pathname);
    response.statusCode = engine.status;
    if (engine.status !== 200) response.end('{"message":"scripted"}');
    else if (url.pathname === '/events') openStream(response, url);
    else if (/^\/containers\/[^/]+\/json$/.test(url.pathname)) inspect(response, url.pathname.split('/')[2]!);
    else if (url.pathname === '/version') response.end('{"Version":"99.0","ApiVersion":"1.99"}');
    else {
      if (engine.listBegin !== '') response.write(engine.listBegin);
      await engine.beforeList();
      response.end(typeof engine.rows === 'string' ? engine.rows : JSON.stringify(engine.rows));
    }
  };
  const listen = async () => {
    server = createServer((request, response) => void answer(request, response)).listen(path);
    await once(server, 'listening');
  };
  const close = async () => {
    if (server === undefined) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
    server = undefined;
  };
  const engine: FakeEngine = {
    endpoint: `unix://${path}`,
    calls,
    eventQuery: () => query,
    since,
    sinceStatus: 200,
    replay: () => '',
    streams: () => streams.size,
    rows: [],
    stopSignals: new Map(),
    listBegin: '',
    beforeList: () => undefined,
    status: 200,
    send: (text) => streams.forEach((stream) => stream.write(text)),
    goAway: close,
    comeBack: listen,
    endStreams: () => streams.forEach((stream) => stream.end()),
    stop: async () => {
      await close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  if (!options.isAway) await listen();
  return engine;
}
