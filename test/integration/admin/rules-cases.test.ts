import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Explanation } from '../../../src/admin/explain.ts';
import { type RouterProcess, startRouter } from '../../support/router-process.ts';

interface RuleCase {
  readonly group: string;
  readonly rule: string;
  readonly request: Readonly<Record<string, unknown>>;
  readonly match: boolean | 'error';
}

const cases = JSON.parse(
  readFileSync(new URL('../../fixtures/rules-cases.json', import.meta.url), 'utf8'),
) as readonly RuleCase[];

let router: RouterProcess;
let folder: string;

/** One entry with a router for each case: routers of one owner are no conflict, however like their rules are. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-cases-'));
  const labels: Record<string, string> = {};
  for (const [index, { rule }] of cases.entries()) {
    labels[`sluice.http.routers.c${index}.rule`] = rule;
    labels[`sluice.http.routers.c${index}.entrypoints`] = 'http';
  }
  writeFileSync(join(folder, 'cases.yaml'), JSON.stringify({ cases: { servers: ['http://127.0.0.1:9'], labels } }));
  const flags = ['--file', join(folder, 'cases.yaml'), '--workers', '1'];
  router = await startRouter({ dataDir: join(folder, 'data'), docker: 'off', acme: ['--acme-ca', 'off'], flags });
});

afterAll(async () => {
  await router[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

async function explain(question: Readonly<Record<string, unknown>>): Promise<Explanation> {
  const response = await fetch(`http://127.0.0.1:${router.ports.admin}/api/explain`, {
    method: 'POST',
    body: JSON.stringify(question),
  });
  expect(response.status).toBe(200);
  return (await response.json()) as Explanation;
}

/** Reasons with which the data plane refuses a request before any rule. */
const REFUSALS = new Set(['bad_path', 'bad_host', 'bad_field', 'bad_start_line']);

describe.each([...new Set(cases.map(({ group }) => group))])('%s', (group) => {
  const own = [...cases.entries()].filter(([, one]) => one.group === group);
  test.for(own)('case %i', async ([index, { rule, request, match }]) => {
    const { routers, router: taken, reason } = await explain({ entrypoint: 'http', ...request });
    const row = routers.find(({ name }) => name === `c${index}@file`);
    if (match === 'error') {
      expect(row).toMatchObject({
        matched: false,
        failedAt: expect.stringMatching(/^it takes no part: column \d+ of its rule: /),
      });
    } else {
      expect(row).toMatchObject({ rule: rule.trim(), matched: match });
      expect(row?.failedAt === undefined).toBe(match);
    }
    // The data plane decides by itself; it agrees with what the rules say one by one, or refuses the request before.
    if (taken === null) expect(REFUSALS).toContain(reason);
    else expect(taken).toBe(routers.find(({ matched }) => matched)?.name);
  });
});

test('every router is in the list, and those whose rule is wrong are disabled', async () => {
  const response = await fetch(`http://127.0.0.1:${router.ports.admin}/api/routers`);
  const rows = (await response.json()) as readonly { name: string; status: string; problems: readonly unknown[] }[];
  const wrong = new Set(
    [...cases.entries()].filter(([, { match }]) => match === 'error').map(([index]) => `c${index}@file`),
  );
  expect(rows.filter(({ name }) => name.startsWith('c')).length).toBe(cases.length);
  for (const { name, status, problems } of rows) {
    expect([name, status === 'disabled']).toEqual([name, wrong.has(name)]);
    if (wrong.has(name)) expect(problems).not.toEqual([]);
  }
});

test('letters beyond Latin-1 are the bytes they are on the wire, and no line ends', async () => {
  const headers = { host: 'a.test', 'x-tenant': '\u010d\u010aHost: b.test' };
  // One Host line, so the data plane has nothing against it.
  expect((await explain({ entrypoint: 'http', url: '/x', headers })).reason).not.toBe('bad_host');
  const asked = await explain({ entrypoint: 'http', url: 'http://a.test/\u010d' });
  expect(asked.reason).not.toBe('answered');
});
