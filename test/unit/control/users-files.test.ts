import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { UsersFiles } from '../../../src/control/users-files.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const SHA = '{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=';

async function fileOf(content: string): Promise<string> {
  const path = join(await temporaryFolder(), 'users');
  writeFileSync(path, content);
  return path;
}

test('users, comments, empty lines and the ends of lines of other systems', async () => {
  const path = await fileOf(`# people\r\nada:${SHA}\r\n\n  zoë:${SHA}\n`);
  expect(new UsersFiles().read(path)).toEqual({
    users: [
      ['ada', SHA],
      ['zo\xc3\xab', SHA],
    ],
  });
});

test.for([
  [
    'a line that is no user',
    `ada:${SHA}\nroot:*:19000:0\n`,
    'line 2 of FILE is no user with a hash that is known here',
  ],
  ['no user', '# nobody\n', 'FILE has no user'],
  ['a file beyond the bound', `ada:${SHA}\n`.repeat(10_000), 'FILE is larger than 262144 bytes'],
] as const)('%s is refused, and nothing of it is told', async ([, content, message]) => {
  const path = await fileOf(content);
  const read = new UsersFiles().read(path);
  expect('message' in read && read.message.replaceAll(path, 'FILE')).toBe(message);
  expect(JSON.stringify(read)).not.toContain('19000');
});

test('a change is seen while the file is in use', async () => {
  const path = await fileOf(`ada:${SHA}\n`);
  const files = new UsersFiles();
  files.begin();
  files.read(path);
  expect(files.hasChanged).toBe(false);
  writeFileSync(path, `ada:${SHA}\neve:${SHA}\n`);
  expect(files.hasChanged).toBe(true);
  expect(files.read(path)).toMatchObject({ users: [['ada'], ['eve']].map(([name]) => [name, SHA]) });
  files.begin();
  writeFileSync(path, '');
  expect(files.hasChanged).toBe(false);
});
