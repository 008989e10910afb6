import { expect, test } from 'vitest';
import { readExplainArguments, runExplain } from '../../../src/cli/explain.ts';
import { freePort } from '../../support/free-port.ts';

test.for([
  [['https://a.test/x'], { url: 'https://a.test/x', method: 'GET', headers: [] }, []],
  [['a.test'], { url: 'https://a.test', method: 'GET', headers: [] }, []],
  [['/x', '--method', 'POST'], { url: '/x', method: 'POST', headers: [] }, []],
  [
    ['--header', 'A: b', '--header=C:d', 'a.test'],
    {
      url: 'https://a.test',
      method: 'GET',
      headers: [
        ['A', 'b'],
        ['C', 'd'],
      ],
    },
    [],
  ],
  [
    ['a.test', '--client-ip=::1', '--entrypoint', 'web'],
    { url: 'https://a.test', method: 'GET', headers: [], remoteAddr: '::1', entrypoint: 'web' },
    [],
  ],
  [['a.test', '--admin=:1', '--json'], { url: 'https://a.test', method: 'GET', headers: [] }, ['--admin=:1']],
] as const)('%j', ([args, question, rest]) => {
  expect(readExplainArguments(args)).toMatchObject({ question, rest });
});

test.for([
  [[], 'the URL is missing'],
  [['a.test', '--method'], '--method: a value is missing'],
  [['a.test', '--header', 'nonsense'], '--header: "nonsense" is no field; write NAME:VALUE'],
] as const)('%j is refused', ([args, fault]) => {
  expect(readExplainArguments(args)).toBe(fault);
});

async function run(admin: { host: string; port: number } | undefined): Promise<readonly [number, string]> {
  let errors = '';
  const read = readExplainArguments(['a.test']);
  if (typeof read === 'string') throw new Error(read);
  const code = await runExplain(
    read,
    admin,
    () => {},
    (text) => (errors += text),
  );
  return [code, errors];
}

test('without an admin address nobody can be asked', async () => {
  expect(await run(undefined)).toEqual([2, 'explain asks at the admin address, and it is off; remove --admin off\n']);
});

test('without a router it says where it looked', async () => {
  const port = await freePort();
  const [code, errors] = await run({ host: '127.0.0.1', port });
  expect(code).toBe(2);
  expect(errors).toContain(`no router at http://127.0.0.1:${port}`);
});
