import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { complaintAboutRequests, complaintAboutResponse } from '../support/parser-judge.ts';
import { chance, pick, splitAnywhere, Xorshift } from '../support/random.ts';
import { mutatedRequest, mutatedResponse } from './corpus.ts';
import { type Finding, reduce } from './finding.ts';

export interface ParserFuzzOptions {
  /** Mutated streams to read. */
  readonly count: number;
  readonly seed: number;
  /** Stops there even when fewer were read; milliseconds of `performance.now()`. */
  readonly deadline: number;
  readonly progress: (line: string) => void;
}

export interface ParserFuzzResult {
  readonly count: number;
  readonly seconds: number;
  readonly findings: readonly Finding[];
  /** Bytes that stay in use after a collection: at a fifth of the way and at the end. */
  readonly heap: readonly [early: number, late: number];
}

/** Growth between the two measurements that is certainly none of the measuring. */
const MAX_GROWTH = 8 << 20;
const MAX_FINDINGS = 5;

/** Runs mutated requests and responses through the parsers, whole and split, and beside the reference reader. */
export function fuzzParsers(options: ParserFuzzOptions): ParserFuzzResult {
  const random = new Xorshift(options.seed);
  const collect = collector();
  const start = performance.now();
  const findings: Finding[] = [];
  let early = 0;
  let count = 0;
  let nextLine = start + 3000;
  for (; count < options.count && findings.length < MAX_FINDINGS; count++) {
    const finding = count % 3 === 2 ? tryResponse(random) : tryRequests(random);
    if (finding !== undefined) findings.push(finding);
    if (count === Math.trunc(options.count / 5)) early = collect();
    if (count % 256 > 0) continue;
    const now = performance.now();
    if (now > options.deadline) break;
    if (now < nextLine) continue;
    nextLine = now + 3000;
    options.progress(`parsers: ${count} of ${options.count}, ${Math.round((count * 1000) / (now - start))}/s`);
  }
  const late = collect();
  if (early > 0 && late - early > MAX_GROWTH) {
    findings.push({ part: 'parsers', side: 'request', raw: '', complaint: `the heap grew by ${late - early} bytes` });
  }
  return { count, seconds: (performance.now() - start) / 1000, findings, heap: [early, late] };
}

function tryRequests(random: Xorshift): Finding | undefined {
  let raw = mutatedRequest(random);
  if (chance(random, 20)) raw += mutatedRequest(random);
  return judge('request', raw, random, complaintAboutRequests);
}

function tryResponse(random: Xorshift): Finding | undefined {
  const method = pick(random, ['GET', 'HEAD', 'POST']);
  return judge('response', mutatedResponse(random), random, (text, split) =>
    complaintAboutResponse(text, method, split),
  );
}

type Judge = (text: string, split: (bytes: Buffer) => Buffer[]) => string | undefined;

function judge(side: Finding['side'], raw: string, random: Xorshift, complaintAbout: Judge): Finding | undefined {
  const complaint = safely(() => complaintAbout(raw, (bytes) => splitAnywhere(random, bytes, 6)));
  if (complaint === undefined) return undefined;
  // Every cut at once, so that what is left out of the input cannot make the fault depend on luck.
  const byBytes = (bytes: Buffer): Buffer[] => Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
  const again = (text: string): string | undefined => safely(() => complaintAbout(text, byBytes));
  const reduced = reduce(raw, (text) => again(text) !== undefined);
  return { part: 'parsers', side, raw: reduced, complaint: again(reduced) ?? complaint };
}

/** An exception is a complaint too. */
function safely(complaintAbout: () => string | undefined): string | undefined {
  try {
    return complaintAbout();
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}

/** Collects garbage and tells what stays. */
function collector(): () => number {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  return () => {
    gc();
    gc();
    return process.memoryUsage().heapUsed;
  };
}
