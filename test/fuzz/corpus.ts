import { readFileSync } from 'node:fs';
import { validRequest, validResponse } from '../support/http-generators.ts';
import { mutate } from '../support/mutate.ts';
import { chance, pick, type Random } from '../support/random.ts';

interface Case {
  readonly side: 'request' | 'response';
  readonly raw: string;
}

/** Raw messages of the hand-written cases and of what was found before. */
const seeds: Readonly<Record<Case['side'], readonly string[]>> = (() => {
  const cases = ['smuggling-cases', 'findings'].flatMap(
    (name) => JSON.parse(readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), 'utf8')) as Case[],
  );
  const of = (side: Case['side']): string[] =>
    cases.filter((entry) => entry.side === side).map(({ raw }) => expand(raw));
  return { request: of('request'), response: of('response') };
})();

/** `{{rep:TEXT:N}}` is TEXT repeated N times. */
function expand(raw: string): string {
  return raw.replace(/\{\{rep:(.*?):(\d+)\}\}/gs, (_, text: string, count: string) => text.repeat(Number(count)));
}

/** A request to start from: mostly one that is made up, else a hand-written one. */
export function anyRequest(random: Random): string {
  return chance(random, 20) ? pick(random, seeds.request) : validRequest(random);
}

export function anyResponse(random: Random): string {
  if (chance(random, 20)) return pick(random, seeds.response);
  // B6: around the number of interim responses that is too many.
  const interims = chance(random, 2) ? 'HTTP/1.1 103 \r\n\r\n'.repeat(12 + random.below(7)) : '';
  return interims + validResponse(random).text;
}

/** One request bent out of shape. */
export function mutatedRequest(random: Random): string {
  return mutate(random, anyRequest(random), anyRequest(random));
}

/** One response bent out of shape. */
export function mutatedResponse(random: Random): string {
  return mutate(random, anyResponse(random), anyResponse(random));
}
