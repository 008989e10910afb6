import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { LABEL_OPTIONS } from '../../../src/config/label-table.ts';
import { objectPath } from '../../../src/config/label-option.ts';
import { PROBLEM_CODES } from '../../../src/config/problem-codes.ts';
import { REFERENCE_PAGES } from '../../../src/config/reference-pages.ts';
import { REMOVED_STATIC_OPTIONS } from '../../../src/config/removed-static-options.ts';
import { STATIC_OPTIONS } from '../../../src/config/static-options.ts';
import { TRAEFIK_STATIC_OPTIONS } from '../../../src/config/traefik-static-options.ts';

const DOCS = new URL('../../../docs/', import.meta.url);
const README = readFileSync(new URL('../README.md', DOCS), 'utf8');
const page = (name: string): string => REFERENCE_PAGES.get(name)?.() ?? '';
const pages = [...REFERENCE_PAGES.keys()];

test.for(pages)('docs/%s is what the tables say; if not, run `npm run docs`', (name) => {
  expect(readFileSync(new URL(name, DOCS), 'utf8')).toBe(page(name));
});

test('nothing else lies in docs', () => {
  expect(readdirSync(DOCS).sort()).toEqual([...pages].sort());
});

test.for(pages)('README.md links docs/%s', (name) => {
  expect(README).toContain(`(docs/${name})`);
});

test.for(pages)('links of %s lead somewhere', (name) => {
  const text = page(name);
  const slugs = [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) => title.toLowerCase().replaceAll(' ', '-'));
  const targets = [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, target = '']) => target);
  const dead = targets.filter((target) =>
    target.startsWith('#') ? !slugs.includes(target.slice(1)) : !existsSync(new URL(target, DOCS)),
  );
  expect(dead).toEqual([]);
});

test.for(pages)('tables of %s have cells in every column', (name) => {
  const faults: string[] = [];
  let columns = 0;
  for (const line of page(name).split('\n')) {
    const cells = line.startsWith('|') ? line.slice(2, -2).split(/ (?<!\\)\| /) : [];
    if (columns === 0) columns = cells.length;
    if (cells.length === 0) columns = 0;
    if (cells.length !== columns || cells.some((cell) => cell.trim() === '')) faults.push(line);
  }
  expect(faults).toEqual([]);
});

/** Text of the section that a heading begins, up to the next of its kind. */
function section(text: string, title: string): string {
  const [, behind = ''] = text.split(`\n## ${title}\n`);
  return behind.split('\n## ')[0] ?? '';
}

describe('labels.md', () => {
  const text = page('labels.md');

  test('has every label, with its default, its meaning and whether it acts', () => {
    const acts = { yes: 'yes', no: 'not yet', protects: '503' };
    for (const option of LABEL_OPTIONS) {
      const key = option.object === 'site' ? `sluice.${option.key}` : option.key;
      const { fallback, meaning } = option;
      const row = new RegExp(
        `^\\| ${RegExp.escape(`\`${key}\``)} \\| .+ \\| ${RegExp.escape(`${fallback} | ${meaning} | ${acts[option.acts]}`)} \\|$`,
        'm',
      );
      expect(text).toMatch(row);
    }
  });

  test('has a section for every kind of object, the shorthand first', () => {
    const titles = [...text.matchAll(/^## (.*)$/gm)].map(([, title]) => title);
    expect(titles.slice(0, 3)).toEqual(['How to read the tables', 'One site', 'The container']);
    for (const { object } of LABEL_OPTIONS) expect(text).toContain(objectPath(object));
  });

  test('has every type that a row names', () => {
    const types = [...section(text, 'How to read the tables').matchAll(/^\| ([^|]+) \|/gm)].map(([, type]) => type);
    const column = [...text.matchAll(/^\| `[^|]+` \| ([^|`]+) \|/gm)].map(([, type = '']) => type);
    const used = column.map((type) => type.replace(/(?: from|,) .*$/, ''));
    expect([...new Set(used)].filter((type) => !types.includes(type))).toEqual([]);
    expect(used.length).toBeGreaterThan(150);
  });
});

describe('flags.md', () => {
  const text = page('flags.md');

  test.for(STATIC_OPTIONS)('has $name as flag, variable and key', ({ name, fallback, meaning }) => {
    const variable = `SLUICE_${name.replaceAll('-', '_').toUpperCase()}`;
    expect(text).toContain(`| \`--${name}\` | \`${variable}\` | \`${name}\` | `);
    expect(text).toContain(` | ${fallback} | ${meaning} |`);
  });

  test.for([
    ['yes', 'What acts'],
    ['harmless', 'What is accepted without effect'],
    ['refused', 'What is refused'],
  ] as const)('has every option of Traefik that is %s, with what becomes of it', ([acts, title]) => {
    const [, behind = ''] = text.split(`\n### ${title}\n`);
    const lines = (behind.split('\n###')[0] ?? '').split('\n');
    for (const { path, reason } of TRAEFIK_STATIC_OPTIONS.filter((option) => option.acts === acts)) {
      expect(lines.filter((line) => line.endsWith(` | ${reason} |`) && names(line, path))).toHaveLength(1);
    }
  });

  test('has every option that Traefik no longer has', () => {
    const [, behind = ''] = text.split('\n### What Traefik itself no longer has\n');
    const lines = behind.split('\n');
    for (const { path } of REMOVED_STATIC_OPTIONS) expect(lines.filter((line) => names(line, path))).toHaveLength(1);
  });

  function names(line: string, path: string): boolean {
    return [path, `${path}[.**]`, path.replace(/\.\*\*$/, '[.**]')].some((one) => line.includes(`\`--${one}\``));
  }
});

describe('problems.md', () => {
  const words = { error: '**Error.**', warning: '**Warning.**', either: '**Error or warning.**' };

  test.for(Object.entries(PROBLEM_CODES))('explains $0', ([name, { severity, meaning, example, fix }]) => {
    const about = section(page('problems.md'), `\`${name}\``);
    for (const part of [words[severity], meaning, example, fix]) expect(about).toContain(part);
  });

  test('severities are those of the goldens', () => {
    const folder = new URL('../../golden/labels/', import.meta.url);
    const printed = readdirSync(folder).flatMap((file) => [
      ...readFileSync(new URL(file, folder), 'utf8').matchAll(/^ {2}(error|warning) ([a-z_]+) {2}/gm),
    ]);
    const wrong = printed.filter(([, severity, name = '']) => {
      const said = PROBLEM_CODES[name as keyof typeof PROBLEM_CODES].severity;
      return said !== 'either' && said !== severity;
    });
    expect(wrong.map(([line]) => line)).toEqual([]);
    expect(printed.length).toBeGreaterThan(200);
  });
});
