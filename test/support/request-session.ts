import { canonicalOf, expectedForward } from './forward-model.ts';
import type { Arrival } from './judging-backend.ts';
import { LoopbackClient } from './loopback-client.ts';
import { type RawMessage, readMessages } from './raw-http.ts';
import { type Random, splitAnywhere } from './random.ts';
import { readRequests, type RequestRead, type RequestStream } from './reference-reader.ts';

/** One answer a client must read. */
interface ExpectedAnswer {
  readonly statuses: readonly number[];
  /** A HEAD request, so there is no body; undefined where the router may have refused the head before it knew the method. */
  readonly isHead: boolean | undefined;
  /** Number of the forwarded request it answers, or -1 for an answer of the router's own. */
  readonly echo: number;
}

interface ExpectedSession {
  /** Canonical texts of the requests the backend must see, in order. */
  readonly forwarded: string[];
  readonly answers: ExpectedAnswer[];
  /** The last answer may be missing: an unfinished head is refused at once or with its end. */
  lastIsOptional: boolean;
}

const MALFORMED = [400, 413, 414, 431, 501, 505];

/** What must become of a client's stream that ends with a half-close (rules X7, X14, V5, V6 and section 12). */
function expectSession(stream: RequestStream, peer: string, startsWithHead: boolean): ExpectedSession {
  const session: ExpectedSession = { forwarded: [], answers: [], lastIsOptional: false };
  const own = (statuses: readonly number[], isHead: boolean | undefined): void =>
    void session.answers.push({ statuses, isHead, echo: -1 });
  for (const request of stream.requests) {
    const expected = expectedForward(request, peer);
    const isHead = request.method === 'HEAD';
    if (expected.kind === 'answer') own([expected.status], isHead);
    else if (request.bodyEnd === 'complete') {
      session.answers.push({ statuses: [200], isHead, echo: session.forwarded.push(expected.message) });
    } else own([400], isHead);
    if (expected.closes || request.bodyEnd !== 'complete') return session;
  }
  if (stream.stop === 'head') {
    session.lastIsOptional = true;
    own(MALFORMED, startsWithHead ? undefined : false);
  } else if (typeof stream.stop === 'object') own(stream.stop, startsWithHead ? undefined : false);
  return session;
}

/** Sends streams to a router, one connection each, and tells what was not as the rules have it. */
export class RequestSessions {
  /** Requests that the backend saw, by client. */
  private readonly arrivals = new Map<string, Arrival[]>();
  /** From clients that nobody knows: nothing of the kind may arrive. */
  readonly strays: string[] = [];
  private readonly port: number;

  constructor(port: number) {
    this.port = port;
  }

  /** The backend's part: answers with the client and the number of the request, so that each answer can be told apart. */
  readonly onRequest = (arrival: Arrival): void => {
    const seen = this.arrivals.get(arrival.peer);
    if (seen === undefined) this.strays.push(arrival.text);
    const echo = `${arrival.peer}/${seen?.push(arrival) ?? 0}`;
    const body = arrival.message.startLine.startsWith('HEAD ') ? '' : echo;
    arrival.answer(`HTTP/1.1 200 OK\r\nX-Echo: ${echo}\r\nContent-Length: ${echo.length}\r\n\r\n${body}`);
  };

  /**
   * Sends `text` in pieces and a half-close. `read` messages of it were the router's to judge: behind one that it refuses
   * it looks at nothing. `heed` is given what arrived at the backend.
   */
  async run(
    text: string,
    random: Random,
    heed?: (arrivals: readonly Arrival[]) => Promise<string | undefined>,
  ): Promise<{ readonly read: number; readonly complaint: string | undefined }> {
    const client = await LoopbackClient.open(this.port);
    const seen: Arrival[] = [];
    this.arrivals.set(client.address, seen);
    try {
      const stream = readRequests(text);
      const rest = text.slice(stream.at);
      const expected = expectSession(stream, client.address, /^(?:\r\n)?HEAD /.test(rest));
      await this.send(client, text, stream.requests, random);
      const hasEnded = await client.until(() => false);
      const complaint = hasEnded
        ? (complaintAbout(expected, seen, client) ?? (await heed?.(seen)))
        : `no end; received ${JSON.stringify(client.received)}`;
      return { read: Math.max(1, expected.answers.length), complaint };
    } finally {
      this.arrivals.delete(client.address);
      client.close();
    }
  }

  private async send(
    client: LoopbackClient,
    text: string,
    requests: readonly RequestRead[],
    random: Random,
  ): Promise<void> {
    const mode = random.below(4);
    if (mode === 1) {
      for (const piece of splitAnywhere(random, Buffer.from(text, 'latin1'), 6)) {
        client.send(piece);
        await new Promise((resolve) => setImmediate(resolve));
      }
    } else if (mode === 2) {
      // One after another, each behind the answer to the one before.
      let at = 0;
      for (const { end, bodyEnd } of requests) {
        client.send(text.slice(at, end));
        at = end;
        const before = client.received.length;
        if (bodyEnd === 'complete') await client.until(() => client.received.length > before);
      }
      client.send(text.slice(at));
    } else client.send(text);
    client.end();
  }
}

function complaintAbout(
  expected: ExpectedSession,
  seen: readonly Arrival[],
  client: LoopbackClient,
): string | undefined {
  const forwarded = seen.map(({ message }) => canonicalOf(message));
  for (let i = 0; i < Math.max(forwarded.length, expected.forwarded.length); i++) {
    if (forwarded[i] === expected.forwarded[i]) continue;
    return `the backend got ${JSON.stringify(forwarded[i])}, should get ${JSON.stringify(expected.forwarded[i])}`;
  }
  const answers = readAnswers(client.received, expected.answers);
  if (typeof answers === 'string') return answers;
  const wanted = expected.answers.map(({ statuses, echo }) => `${statuses.join('|')} ${echo}`);
  const least = expected.answers.length - (expected.lastIsOptional ? 1 : 0);
  const isRight = answers.every((answer, i) => isAnswer(answer, expected.answers[i], client.address));
  if (isRight && answers.length >= least) return undefined;
  return `answers ${JSON.stringify(client.received)}, should be ${JSON.stringify(wanted)}`;
}

function readAnswers(text: string, expected: readonly ExpectedAnswer[]): RawMessage[] | string {
  const read = (headWithoutBody: boolean): RawMessage[] =>
    readMessages(text, 'response', ({ index }) =>
      (expected[index]?.isHead ?? headWithoutBody) ? 'no-body' : 'framed',
    );
  try {
    const answers = read(false);
    return answers.at(-1)?.isComplete === false ? read(true) : answers;
  } catch (error) {
    return `the client got ${JSON.stringify(text)}: ${String(error)}`;
  }
}

function isAnswer(answer: RawMessage, expected: ExpectedAnswer | undefined, address: string): boolean {
  if (expected === undefined || !answer.isComplete) return false;
  if (!expected.statuses.includes(Number(answer.startLine.slice(9, 12)))) return false;
  const echo = answer.fields.find(([name]) => name === 'X-Echo')?.[1];
  return echo === (expected.echo < 0 ? undefined : `${address}/${expected.echo}`);
}
