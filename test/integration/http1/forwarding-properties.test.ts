import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { oneService, server, startDataPlane, type TestDataPlane } from '../../support/data-plane.ts';
import { validRequest, validResponse } from '../../support/http-generators.ts';
import { type Arrival, type JudgingBackend, judgingBackend } from '../../support/judging-backend.ts';
import { waitFor } from '../../support/lab/wait-for.ts';
import { mutate } from '../../support/mutate.ts';
import { NodeOpinion } from '../../support/node-opinion.ts';
import { Choices } from '../../support/random.ts';
import { RequestSessions } from '../../support/request-session.ts';
import { ResponseSessions } from '../../support/response-session.ts';

/** The generators' choices; fast-check shrinks them, and prints the seed and path that repeat a failure. */
const choices = fc.array(fc.nat(0x7fff_ffff), { maxLength: 250, size: 'max' });

let onRequest: (arrival: Arrival) => void;
let backend: JudgingBackend;
let plane: TestDataPlane;
let requests: RequestSessions;
let responses: ResponseSessions;
const node = new NodeOpinion();

beforeAll(async () => {
  backend = await judgingBackend((arrival) => onRequest(arrival));
  plane = await startDataPlane(oneService([server(backend.port)]));
  requests = new RequestSessions(plane.httpPort);
  responses = new ResponseSessions(plane.httpPort);
});

afterAll(async () => {
  await plane.stop();
  await backend.close();
});

/** Runs a property over one worker and one backend, a connection for each case. */
async function hold(
  numRuns: number,
  judge: (random: Choices) => Promise<[text: string, complaint: string | undefined]>,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(choices, async (list) => {
      const [text, complaint] = await judge(new Choices(list));
      if (complaint !== undefined) throw new Error(`${complaint}\nfor ${JSON.stringify(text)}`);
    }),
    // Shrinking over real sockets ends in time to be told.
    { numRuns, interruptAfterTimeLimit: 40_000 },
  );
  expect(backend.complaints).toEqual([]);
  expect(requests.strays).toEqual([]);
  await waitFor('no connection to be left', async () => {
    const { connections, inFlight } = await plane.counters();
    return connections === 0 && inFlight === 0;
  });
  expect(plane.messages.filter(({ type }) => type === 'log')).toEqual([]);
}

/** Node must read the very bytes that the strict reader read, as the same requests. */
async function secondOpinion(arrivals: readonly Arrival[]): Promise<string | undefined> {
  return node.complaintAbout(
    arrivals.map(({ text }) => text),
    arrivals.map(({ message }) => message),
  );
}

describe('from client to server', () => {
  test('valid requests arrive unchanged but for what the rules change', { timeout: 60_000 }, async () => {
    onRequest = requests.onRequest;
    await hold(600, async (random) => {
      const text = Array.from({ length: 1 + random.below(4) }, () => validRequest(random)).join('');
      return [text, (await requests.run(text, random, secondOpinion)).complaint];
    });
  });

  test('mutated requests are refused or forwarded without any doubt', { timeout: 60_000 }, async () => {
    onRequest = requests.onRequest;
    await hold(1200, async (random) => {
      const messages = Array.from({ length: 1 + random.below(3) }, () => validRequest(random));
      const text = mutate(random, messages.join(''), validRequest(random));
      return [text, (await requests.run(text, random, secondOpinion)).complaint];
    });
  });
});

describe('from server to client', () => {
  test('valid responses arrive unchanged but for what the rules change', { timeout: 60_000 }, async () => {
    onRequest = responses.onRequest;
    await hold(300, async (random) => {
      const texts = Array.from({ length: 1 + random.below(4) }, () => validResponse(random).text);
      return [texts.join('\n'), (await responses.run(texts, random)).complaint];
    });
  });

  test('mutated responses are relayed without any doubt, cut, or a 502', { timeout: 60_000 }, async () => {
    onRequest = responses.onRequest;
    await hold(500, async (random) => {
      const texts = Array.from({ length: 1 + random.below(3) }, () =>
        mutate(random, validResponse(random).text, validResponse(random).text),
      );
      return [texts.join('\n'), (await responses.run(texts, random)).complaint];
    });
  });
});
