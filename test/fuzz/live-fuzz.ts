import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { judgingBackend } from '../support/judging-backend.ts';
import { chance, Xorshift } from '../support/random.ts';
import { RequestSessions } from '../support/request-session.ts';
import { ResponseSessions } from '../support/response-session.ts';
import { anyRequest, anyResponse, mutatedRequest, mutatedResponse } from './corpus.ts';
import type { Finding } from './finding.ts';
import type { ChildReport } from './router-child.ts';

export interface LiveFuzzOptions {
  /** Messages to send, half of them requests and half responses. */
  readonly count: number;
  readonly seed: number;
  /** Stops there even when fewer were sent; milliseconds of `performance.now()`. */
  readonly deadline: number;
  readonly progress: (line: string) => void;
}

export interface LiveFuzzResult {
  readonly requests: number;
  readonly responses: number;
  readonly seconds: number;
  readonly findings: readonly Finding[];
  /** Resident bytes of the router's process at regular intervals. */
  readonly rss: readonly number[];
}

/** Few: more sockets at once only cost time, and two are enough to mix up. */
const LANES = 4;
const SAMPLE_MS = 1000;
const MAX_FINDINGS = 5;

/** Sends mutated messages through a live worker, both ways, and judges all that comes out on either side. */
export async function fuzzLive(options: LiveFuzzOptions): Promise<LiveFuzzResult> {
  const start = performance.now();
  const findings: Finding[] = [];
  const complain = (side: Finding['side'], raw: string, complaint: string | undefined): void => {
    if (complaint !== undefined) findings.push({ part: 'live', side, raw, complaint });
  };
  let onRequest: RequestSessions['onRequest'] = () => {};
  const backend = await judgingBackend((arrival) => onRequest(arrival));
  const child = fork(fileURLToPath(new URL('router-child.ts', import.meta.url)), [`${backend.port}`]);
  const [{ httpPort }] = (await once(child, 'message')) as [ChildReport];
  const requests = new RequestSessions(httpPort);
  const responses = new ResponseSessions(httpPort);
  const sent = { request: 0, response: 0 };
  const rss: number[] = [];
  const watch = setInterval(() => {
    void askChild(child).then((report) => rss.push(report.rss));
    const seconds = (performance.now() - start) / 1000;
    const all = sent.request + sent.response;
    if (rss.length % 3 === 0) options.progress(`live: ${all} of ${options.count}, ${Math.round(all / seconds)}/s`);
  }, SAMPLE_MS);
  const inLanes = async (side: Finding['side'], one: (random: Xorshift) => Promise<number>): Promise<void> => {
    const lanes = Array.from({ length: LANES }, async (_, lane) => {
      const random = new Xorshift(options.seed * 64 + lane + (side === 'request' ? 0 : LANES));
      while (sent[side] < options.count / 2 && findings.length < MAX_FINDINGS && performance.now() < options.deadline) {
        sent[side] += await one(random);
      }
    });
    await Promise.all(lanes);
  };

  onRequest = requests.onRequest;
  await inLanes('request', async (random) => {
    const messages = Array.from({ length: 1 + random.below(5) }, () =>
      chance(random, 50) ? mutatedRequest(random) : anyRequest(random),
    );
    const raw = messages.join('');
    const { read, complaint } = await requests.run(raw, random);
    complain('request', raw, complaint);
    return read;
  });
  for (const text of requests.strays) complain('request', text, 'came from nobody');

  onRequest = responses.onRequest;
  await inLanes('response', async (random) => {
    const texts = Array.from({ length: 8 }, () => (chance(random, 70) ? mutatedResponse(random) : anyResponse(random)));
    const { asked, complaint } = await responses.run(texts, random);
    complain('response', texts[asked - 1] ?? '', complaint);
    return asked;
  });

  clearInterval(watch);
  for (const complaint of backend.complaints) complain('request', '', complaint);
  for (const complaint of await complaintsAboutRest(child)) complain('request', '', complaint);
  complain('request', '', complaintAboutGrowth(rss));
  child.disconnect();
  await backend.close();
  const seconds = (performance.now() - start) / 1000;
  return { requests: sent.request, responses: sent.response, seconds, findings, rss };
}

async function askChild(child: ChildProcess): Promise<ChildReport> {
  const answered = once(child, 'message') as Promise<[ChildReport]>;
  child.send('report');
  return (await answered)[0];
}

/** At rest no connection is left, nothing is in flight, and the worker has logged no fault of its own. */
async function complaintsAboutRest(child: ChildProcess): Promise<string[]> {
  const end = performance.now() + 5000;
  for (;;) {
    const { connections, inFlight, faults } = await askChild(child);
    const isAtRest = connections === 0 && inFlight === 0;
    if (isAtRest || performance.now() > end) {
      const left = isAtRest ? [] : [`at rest ${connections} connections are open and ${inFlight} requests in flight`];
      return [...left, ...faults.slice(0, 3)];
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Compares the last third with the second; a run of a few seconds says nothing. */
function complaintAboutGrowth(rss: readonly number[]): string | undefined {
  const third = Math.trunc(rss.length / 3);
  if (third < 5) return undefined;
  const least = (samples: readonly number[]): number => Math.min(...samples);
  const growth = least(rss.slice(2 * third)) - least(rss.slice(third, 2 * third));
  return growth > 32 << 20 ? `the router's process grew by ${growth} bytes` : undefined;
}
