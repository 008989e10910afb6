import { FAILURES } from '../../src/http/failure.ts';
import { type BodyKind, CHUNKED, LENGTH, NO_BODY, UNTIL_CLOSE } from '../../src/http/message.ts';
import { BodyReader } from '../../src/http1/body-reader.ts';
import { keptTrailers as withoutNamed } from '../../src/http1/connection-options.ts';
import { FAULT, INCOMPLETE } from '../../src/http1/field-scanner.ts';
import { HeadBuffer } from '../../src/http1/head-buffer.ts';
import { HeadReader } from '../../src/http1/head-reader.ts';
import { ResponseHead } from '../../src/http1/response-head.ts';
import { acceptsTrailers, keptRequestLines, keptResponseLines, keptTrailers } from './forward-model.ts';
import {
  type Line,
  type Message,
  readRequests,
  readResponse,
  type RequestRead,
  type RequestStream,
  type ResponseRead,
} from './reference-reader.ts';

/** What the parsers made of a stream. */
export interface Reading {
  /** One text per message: everything that is known of it. */
  readonly messages: string[];
  /** Why it ended; a status is a refusal. */
  stop: 'idle' | 'head' | 'body' | 'until-close' | 'broken' | number;
}

const KINDS: Readonly<Record<BodyKind, string>> = {
  [NO_BODY]: 'none',
  [LENGTH]: 'length',
  [CHUNKED]: 'chunked',
  [UNTIL_CLOSE]: 'until-close',
};

/** Reads a client's stream in these pieces as its connection would. */
export function parseRequests(pieces: readonly Buffer[]): Reading {
  const heads = new HeadReader();
  const { head } = heads;
  const body = new BodyReader();
  const reading: Reading = { messages: [], stop: 'idle' };
  let [text, payload] = ['', ''];
  const finish = (end: string): void => void reading.messages.push(`${text}\n${payload}\n${end}`);
  for (const piece of pieces) {
    let steps = 0;
    for (let at = 0; at < piece.length;) {
      if (++steps > 2 * piece.length + 8) throw new Error('no progress');
      if (reading.stop === 'body') {
        at = body.advance(piece, at, piece.length);
        payload += piece.latin1Slice(body.dataStart, body.dataEnd);
      } else {
        const end = heads.read(piece, at, piece.length);
        reading.stop = end === INCOMPLETE ? 'head' : end === FAULT ? FAILURES[head.fault].status : 'body';
        if (reading.stop === 'head') break;
        if (reading.stop !== 'body') return reading;
        at = end;
        const aim = `${head.method} ${head.path} ${head.query} ${head.targetScheme} ${head.authority}`;
        text = `${aim} 1.${head.minorVersion} ${KINDS[head.body]} ${head.expectsContinue} ${head.acceptsTrailers}\n${withoutForwarded(head.fields)}`;
        payload = '';
        body.begin(head.body, head.contentLength);
      }
      if (body.isBroken) {
        finish('broken');
        reading.stop = 'broken';
        return reading;
      }
      if (body.isDone) {
        finish('complete');
        reading.stop = 'idle';
      }
    }
  }
  if (reading.stop === 'body') finish('open');
  return reading;
}

/** Reads a server's stream in these pieces as its connection would, up to the end of the final response. */
export function parseResponse(pieces: readonly Buffer[], method: string): Reading {
  const head = new ResponseHead();
  const body = new BodyReader();
  const reading: Reading = { messages: [], stop: 'head' };
  let partial: HeadBuffer | undefined;
  let [text, payload] = ['', ''];
  for (const piece of pieces) {
    let [buf, at, end] = [piece, 0, piece.length];
    if (partial !== undefined) {
      if (partial.append(piece, 0, piece.length) === 'partial' && partial.length <= head.maxBytes) continue;
      [buf, end, partial] = [partial.bytes, partial.length, undefined];
    }
    while (at < end) {
      if (reading.stop === 'head') {
        const headEnd = head.parse(buf, at, end, method);
        if (headEnd === INCOMPLETE) {
          partial = new HeadBuffer();
          partial.append(buf, at, end);
          break;
        }
        if (headEnd === FAULT || head.status === 101) return { ...reading, stop: 502 };
        text = `${head.minorVersion} ${head.status} ${head.reason} ${KINDS[head.body]} ${head.contentLength}\n${head.fields}`;
        at = headEnd;
        if (head.status < 200) {
          reading.messages.push(text);
          if (reading.messages.length > 16) return { ...reading, stop: 502 };
          continue;
        }
        reading.stop = head.body === UNTIL_CLOSE ? 'until-close' : 'body';
        body.begin(head.body, head.contentLength);
      } else {
        at = body.advance(buf, at, end);
        payload += buf.latin1Slice(body.dataStart, body.dataEnd);
      }
      if (!body.isBroken && !body.isDone) continue;
      reading.stop = body.isBroken ? 'broken' : 'idle';
      reading.messages.push(`${text}\n${payload}\n${body.isDone ? withoutNamed(body.trailers, head.connection) : ''}`);
      return reading;
    }
  }
  if (reading.stop !== 'head') reading.messages.push(`${text}\n${payload}\n`);
  return reading;
}

/** What is wrong with how the parsers read a client's stream: beside the rules, or beside itself when split. */
export function complaintAboutRequests(text: string, split: (bytes: Buffer) => Buffer[]): string | undefined {
  const bytes = Buffer.from(text, 'latin1');
  const whole = parseRequests([bytes]);
  const expected = readRequests(text);
  const rest = text.slice(expected.at);
  return (
    differenceBySplit(whole, parseRequests(split(bytes)), rest) ??
    complaintAboutStop(whole.stop, expectedStop(expected)) ??
    (expected.stop === 'head' && whole.stop !== 'head' ? complaintAboutHaste(rest) : undefined) ??
    difference(whole.messages, expected.requests.map(requestText))
  );
}

/** What is wrong with how the parsers read a server's stream. */
export function complaintAboutResponse(
  text: string,
  method: string,
  split: (bytes: Buffer) => Buffer[],
): string | undefined {
  const bytes = Buffer.from(text, 'latin1');
  const whole = parseResponse([bytes], method);
  const { interims, final, isInvalid } = readResponse(text, method);
  const stops: Reading['stop'][] =
    final === undefined
      ? isInvalid
        ? [502]
        : ['head', 502]
      : final.framing === 'until-close'
        ? ['until-close']
        : STOPS[final.bodyEnd];
  const expected = [
    ...interims.map(responseText),
    ...(final === undefined ? [] : [`${responseText(final)}\n${final.body}\n${textOf(keptTrailers(final))}`]),
  ];
  const rest = text.slice(interims.at(-1)?.end ?? 0);
  return (
    differenceBySplit(whole, parseResponse(split(bytes), method), rest) ??
    complaintAboutStop(whole.stop, stops) ??
    difference(whole.messages, expected)
  );
}

const STOPS: Readonly<Record<Message['bodyEnd'], Reading['stop'][]>> = {
  complete: ['idle'],
  open: ['body'],
  broken: ['broken'],
  unsettled: ['body', 'broken'],
};

function expectedStop({ requests, stop }: RequestStream): readonly Reading['stop'][] {
  if (stop === 'body') return STOPS[requests.at(-1)!.bodyEnd];
  return stop === 'head' ? ['head', 400, 413, 414, 431, 501, 505] : stop === 'idle' ? ['idle'] : stop;
}

const COMPLETIONS = [
  '\r\n\r\n',
  '\n\r\n',
  '\r\n',
  '\n',
  ':\r\n\r\n',
  ...[' / HTTP/1.1', '/ HTTP/1.1', ' HTTP/1.1', 'HTTP/1.1', 'TP/1.1', '/1.1', '1.1', '.1', '1', '\r', ''].map(
    (text) => `${text}\r\nHost: a.test\r\n\r\n`,
  ),
];

/** A head was refused before its end: then nothing may make it a good one. */
function complaintAboutHaste(rest: string): string | undefined {
  const completion = COMPLETIONS.find((text) => readRequests(rest + text).requests.length > 0);
  return completion === undefined
    ? undefined
    : `refused, but would be good with ${JSON.stringify(completion)} behind it`;
}

function requestText(request: RequestRead): string {
  const { method, path, query, scheme, authority, minor, framing, expectsContinue, body } = request;
  const end = STOPS[request.bodyEnd].includes('broken') ? 'broken' : request.bodyEnd;
  const aim = `${method} ${path} ${query} ${scheme} ${authority ?? ''}`;
  return `${aim} 1.${minor} ${framing} ${expectsContinue} ${acceptsTrailers(request)}\n${withoutForwarded(textOf(keptRequestLines(request)))}\n${body}\n${end}`;
}

function responseText(response: ResponseRead): string {
  const { minor, status, reason, framing, length } = response;
  return `${minor} ${status} ${reason} ${framing} ${length}\n${textOf(keptResponseLines(response))}`;
}

function textOf(lines: readonly Line[]): string {
  return lines.map((line) => line.text).join('');
}

/** The rules do not say what becomes of such names outside the forwarding family. */
function withoutForwarded(fields: string): string {
  return /x-forwarded-/i.test(fields) ? fields.replace(/^x-forwarded-.*\r\n/gim, '') : fields;
}

/** An error may be seen at once or, in pieces, only when the head has ended; nothing else may differ (L6). */
function differenceBySplit(whole: Reading, split: Reading, rest: string): string | undefined {
  const waits = split.stop === 'head' && typeof whole.stop === 'number' && !/\r\n\r\n|[^\r]\n|\r[^\n]/.test(rest);
  if (whole.stop !== split.stop && !waits) return `ends with ${whole.stop} whole and ${split.stop} split`;
  return difference(split.messages, whole.messages);
}

function complaintAboutStop(stop: Reading['stop'], expected: readonly Reading['stop'][]): string | undefined {
  return expected.includes(stop) ? undefined : `ends with ${stop}, by the rules with ${expected.join(' or ')}`;
}

function difference(actual: readonly string[], expected: readonly string[]): string | undefined {
  for (let i = 0; i < Math.max(actual.length, expected.length); i++) {
    if (actual[i] !== expected[i] && !isUnsettled(actual[i], expected[i])) {
      return `message ${i} is ${JSON.stringify(actual[i])}, should be ${JSON.stringify(expected[i])}`;
    }
  }
  return undefined;
}

/** A body that has not ended: the rules do not say when its error is seen. */
function isUnsettled(actual: string | undefined, expected: string | undefined): boolean {
  return actual?.replace(/open$/, '') === expected?.replace(/broken$/, '');
}
