import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';

const SRC = new URL('../src/', import.meta.url).pathname;

/** Rows of DESIGN section 5, top to bottom. A folder may import from rows below its own, never from its own row or above. */
const ROWS: readonly (readonly string[])[] = [
  ['main'],
  ['cli'],
  ['control', 'worker'],
  ['http2'],
  ['acme', 'admin', 'health', 'http1', 'middleware', 'provider'],
  ['http'],
  ['balance'],
  ['upstream'],
  ['certs', 'routing'],
  ['observe'],
  ['protocol'],
  ['config'],
  ['rule'],
  ['lib'],
];

/** Pure: no I/O, clock, logger or randomness. */
const PURE = ['config', 'rule', 'routing'];

/** Packages that one file alone may import. */
const ALONE: Readonly<Record<string, string>> = {
  dockerode: 'provider/docker/docker-api.ts',
  'acme-client': 'acme/acme-client-api.ts',
  pino: 'observe/pino-logger.ts',
};

/** What a data-plane thread must never load (design section 2). */
const NOT_IN_WORKER = ['dockerode', 'acme-client', 'pino', 'undici', '@peculiar/x509', 'node-forge', 'yaml'];

interface Source {
  readonly file: string;
  readonly text: string;
  readonly imports: readonly { readonly target: string; readonly isType: boolean; readonly isLazy: boolean }[];
}

const sources: readonly Source[] = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => {
    const text = readFileSync(join(SRC, file), 'utf8');
    const imports = [
      ...text.matchAll(/^(?:import|export)\s+(type\s)?[^'";]*?from\s+'([^']+)'|import\('([^']+)'\)/gm),
    ].map((match) => ({
      target: match[2] ?? match[3]!,
      isType: match[1] !== undefined,
      isLazy: match[3] !== undefined,
    }));
    return { file, text, imports };
  });

function folderOf(file: string): string {
  return file.includes('/') ? file.slice(0, file.indexOf('/')) : file.replace(/\.ts$/, '');
}

function rowOf(folder: string): number {
  return ROWS.findIndex((row) => row.includes(folder));
}

function resolveImport(file: string, target: string): string | undefined {
  return target.startsWith('.') ? relative(SRC, join(SRC, dirname(file), target)) : undefined;
}

test('every folder has its row', () => {
  const unknown = sources.map(({ file }) => folderOf(file)).filter((folder) => rowOf(folder) < 0);
  expect([...new Set(unknown)]).toEqual([]);
});

test('imports go down the rows', () => {
  const faults = sources.flatMap(({ file, imports }) =>
    imports.flatMap(({ target, isType }) => {
      const resolved = resolveImport(file, target);
      if (resolved === undefined || resolved.startsWith('..')) return [];
      const [from, to] = [folderOf(file), folderOf(resolved)];
      if (from === to || rowOf(to) > rowOf(from)) return [];
      // The typed messages name what they carry; types cost nothing at run time and make no cycle.
      if (from === 'protocol' && isType) return [];
      return [`${file} imports ${resolved}`];
    }),
  );
  expect(faults).toEqual([]);
});

test('pure folders touch nothing of the world', () => {
  const faults = sources
    .filter(({ file }) => PURE.includes(folderOf(file)))
    .flatMap(({ file, text, imports }) => [
      ...imports
        .filter(({ target, isType }) => !isType && target.startsWith('node:'))
        .map(({ target }) => `${file} imports ${target}`),
      ...[...text.matchAll(/\b(?:Date\.now|Math\.random|process\.|console\.|setTimeout|setInterval)\b/g)].map(
        ([word]) => `${file} uses ${word}`,
      ),
    ]);
  expect(faults).toEqual([]);
});

test.for(Object.entries(ALONE))('only one file imports %s', ([name, owner]) => {
  const importers = sources.filter(({ imports }) => imports.some(({ target, isType }) => target === name && !isType));
  expect(importers.map(({ file }) => file)).toEqual([owner]);
});

test('a worker loads none of the control plane', () => {
  const byFile = new Map(sources.map((source) => [source.file, source]));
  const loaded = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string): void => {
    if (loaded.has(file)) return;
    loaded.add(file);
    for (const { target, isType, isLazy } of byFile.get(file)?.imports ?? []) {
      if (isType || isLazy) continue;
      const resolved = resolveImport(file, target);
      if (resolved === undefined) packages.add(target);
      else visit(resolved);
    }
  };
  visit('worker/worker.ts');
  expect([...packages].filter((name) => NOT_IN_WORKER.includes(name))).toEqual([]);
  expect(
    [...loaded]
      .map(folderOf)
      .filter((folder) => ['control', 'acme', 'admin', 'health', 'provider', 'cli'].includes(folder)),
  ).toEqual([]);
});

/** What a worker loads later, and only when it is needed. */
const LAZY_IN_WORKER = ['http1/mirror-sender.ts'];

test('few things are loaded lazily', () => {
  const folders = ['worker', 'http', 'http1', 'middleware', 'balance', 'upstream', 'routing'];
  const lazy = sources
    .filter(({ file }) => folders.includes(folderOf(file)))
    .flatMap(({ file, imports }) =>
      imports.filter(({ isLazy }) => isLazy).map(({ target }) => resolveImport(file, target) ?? target),
    );
  expect(lazy).toEqual(LAZY_IN_WORKER);
  const undici = sources.filter(({ file, imports }) => {
    return folders.includes(folderOf(file)) && imports.some(({ target, isType }) => target === 'undici' && !isType);
  });
  expect(undici.map(({ file }) => file)).toEqual(LAZY_IN_WORKER);
});

test('files are small, export by name, and do not print', () => {
  const faults = sources.flatMap(({ file, text }) => [
    ...(text.split('\n').length > 400 ? [`${file} is longer than 400 lines`] : []),
    ...(/^export default/m.test(text) ? [`${file} has a default export`] : []),
    ...(/\bconsole\./.test(text) ? [`${file} prints to the console`] : []),
  ]);
  expect(faults).toEqual([]);
});
