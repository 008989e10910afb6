import { Agent, request as requestHttp } from 'node:http';
import { Agent as SecureAgent, request as requestHttps } from 'node:https';

/** How a visitor comes. */
export interface VisitorKind {
  readonly scheme: 'http' | 'https';
  /** A connection of its own, closed behind the answer; else one that is kept. */
  readonly isFresh: boolean;
  readonly method: 'GET' | 'POST';
}

/** What became of one request. */
export interface Visit {
  readonly id: string;
  readonly kind: VisitorKind;
  /** Milliseconds of `performance.now`. */
  readonly sentAt: number;
  readonly ms: number;
  /** Status, or why there was no whole answer. */
  readonly outcome: number | string;
  /** Name of the sample app that answered. */
  readonly app: string | undefined;
}

export interface Visitors extends AsyncDisposable {
  readonly visits: readonly Visit[];
  /** Sends no more and waits for those on their way. */
  stop(): Promise<readonly Visit[]>;
}

export interface VisitorOptions {
  /** `127.0.0.1:PORT` by scheme; a scheme without one is not used. */
  readonly at: Partial<Readonly<Record<'http' | 'https', string>>>;
  readonly name: Readonly<Record<'http' | 'https', string>>;
  readonly perSecond: number;
  /** Default: all. */
  readonly kinds?: readonly VisitorKind[];
  /** Path of a GET; default `/`. A POST executes its id. */
  readonly path?: string;
}

const METHODS = ['GET', 'GET', 'GET', 'POST'] as const;
/** Kept connections, TLS, and GET come more often, as they do in life. */
const ALL_KINDS: readonly VisitorKind[] = (['https', 'http'] as const).flatMap((scheme) =>
  [false, false, true].flatMap((isFresh) => METHODS.map((method) => ({ scheme, isFresh, method }))),
);

let lastId = 0;

/**
 * Visitors who come at a steady pace, whether those before them were served or not (an open loop): over kept and fresh connections, TLS
 * and plain, with GET and with POST that has an id of its own.
 */
export function startVisitors({ at, name, perSecond, kinds = ALL_KINDS, path = '/' }: VisitorOptions): Visitors {
  const usable = kinds.filter(({ scheme }) => at[scheme] !== undefined);
  const kept = { http: new Agent({ keepAlive: true }), https: new SecureAgent({ keepAlive: true }) };
  const visits: Visit[] = [];
  const running = new Set<Promise<void>>();
  const send = (kind: VisitorKind): Promise<void> => {
    const { scheme, isFresh, method } = kind;
    const [host, port] = at[scheme]!.split(':') as [string, string];
    const id = `${process.pid}-${++lastId}`;
    const sentAt = performance.now();
    const body = method === 'POST' ? `order ${id}` : '';
    const options = {
      host,
      port: Number(port),
      method,
      path: method === 'POST' ? `/execute?id=${id}` : path,
      headers: { host: name[scheme], ...(body === '' ? {} : { 'content-length': body.length }) },
      agent: isFresh ? false : kept[scheme],
      servername: name[scheme],
      rejectUnauthorized: false,
    } as const;
    return new Promise((resolve) => {
      const note = (outcome: number | string, app?: string): void => {
        visits.push({ id, kind, sentAt, ms: performance.now() - sentAt, outcome, app });
        resolve();
      };
      const request = scheme === 'https' ? requestHttps(options) : requestHttp(options);
      request.on('error', (error: NodeJS.ErrnoException) => note(error.code ?? error.message));
      request.on('response', (response) => {
        const app = response.headers['x-app'];
        response.on('error', () => note('cut'));
        response.on('end', () => note(response.statusCode ?? 0, typeof app === 'string' ? app : undefined));
        response.resume();
      });
      request.end(body);
    });
  };
  let turn = 0;
  const begunAt = performance.now();
  let sent = 0;
  // A timer that comes late makes up for it: the pace holds whatever the machine does.
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - begunAt) / 1000) * perSecond);
    for (; sent < due; sent++) {
      const visit = send(usable[turn++ % usable.length]!).then(() => void running.delete(visit));
      running.add(visit);
    }
  }, 5);
  const stop = async (): Promise<readonly Visit[]> => {
    clearInterval(timer);
    await Promise.all(running);
    for (const agent of Object.values(kept)) agent.destroy();
    return visits;
  };
  return { visits, stop, [Symbol.asyncDispose]: async () => void (await stop()) };
}

/** One line for each kind of request and outcome that is no success. */
export function failedVisits(visits: readonly Visit[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { outcome, kind } of visits) {
    if (outcome === 200) continue;
    const line = `${kind.method} ${kind.scheme} ${kind.isFresh ? 'fresh' : 'kept'}: ${outcome}`;
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  return [...counts].map(([line, count]) => `${count} × ${line}`);
}

/**
 * What is wrong about how often the app executed each POST: once where it was answered, at most once where it was not. `executed` are
 * the lines that apps wrote.
 */
export function executionFaults(visits: readonly Visit[], executed: readonly string[]): readonly string[] {
  const times = new Map<string, number>();
  for (const id of executed) times.set(id, (times.get(id) ?? 0) + 1);
  return visits
    .filter(({ kind }) => kind.method === 'POST')
    .flatMap(({ id, outcome }) => {
      const count = times.get(id) ?? 0;
      if (count > 1 || (outcome === 200 && count !== 1)) return [`POST ${id}: ${outcome}, executed ${count} times`];
      return [];
    });
}

/** The slowest but one of a hundred, in milliseconds. */
export function p99(visits: readonly Visit[]): number {
  const times = visits.map(({ ms }) => ms).sort((left, right) => left - right);
  return times[Math.ceil(times.length * 0.99) - 1] ?? 0;
}
