import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseStaticOptions } from '../../../src/config/parse-static-options.ts';
import type { Workload } from '../../../src/config/workload.ts';
import { printProblems, printSnapshot, printWanted } from '../../../src/routing/print.ts';
import { compile, workload } from '../../support/workloads.ts';

/**
 * Each golden has containers above the dashed line, oldest first, and what comes of them below. `options` are static
 * options, `place` the networks of the router (`host`: it runs on the host).
 */
interface Golden {
  readonly options?: readonly string[];
  readonly place?: readonly string[] | 'host';
  readonly containers: Readonly<Record<string, Partial<Workload>>>;
}

const FOLDER = new URL('../../golden/labels/', import.meta.url);
const LINE = '----\n';

function render({ options = [], place = ['edge'], containers }: Golden): string {
  const result = parseStaticOptions(options, {}, () => '');
  if ('problems' in result) throw new Error(result.problems.join('\n'));
  const workloads = Object.entries(containers).map(([name, facts], index) =>
    workload({ ...facts, name, createdAt: facts.createdAt ?? 1000 * (index + 1) }),
  );
  const networks = place === 'host' ? undefined : place;
  const { snapshot, wanted, problems } = compile(workloads, result.config, { networks });
  return printSnapshot(snapshot) + printWanted(wanted) + printProblems(problems);
}

const files = readdirSync(FOLDER).sort();

test.for(files)('%s', async (file) => {
  const [above = ''] = readFileSync(new URL(file, FOLDER), 'utf8').split(LINE);
  const output = render(parse(above) as Golden);
  await expect(above + LINE + output).toMatchFileSnapshot(new URL(file, FOLDER).pathname);
});

test('there are goldens', () => {
  expect(files.length).toBeGreaterThan(40);
});
