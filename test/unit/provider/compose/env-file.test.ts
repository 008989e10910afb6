import { expect, test } from 'vitest';
import { parseEnvFile } from '../../../../src/provider/compose/env-file.ts';

function read(content: string, env: Readonly<Record<string, string>> = {}) {
  return parseEnvFile(content, (name) => env[name]).map(({ name, value, line }) => [name, value, line]);
}

test.for([
  [
    'A=1\nB = two words # comment\n',
    [
      ['A', '1', 1],
      ['B', 'two words', 2],
    ],
  ],
  ['# A=1\n\nexport B=2', [['B', '2', 3]]],
  [
    "A='$X #1'\nB=3",
    [
      ['A', '$X #1', 1],
      ['B', '3', 2],
    ],
  ],
  [
    'A="x\\ny"\nB="$A!"',
    [
      ['A', 'x\ny', 1],
      ['B', 'x\ny!', 2],
    ],
  ],
  [
    'A="two\nlines"\nB=3',
    [
      ['A', 'two\nlines', 1],
      ['B', '3', 3],
    ],
  ],
  ['A="\\$HOME"', [['A', '$HOME', 1]]],
  [
    'A=\nB=#none\nC=a#b',
    [
      ['A', '', 1],
      ['B', '', 2],
      ['C', 'a#b', 3],
    ],
  ],
  [
    '\uFEFFA=1\r\nB=2\r\n',
    [
      ['A', '1', 1],
      ['B', '2', 2],
    ],
  ],
  ['A: 1', [['A', '1', 1]]],
  ['no entry\nA=1', [['A', '1', 2]]],
  ['A=${HOST:-x}', [['A', 'example.com', 1]]],
  [
    'traefik.http.routers.web.tls.domains[0].main=a.test',
    [['traefik.http.routers.web.tls.domains[0].main', 'a.test', 1]],
  ],
] as const)('%j', ([content, expected]) => {
  expect(read(content, { HOST: 'example.com' })).toEqual(expected);
});

test('the environment wins over earlier lines', () => {
  expect(read('A=file\nB=$A', { A: 'process' })).toEqual([
    ['A', 'file', 1],
    ['B', 'process', 2],
  ]);
});

test('a variable that is not set is a fault', () => {
  expect(parseEnvFile('A=x$NONE', () => undefined)[0]).toMatchObject({
    value: 'x',
    raw: 'x$NONE',
    faults: [{ kind: 'unset', name: 'NONE', column: 2 }],
  });
});
