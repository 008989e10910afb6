import { expect, test } from 'vitest';
import { ChallengeTable } from '../../../src/http/challenge-table.ts';

const TOKEN = 'abcdefghijklmnopqrstuvwxyz-_0123';
const PATH = `/.well-known/acme-challenge/${TOKEN}`;

function table(): { readonly table: ChallengeTable; readonly served: string[] } {
  const served: string[] = [];
  const challenges = new ChallengeTable((challenge, remote) => served.push(`${challenge.host} ${remote}`));
  challenges.add({ token: TOKEN, host: 'a.test', keyAuthorization: 'key-authorization' });
  return { table: challenges, served };
}

test.for([
  [PATH, true],
  [`${PATH}/x`, false],
  ['/.well-known/acme-challenge/short', false],
  [`/.well-known/acme-challenge/${'a'.repeat(129)}`, false],
  [`/.well-known/acme-challenge/${'a'.repeat(20)}%2F`, false],
  [`/x${PATH}`, false],
] as const)('%s is a challenge path: %s', ([path, expected]) => {
  expect(table().table.isChallengePath(path)).toBe(expected);
});

test('the exact key authorization, uncached, and a word about it', () => {
  const { table: challenges, served } = table();
  const answer = challenges.answer('GET', PATH, 'a.test', '192.0.2.1');
  expect(answer).toMatchObject({ status: 200, body: 'key-authorization' });
  expect(answer?.fields).toContain('no-store');
  expect(served).toEqual(['a.test 192.0.2.1']);
});

test.for([
  ['POST', 'a.test'],
  ['GET', 'b.test'],
] as const)('nothing for %s of %s', ([method, host]) => {
  expect(table().table.answer(method, PATH, host, '')).toBeUndefined();
});

test('nothing once removed', () => {
  const { table: challenges } = table();
  challenges.remove(TOKEN);
  expect(challenges.answer('GET', PATH, 'a.test', '')).toBeUndefined();
});
