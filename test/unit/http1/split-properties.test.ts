import fc from 'fast-check';
import { describe, test } from 'vitest';
import { validRequest, validResponse } from '../../support/http-generators.ts';
import { mutate } from '../../support/mutate.ts';
import { complaintAboutRequests, complaintAboutResponse } from '../../support/parser-judge.ts';
import { Choices, pick, splitAnywhere } from '../../support/random.ts';
import { readRequests, readResponse } from '../../support/reference-reader.ts';

/** The generators' choices; fast-check shrinks them, and prints the seed and path that repeat a failure. */
const choices = fc.array(fc.nat(0x7fff_ffff), { maxLength: 250, size: 'max' });

function check(
  name: string,
  numRuns: number,
  judge: (random: Choices) => [text: string, complaint: string | undefined],
): void {
  test(name, () => {
    fc.assert(
      fc.property(choices, (list) => {
        const [text, complaint] = judge(new Choices(list));
        if (complaint !== undefined) throw new Error(`${complaint}\nfor ${JSON.stringify(text)}`);
      }),
      { numRuns },
    );
  });
}

const byBytes = (bytes: Buffer): Buffer[] => Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
const anywhere =
  (random: Choices) =>
  (bytes: Buffer): Buffer[] =>
    splitAnywhere(random, bytes, 8);

function pipeline(random: Choices): string {
  return Array.from({ length: 1 + random.below(3) }, () => validRequest(random)).join('');
}

describe('any split of a stream reads as the whole, and as the rules say (L6)', () => {
  check('pipelined requests', 1500, (random) => {
    const text = pipeline(random);
    const { stop } = readRequests(text);
    return [text, stop === 'idle' ? complaintAboutRequests(text, anywhere(random)) : `not valid: ${String(stop)}`];
  });

  check('pipelined requests, byte by byte', 300, (random) => {
    const text = pipeline(random);
    return [text, complaintAboutRequests(text, byBytes)];
  });

  check('responses', 1500, (random) => {
    const { text } = validResponse(random);
    const isValid = readResponse(text, 'GET').final !== undefined;
    return [text, isValid ? complaintAboutResponse(text, 'GET', anywhere(random)) : 'not valid'];
  });

  check('responses, byte by byte', 300, (random) => {
    const { text } = validResponse(random);
    return [text, complaintAboutResponse(text, pick(random, ['GET', 'HEAD']), byBytes)];
  });

  check('mutated requests', 3000, (random) => {
    const text = mutate(random, pipeline(random), validRequest(random));
    return [text, complaintAboutRequests(text, anywhere(random))];
  });

  check('mutated responses', 3000, (random) => {
    const text = mutate(random, validResponse(random).text, validResponse(random).text);
    return [text, complaintAboutResponse(text, pick(random, ['GET', 'HEAD', 'POST']), anywhere(random))];
  });
});
