import { OK } from './fault-lab.ts';
import { answering, type Script } from './scripted-backend.ts';

const HEAD = 'HTTP/1.1 200 OK\r\n';
const COUNTED = `${HEAD}Content-Length: 10\r\n\r\nhalf`;
const CHUNKED = `${HEAD}Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n`;
const UNTIL_CLOSE = `${HEAD}\r\nhalf`;
const POST = 'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1\r\n\r\nx';

/** Something a server does wrong, what the client gets then, and the reason that is counted. */
export interface ServerFault {
  readonly title: string;
  readonly server: Script;
  /** Requests before it that go well, so that a pooled connection is used. */
  readonly isReused?: true;
  /** Default: a GET. */
  readonly request?: string;
  /** Bytes of the request that are sent behind the outcome. */
  readonly rest?: number;
  /** The client has got this before the server does the rest. */
  readonly before?: string;
  readonly afterwards?: Script;
  /** The rest befell an idle connection, which the router notices. */
  readonly isIdle?: true;
  /** Seconds that pass until somebody loses patience. */
  readonly seconds?: number;
  readonly outcome: string;
  readonly reasons: Readonly<Record<string, number>>;
  /** The client's connection is closed behind it; otherwise it must serve the next request. */
  readonly ends?: true;
}

const RESET_REASON = { upstream_reset: 1 };
const INVALID = { upstream_invalid: 1 };
const CUT = { upstream_cut_short: 1 };

const writes =
  (latin1: string): Script =>
  ({ write }) =>
    write(latin1);
const closes: Script = ({ socket }) => void socket.end();
const resets: Script = ({ reset }) => reset();
const writesAndCloses =
  (latin1: string): Script =>
  ({ socket }) =>
    void (socket.writable && socket.end(latin1, 'latin1'));
/** Whoever has answered before does this now; a fresh connection answers. */
const firstOnly =
  (script: Script): Script =>
  (connection) =>
    connection.index === 0 ? script(connection) : answering(OK)(connection);

export const SERVER_FAULTS: readonly ServerFault[] = [
  { title: 'closes before a byte', server: closes, outcome: '502', reasons: RESET_REASON },
  { title: 'resets before a byte', server: resets, outcome: '502', reasons: RESET_REASON },
  {
    title: 'closes inside the head',
    server: writesAndCloses(`${HEAD}Content-Le`),
    outcome: '502',
    reasons: RESET_REASON,
  },
  {
    title: 'resets inside the head',
    server: (connection) => {
      connection.write(`${HEAD}Content-Le`);
      connection.reset();
    },
    outcome: '502',
    reasons: RESET_REASON,
  },
  { title: 'is silent (T12)', server: () => {}, seconds: 62, outcome: '504', reasons: { response_timeout: 1 } },
  {
    title: 'is silent inside the head (T12)',
    server: writes(HEAD),
    seconds: 62,
    outcome: '504',
    reasons: { response_timeout: 1 },
  },
  ...(
    [
      ['a counted body', COUNTED],
      ['a chunked body', CHUNKED],
      ['a chunk', `${CHUNKED}9\r\nha`],
      ['the last chunk', `${CHUNKED}0\r\n`],
    ] as const
  ).map(([where, text]): ServerFault => ({
    title: `closes inside ${where} (B11)`,
    server: writesAndCloses(text),
    outcome: '200 cut',
    reasons: CUT,
    ends: true,
  })),
  ...(
    [
      ['a counted body', COUNTED],
      ['a chunked body', CHUNKED],
      ['a body until close', UNTIL_CLOSE],
    ] as const
  ).flatMap(([where, text]): ServerFault[] => [
    {
      title: `resets inside ${where} (B11)`,
      server: writes(text),
      before: 'half',
      afterwards: resets,
      outcome: '200 cut',
      reasons: CUT,
      ends: true,
    },
    {
      title: `stops inside ${where} (T13)`,
      server: writes(text),
      before: 'half',
      seconds: 302,
      outcome: '200 cut',
      reasons: { upstream_body_timeout: 1 },
      ends: true,
    },
  ]),
  {
    title: 'sends a chunk that is none (X8)',
    server: writes(CHUNKED),
    before: 'half',
    afterwards: writes('nonsense\r\n'),
    outcome: '200 cut',
    reasons: CUT,
    ends: true,
  },
  { title: 'sends garbage', server: writes('SSH-2.0-OpenSSH_9\r\n'), outcome: '502', reasons: INVALID },
  { title: 'sends a line without an end (T17)', server: endless(''), outcome: '502', reasons: INVALID },
  { title: 'sends a head without an end (T17)', server: endless('\r\n'), outcome: '502', reasons: INVALID },
  {
    title: 'sends 17 interim responses (B6)',
    server: writes('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(17)),
    outcome: `${'103, '.repeat(16)}502`,
    reasons: INVALID,
  },
  {
    title: 'switches protocols unasked (B7)',
    server: writes('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'),
    outcome: '502',
    reasons: INVALID,
  },
  { title: 'answers twice (B9)', server: answering(OK + OK), outcome: '200', reasons: {} },
  ...(
    [
      ['speaks', writes(OK)],
      ['closes', closes],
      ['resets', resets],
    ] as const
  ).map(([what, afterwards]): ServerFault => ({
    title: `answers and ${what} while nobody asks (B9)`,
    server: answering(OK),
    before: 'ok',
    afterwards,
    isIdle: true,
    outcome: '200',
    reasons: {},
  })),
  ...(
    [
      ['closes', closes],
      ['resets', resets],
      ['is gone', ({ socket }: Parameters<Script>[0]) => void socket.destroy()],
    ] as const
  ).flatMap(([what, script]): ServerFault[] => [
    {
      title: `${what} the moment its connection is used again: a GET is repeated`,
      server: firstOnly(script),
      isReused: true,
      outcome: '200',
      reasons: {},
    },
    {
      title: `${what} the moment its connection is used again: a POST is not`,
      server: firstOnly(script),
      isReused: true,
      request: POST,
      outcome: '502',
      reasons: RESET_REASON,
    },
  ]),
  ...(
    [
      ['413', 'HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n'],
      ['200', OK],
    ] as const
  ).flatMap(([status, text]): ServerFault[] =>
    (
      [
        ['reads on', () => {}],
        ['reads no more', ({ socket }: Parameters<Script>[0]) => void socket.pause()],
        ['closes', closes],
        ['resets', resets],
      ] as const
    ).map(([what, afterwards]) => ({
      title: `answers ${status} ahead of the request's end and ${what} (X15)`,
      server: once(text),
      request: upload(200_000),
      rest: 200_000,
      before: `${status} `,
      afterwards,
      outcome: status,
      reasons: {},
    })),
  ),
];

/** The head of an upload; its payload is left to the test. */
export function upload(bytes: number): string {
  return `POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${bytes}\r\n\r\n`;
}

/** One answer, as soon as anything came. */
function once(text: string): Script {
  const done = new WeakSet<object>();
  return (connection) => {
    if (!done.has(connection)) connection.write(text);
    done.add(connection);
  };
}

/** Fields, or one of them, for as long as the router listens. */
function endless(lineEnd: string): Script {
  const piece = `X-Endless: ${'x'.repeat(500)}${lineEnd}`.repeat(64);
  return ({ socket, write }) => {
    write(HEAD);
    const go = (): void => {
      while (socket.writable) if (!socket.write(piece)) return;
    };
    socket.on('drain', go);
    go();
  };
}
