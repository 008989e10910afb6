import { expect, test } from 'vitest';
import { readAcmeChoices } from '../../../src/config/acme-choices.ts';
import { OwnOptions } from '../../../src/config/own-static.ts';

const LE = 'https://acme-v02.api.letsencrypt.org/directory';
const LE_STAGING = 'https://acme-staging-v02.api.letsencrypt.org/directory';
const OTHER = 'https://ca.test/dir';

function read(
  texts: Readonly<Record<string, string>>,
  directories: readonly string[],
  traefik?: 'rsa4096',
): { readonly problems: readonly string[] } & ReturnType<typeof readAcmeChoices> {
  const problems: string[] = [];
  const values = Object.entries(texts).map(([name, text]) => [name, { text, source: `--${name}` }] as const);
  return { ...readAcmeChoices(new OwnOptions(new Map(values), problems), directories, traefik), problems };
}

test.for([
  { name: "Let's Encrypt has its own", text: undefined, directories: [LE], expected: { of: LE, url: LE_STAGING } },
  { name: 'also as the second', text: 'auto', directories: [OTHER, LE], expected: { of: LE, url: LE_STAGING } },
  { name: 'others have none', text: undefined, directories: [OTHER], expected: undefined },
  { name: 'staging itself has none', text: 'auto', directories: [LE_STAGING], expected: undefined },
  { name: 'off is none', text: 'off', directories: [LE], expected: undefined },
  {
    name: 'a URL is for the first',
    text: 'https://t.test/d',
    directories: [OTHER, LE],
    expected: { of: OTHER, url: 'https://t.test/d' },
  },
  { name: 'without a CA there is none', text: 'https://t.test/d', directories: [], expected: undefined },
])('a test directory: $name', ({ text, directories, expected }) => {
  const result = read(text === undefined ? {} : { 'acme-staging': text }, directories);
  expect(result.testDirectory).toEqual(expected);
  expect(result.problems).toEqual([]);
});

test('keys are of the type that is said, here before Traefik', () => {
  expect(read({}, []).keyType).toBeUndefined();
  expect(read({}, [], 'rsa4096').keyType).toBe('rsa4096');
  expect(read({ 'acme-key-type': 'EC384' }, [], 'rsa4096').keyType).toBe('ec384');
});

test.for([
  { name: 'acme-key-type', text: 'rsa1024', hint: 'ec256, ec384, rsa2048, rsa4096' },
  { name: 'acme-staging', text: 'perhaps', hint: 'its URL, auto or off' },
])('a wrong $name is a problem that says what is right', ({ name, text, hint }) => {
  const { problems } = read({ [name]: text }, [LE]);
  expect(problems).toEqual([expect.stringContaining(`--${name}`)]);
  expect(problems[0]).toContain(hint);
});
