import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { descriptorWarning } from '../../../src/control/descriptor-limit.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

async function warning(maxConnections: number, limit: string): Promise<string | undefined> {
  const path = join(await temporaryFolder(), 'limits');
  const row = `Max open files            ${limit.padEnd(21)}524288               files     \n`;
  writeFileSync(path, `Limit                     Soft Limit           Hard Limit           Units     \n${row}`);
  return descriptorWarning(maxConnections, path);
}

test.for<{ connections: number; limit: string; warns: boolean }>([
  { connections: 20_000, limit: '1024', warns: true },
  { connections: 20_000, limit: '40099', warns: true },
  { connections: 20_000, limit: '40100', warns: false },
  { connections: 20_000, limit: '524288', warns: false },
  { connections: 20_000, limit: 'unlimited', warns: false },
  { connections: 400, limit: '1024', warns: false },
  { connections: 0, limit: '64', warns: false },
])('$connections connections and $limit files: $warns', async ({ connections, limit, warns }) => {
  const said = await warning(connections, limit);
  expect(said !== undefined).toBe(warns);
  if (warns) expect(said).toContain(`${limit} files may be open, and --max-connections=20000 can need 40100`);
});

test('where it cannot be told nothing is said', () => {
  expect(descriptorWarning(20_000, '/nowhere/limits')).toBeUndefined();
});
