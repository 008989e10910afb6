import { canonicalOf, expectedResponse } from './forward-model.ts';
import type { Arrival } from './judging-backend.ts';
import { LoopbackClient } from './loopback-client.ts';
import { chance, pick, type Random, splitAnywhere } from './random.ts';
import { type RawMessage, readMessages } from './raw-http.ts';
import { membersOf, readRequests, readResponse, type RequestRead } from './reference-reader.ts';

/** What a server does with one request. */
interface Script {
  readonly text: string;
  /** Where `text` is cut into writes; none when bytes behind the response must come with it. */
  readonly pieces: readonly Buffer[];
  readonly ends: boolean;
  /** The router must not send another request on this connection (B10). */
  readonly isLast: boolean;
}

/** What a client must read in answer to one request. */
interface ExpectedView {
  /** Interim responses and the final one; with `isCut` only what may come before the cut. */
  readonly messages: readonly string[];
  /** The last message is a failure page of the router's own. */
  readonly isFailure: boolean;
  readonly isCut: boolean;
  /** The connection ends behind it. */
  readonly ends: boolean;
  /** The cut must be a reset: an end would mean a complete body (B11). */
  readonly mustReset: boolean;
}

/** Lets a router relay scripted responses, many on one client connection, and tells what was not as the rules have it. */
export class ResponseSessions {
  private readonly scripts = new Map<string, Script>();
  private readonly port: number;
  private count = 0;

  constructor(port: number) {
    this.port = port;
  }

  /** The backend's part. Whatever else asks is answered with what it asked for. */
  readonly onRequest = (arrival: Arrival): void => {
    const target = arrival.message.startLine.split(' ')[1]!;
    const script = this.scripts.get(target);
    if (script === undefined) {
      arrival.answer(`HTTP/1.1 200 OK\r\nContent-Length: ${target.length}\r\n\r\n${target}`);
      return;
    }
    void play(script, arrival);
  };

  /** Asks on one connection for each of `texts` in turn, as long as it lasts. Returns how many were asked for. */
  async run(
    texts: readonly string[],
    random: Random,
  ): Promise<{ readonly asked: number; readonly complaint: string | undefined }> {
    const client = await LoopbackClient.open(this.port);
    let asked = 0;
    try {
      for (const text of texts) {
        const method = pick(random, ['GET', 'GET', 'HEAD', 'OPTIONS']);
        const target = `/r/${(this.count += 1)}`;
        const [request] = readRequests(requestText(random, method, target)).requests;
        const script = scriptFor(random, text, method);
        this.scripts.set(target, script);
        asked += 1;
        const complaint = await ask(client, request!, expectView(script, request!));
        this.scripts.delete(target);
        if (complaint !== undefined)
          return { asked, complaint: `${complaint}\nfor ${method} and ${JSON.stringify(script.text)}` };
        if (client.hasEnded) break;
      }
      return { asked, complaint: await this.complaintAboutNext() };
    } finally {
      client.close();
    }
  }

  /** Whoever comes next, on a connection of his own, must get his own answer. */
  private async complaintAboutNext(): Promise<string | undefined> {
    const client = await LoopbackClient.open(this.port);
    const target = `/marker/${(this.count += 1)}`;
    client.send(`GET ${target} HTTP/1.1\r\nHost: a.test\r\n\r\n`);
    const isAnswered = await client.until(() => client.received.endsWith(target));
    client.close();
    return isAnswered && client.received.endsWith(target)
      ? undefined
      : `the next client got ${JSON.stringify(client.received)}`;
  }
}

function requestText(random: Random, method: string, target: string): string {
  const minor = chance(random, 15) ? 0 : 1;
  const connection = pick(random, ['', '', '', 'Connection: close\r\n', 'Connection: keep-alive\r\n']);
  const te = chance(random, 30) ? 'TE: trailers\r\n' : '';
  return `${method} ${target} HTTP/1.${minor}\r\nHost: a.test\r\n${connection}${te}\r\n`;
}

function scriptFor(random: Random, text: string, method: string): Script {
  const { final, isInvalid } = readResponse(text, method);
  const isComplete = final?.bodyEnd === 'complete';
  const bytes = Buffer.from(text, 'latin1');
  // Bytes behind the response that come later than it may meet the next request (B9 is about idle connections).
  const mayBeSplit = isComplete ? final.end === text.length : !isInvalid;
  const pieces = mayBeSplit && chance(random, 30) ? splitAnywhere(random, bytes, 5) : [bytes];
  const isClean = isComplete && final.end === text.length && final.minor === 1;
  const isLast = !isClean || membersOf(final.lines, 'connection').includes('close');
  return { text, pieces, ends: !isComplete || chance(random, 10), isLast };
}

async function play(script: Script, arrival: Arrival): Promise<void> {
  if (script.isLast) arrival.retire();
  for (const [index, piece] of script.pieces.entries()) {
    if (index > 0) await new Promise((resolve) => setImmediate(resolve));
    arrival.answer(piece.latin1Slice());
  }
  if (script.ends) arrival.end();
}

function expectView(script: Script, request: RequestRead): ExpectedView {
  const { interims, final } = readResponse(script.text, request.method);
  const options = request.lines.filter(({ name }) => name === 'Connection').map(({ value }) => value);
  const closes = options.includes('close') || (request.minor === 0 && !options.includes('keep-alive'));
  // B5, B6: 100 only under E1, nothing of the kind to HTTP/1.0, and no more than 16.
  const relayed = interims.slice(0, 16).filter(({ status }) => status !== 100 && request.minor === 1);
  const messages = relayed.map((interim) => expectedResponse(interim, request, false));
  if (final === undefined) return { messages, isFailure: true, isCut: false, ends: closes, mustReset: false };
  const isUntilClose = final.framing === 'until-close';
  const isCut = final.bodyEnd !== 'complete' && !isUntilClose;
  const becomesUntilClose = request.minor === 0 && (isUntilClose || final.framing === 'chunked');
  const ends = closes || isCut || becomesUntilClose;
  if (!isCut) messages.push(expectedResponse(final, request, closes));
  return { messages, isFailure: false, isCut, ends, mustReset: isCut && becomesUntilClose };
}

async function ask(client: LoopbackClient, request: RequestRead, expected: ExpectedView): Promise<string | undefined> {
  client.received = '';
  client.send(`${request.startLine}\r\n${request.lines.map((line) => line.text).join('')}\r\n`);
  const seen = (): RawMessage[] =>
    readMessages(client.received, 'response', () => (request.method === 'HEAD' ? 'no-body' : 'framed'));
  const hasFinal = (): boolean => seen().some((message) => message.isComplete && !isInterim(message));
  try {
    if (!(await client.until(() => !expected.ends && hasFinal())))
      return `no answer; received ${JSON.stringify(client.received)}`;
    return complaintAbout(seen(), client, expected);
  } catch (error) {
    return `the client got ${JSON.stringify(client.received)}: ${String(error)}`;
  }
}

function isInterim({ startLine }: RawMessage): boolean {
  return startLine.startsWith('HTTP/1.1 1');
}

function complaintAbout(
  seen: readonly RawMessage[],
  client: LoopbackClient,
  expected: ExpectedView,
): string | undefined {
  const wrong = (): string =>
    `the client got ${JSON.stringify(client.received)}, should get ${JSON.stringify(expected)}`;
  if (client.hasEnded !== expected.ends) return `${client.hasEnded ? 'an' : 'no'} end; ${wrong()}`;
  if (expected.mustReset && !client.wasReset) return `an orderly end where only a reset tells the cut; ${wrong()}`;
  if (expected.isCut) {
    const final = seen.find((message) => !isInterim(message));
    return final?.isComplete === true ? `a complete response; ${wrong()}` : undefined;
  }
  const finals = expected.isFailure ? 1 : 0;
  if (seen.length !== expected.messages.length + finals) return wrong();
  if (finals === 1 && !seen.at(-1)!.startLine.startsWith('HTTP/1.1 502 ')) return wrong();
  return expected.messages.every((message, index) => message === canonicalOf(seen[index]!)) ? undefined : wrong();
}
