import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { oneService, server, startDataPlane, type TestDataPlane } from '../../support/data-plane.ts';
import {
  fieldOf,
  RawClient,
  rawBackend,
  type RawBackend,
  type RawMessage,
  readMessages,
} from '../../support/raw-http.ts';

interface Seen {
  readonly method: string;
  readonly target: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string | null>>;
}

interface Case {
  readonly id: string;
  readonly side: 'request' | 'response';
  readonly raw: string;
  readonly expect: 'reject-400' | 'reject-502' | 'forward-normalised' | 'close';
  readonly status?: readonly number[];
  readonly fin?: boolean;
  readonly idle?: boolean;
  readonly sees?: readonly Seen[];
  readonly minSees?: number;
  readonly closes?: boolean;
  readonly absentBytes?: string | readonly string[];
}

const cases = (
  JSON.parse(readFileSync(new URL('../../fixtures/smuggling-cases.json', import.meta.url), 'utf8')) as Case[]
)
  .filter((entry) => entry.side === 'request')
  .map((entry) => ({ ...entry, raw: expand(entry.raw) }));

/** `{{rep:TEXT:N}}` is TEXT repeated N times. */
function expand(raw: string): string {
  return raw.replace(/\{\{rep:(.*?):(\d+)\}\}/gs, (_, text: string, count: string) => text.repeat(Number(count)));
}

const FIRST = 'GET /first HTTP/1.1\r\nHost: a.test\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

let backend: RawBackend;
let plane: TestDataPlane;

beforeAll(async () => {
  const answered = new Map<number, number>();
  backend = await rawBackend((socket, received, connection) => {
    const complete = readMessages(received, 'request').filter((message) => message.isComplete).length;
    for (let i = answered.get(connection) ?? 0; i < complete; i++) socket.write(OK);
    answered.set(connection, complete);
  });
  plane = await startDataPlane(oneService([server(backend.port)]));
});

afterAll(async () => {
  await plane.stop();
  await backend.close();
});

/** Requests the backend has seen since `from`, over all its connections, with those of `FIRST` left out. */
function seenSince(marks: readonly number[]): RawMessage[] {
  return backend.received
    .flatMap((text, index) => readMessages(text.slice(marks[index] ?? 0), 'request'))
    .filter((message) => message.isComplete && !message.startLine.startsWith('GET /first '));
}

function expectSeen(actual: RawMessage, wanted: Seen): void {
  const [method, target] = actual.startLine.split(' ');
  expect({ method, target }).toEqual({ method: wanted.method, target: wanted.target });
  if (wanted.body !== undefined) expect(actual.body).toBe(wanted.body);
  for (const [name, rule] of Object.entries(wanted.headers ?? {})) {
    const value = fieldOf(actual, name.toLowerCase());
    if (rule === null) expect(value, name).toBeUndefined();
    else if (rule === '?') continue;
    else if (rule.startsWith('?')) expect([undefined, rule.slice(1)], name).toContain(value);
    else if (rule.startsWith('!')) expect(value ?? '', name).not.toContain(rule.slice(1));
    else expect(value, name).toBe(rule);
  }
}

/** Responses of a client, by reading its stream as a strict client would. */
function responsesOf(client: RawClient): RawMessage[] {
  return readMessages(client.received, 'response').filter((message) => message.isComplete);
}

const finals = (client: RawClient): RawMessage[] =>
  responsesOf(client).filter((message) => !/^HTTP\/1\.[01] 1\d\d/.test(message.startLine));
const statusOf = (message: RawMessage | undefined): number => Number(message?.startLine.slice(9, 12));

async function runCase(entry: Case, mode: 'whole' | 'bytes' | 'behind a request'): Promise<void> {
  const marks = backend.received.map((text) => text.length);
  const client = await RawClient.open(plane.httpPort);
  const before = mode === 'behind a request' ? 1 : 0;
  try {
    if (mode === 'bytes') await client.sendByBytes(entry.raw);
    else client.send((before === 1 ? FIRST : '') + entry.raw);
    if (entry.fin === true) client.socket.end();
    if (entry.expect === 'forward-normalised') await expectForwarded(entry, client, marks, before);
    else await expectRefused(entry, client, marks, before);
  } finally {
    client.close();
  }
}

async function expectForwarded(
  entry: Case,
  client: RawClient,
  marks: readonly number[],
  before: number,
): Promise<void> {
  const wanted = entry.sees ?? [];
  const least = entry.minSees ?? wanted.length;
  await client.until(() => client.hasEnded || finals(client).length >= wanted.length + before, 'responses');
  const seen = seenSince(marks);
  expect(seen.length).toBeGreaterThanOrEqual(least);
  expect(seen.length).toBeLessThanOrEqual(wanted.length);
  for (const [index, message] of seen.entries()) expectSeen(message, wanted[index]!);
  const forwarded = backend.received.map((text, index) => text.slice(marks[index] ?? 0)).join('');
  for (const bytes of [entry.absentBytes ?? []].flat()) expect(forwarded).not.toContain(bytes);
  if (entry.closes === true) await client.until(() => client.hasEnded, 'end');
}

async function expectRefused(entry: Case, client: RawClient, marks: readonly number[], before: number): Promise<void> {
  const keepsOpen = (status: number): boolean => status === 405 || status === 421;
  await client.until(
    () => client.hasEnded || keepsOpen(statusOf(finals(client)[before])),
    'end of the connection',
    entry.idle === true ? 15_000 : 8000,
  );
  const status = statusOf(finals(client)[before]);
  if (entry.expect === 'reject-400') expect(entry.status ?? [400]).toContain(status);
  else if (!Number.isNaN(status)) expect(entry.status ?? []).toContain(status);
  expect(seenSince(marks)).toEqual([]);
}

describe.each(['whole', 'bytes', 'behind a request'] as const)('request sent %s', (mode) => {
  test.for(cases.map((entry) => [entry.id, entry] as const))('%s', async ([, entry]) => {
    await runCase(entry, mode);
  });
});
