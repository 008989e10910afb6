import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { checkStack, type CheckWorld } from '../../../../src/provider/compose/check-stack.ts';
import { printFindings } from '../../../../src/provider/compose/print-findings.ts';
import { printSnapshot, printWanted } from '../../../../src/routing/print.ts';
import { composeWorld } from '../../../support/compose-world.ts';

const STACKS = new URL('../../../stacks/', import.meta.url);
const GOLDEN = new URL('../../../golden/stacks/', import.meta.url);

/**
 * Problems of published stacks that are no fault of theirs, beside labels that have no effect yet:
 * - service_missing: the dashboard is at the address of --admin, not behind a router;
 * - middleware_unsupported: a router does not serve without a middleware that is not there yet;
 * - file_not_here: a file of users is made on the server and not published.
 */
const EXPLAINED: Readonly<Record<string, readonly string[]>> = {
  authelia: ['not_acted_on', 'middleware_unsupported'],
  ghost: ['not_acted_on', 'middleware_unsupported'],
  gitea: ['not_acted_on'],
  immich: ['not_acted_on'],
  jellyfin: ['not_acted_on'],
  monitoring: ['file_not_here'],
  'traefik-dashboard': ['not_acted_on', 'service_missing'],
};

/** The stack's own folder under its usual name, without variables of this machine. */
function worldOf(stack: string): CheckWorld {
  const folder = new URL(`${stack}/`, STACKS);
  return {
    ...composeWorld({}),
    readFile: (path) => readFileSync(new URL(path, folder), 'utf8'),
    exists: (path) => existsSync(new URL(path, folder)),
    cwd: `/srv/${stack}`,
  };
}

function judge(stack: string) {
  const result = checkStack(['compose.yaml'], [], worldOf(stack));
  if ('faults' in result) throw new Error(JSON.stringify(result.faults));
  return result;
}

const stacks = readdirSync(STACKS).sort();

describe.each(stacks)('%s', (stack) => {
  const { findings, services, built } = judge(stack);

  test('is routed as the golden says', async () => {
    const text = printSnapshot(built.snapshot) + printWanted(built.wanted) + printFindings(findings, services);
    await expect(text).toMatchFileSnapshot(new URL(`${stack}.txt`, GOLDEN).pathname);
  });

  test('has no problem that nobody explained', () => {
    const codes = findings.filter(({ severity }) => severity !== 'note').map(({ code }) => code);
    expect(codes.filter((code) => !EXPLAINED[stack]?.includes(code))).toEqual([]);
  });

  test('gets a router that serves', () => {
    expect(built.snapshot.routers.filter(({ disabled }) => disabled === undefined).length).toBeGreaterThan(0);
  });
});

test('there are stacks, and a golden for each', () => {
  expect(stacks.length).toBeGreaterThanOrEqual(12);
  expect(readdirSync(GOLDEN).sort()).toEqual(stacks.map((stack) => `${stack}.txt`));
});
