import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Problem } from '../../../../src/config/problem.ts';
import type { Workload } from '../../../../src/config/workload.ts';
import { createFileProvider } from '../../../../src/provider/file/file-provider.ts';
import { SERVICES_FORM, traefikForm } from '../../../../src/provider/file/services-files.ts';
import type { Provider, ProviderSink } from '../../../../src/provider/provider.ts';

class RecordingSink implements ProviderSink {
  readonly told: { readonly names: readonly string[]; readonly problems: readonly Problem[]; readonly at: number }[] =
    [];
  readonly reach: boolean[] = [];

  workloads(list: readonly Workload[], facts: { at: number; problems: readonly Problem[] }): void {
    this.told.push({ names: list.map(({ name }) => name), problems: facts.problems, at: facts.at });
  }
  stopping(): void {
    throw new Error('a file stops nothing');
  }
  started(): void {
    throw new Error('a file starts nothing');
  }
  reachable(isReachable: boolean): void {
    this.reach.push(isReachable);
  }

  get last() {
    return this.told.at(-1);
  }
  /** Waits until the newest list has these names and problems with these codes. */
  async until(names: readonly string[], codes: readonly string[] = []): Promise<void> {
    await vi.waitFor(
      () => {
        expect(this.last?.names).toEqual(names);
        expect(this.last?.problems.map(({ code }) => code)).toEqual(codes);
      },
      { timeout: 5000, interval: 10 },
    );
  }
}

const entry = (...names: string[]) => names.map((name) => `${name}: {servers: [http://10.0.0.7]}\n`).join('');

let folder: string;
let provider: Provider;
let sink: RecordingSink;

function start(path: string, pollMs = 20): void {
  provider = createFileProvider({ path, settleMs: 5, pollMs });
  sink = new RecordingSink();
  provider.start(sink);
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-file-'));
});

afterEach(async () => {
  await provider.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('a file', () => {
  const path = () => join(folder, 'services.yaml');

  test('is told at the start, before start() returns', () => {
    writeFileSync(path(), entry('a', 'b'));
    start(path());
    expect(sink.told).toMatchObject([{ names: ['a', 'b'], problems: [] }]);
    expect(sink.reach).toEqual([]);
  });

  test('is told again when it is written', async () => {
    writeFileSync(path(), entry('a'));
    start(path());
    writeFileSync(path(), entry('a', 'c'));
    await sink.until(['a', 'c']);
  });

  test('is told again when an editor replaces it, more than once, without polling', async () => {
    writeFileSync(path(), entry('a'));
    start(path(), 1_000_000);
    for (const name of ['b', 'c', 'd']) {
      writeFileSync(join(folder, '.swap'), entry(name));
      renameSync(join(folder, '.swap'), path());
      await sink.until([name]);
    }
  });

  test('keeps its last good content while it is broken', async () => {
    writeFileSync(path(), entry('a'));
    start(path());
    writeFileSync(path(), 'a: [');
    await sink.until(['a'], ['file_syntax']);
    writeFileSync(path(), entry('b'));
    await sink.until(['b']);
    expect(sink.reach).toEqual([]);
  });

  test('keeps it also when reading it throws', async () => {
    const parse = (content: string, file: string) => {
      if (content === 'deep') throw new RangeError('too much of it');
      return SERVICES_FORM.parse(content, file);
    };
    writeFileSync(path(), entry('a'));
    provider = createFileProvider({ path: path(), form: { ...SERVICES_FORM, parse }, settleMs: 5, pollMs: 20 });
    sink = new RecordingSink();
    provider.start(sink);
    writeFileSync(path(), 'deep');
    await sink.until(['a'], ['file_syntax']);
    expect(sink.last?.problems[0]?.message).toBe(`${path()}: it cannot be understood: too much of it`);
    writeFileSync(path(), entry('b'));
    await sink.until(['b']);
  });

  test('that is not there yet is waited for', async () => {
    start(join(folder, 'later', 'services.yaml'));
    await sink.until([], ['file_unreadable']);
    expect(sink.reach).toEqual([false]);
    mkdirSync(join(folder, 'later'));
    writeFileSync(join(folder, 'later', 'services.yaml'), entry('a'));
    await sink.until(['a']);
    expect(sink.reach).toEqual([false, true]);
  });

  test('that disappears keeps what it said', async () => {
    writeFileSync(path(), entry('a'));
    start(path());
    rmSync(path());
    await sink.until(['a'], ['file_unreadable']);
    expect(sink.reach).toEqual([false]);
  });

  test('that becomes empty is empty', async () => {
    writeFileSync(path(), entry('a'));
    start(path());
    writeFileSync(path(), '');
    await sink.until([]);
  });

  test('is not told again when its content is the same', async () => {
    writeFileSync(path(), entry('a'));
    start(path());
    writeFileSync(path(), `# a comment\n${entry('a')}`);
    writeFileSync(join(folder, 'beside.yaml'), entry('x'));
    writeFileSync(path(), `# another comment\n${entry('a')}`);
    writeFileSync(path(), entry('a', 'b'));
    await sink.until(['a', 'b']);
    expect(sink.told.map(({ names }) => names.join())).toEqual(['a', 'a,b']);
  });
});

describe('a folder', () => {
  test('joins its YAML files by name and leaves out everything else', () => {
    writeFileSync(join(folder, '2.yml'), entry('b'));
    writeFileSync(join(folder, '1.yaml'), entry('a'));
    writeFileSync(join(folder, '.hidden.yaml'), entry('x'));
    writeFileSync(join(folder, 'notes.txt'), entry('y'));
    start(folder);
    expect(sink.told).toMatchObject([{ names: ['a', 'b'], problems: [] }]);
  });

  test('with a link that leads to itself keeps the rest, and the process', async () => {
    writeFileSync(join(folder, 'a.yaml'), entry('a'));
    start(folder);
    symlinkSync(join(folder, 'b.yaml'), join(folder, 'b.yaml'));
    await sink.until(['a'], ['file_unreadable']);
  });

  test('follows files that come, change and go', async () => {
    start(folder);
    await sink.until([]);
    writeFileSync(join(folder, 'a.yaml'), entry('a'));
    await sink.until(['a']);
    writeFileSync(join(folder, 'b.yaml'), entry('b'));
    await sink.until(['a', 'b']);
    rmSync(join(folder, 'a.yaml'));
    await sink.until(['b']);
  });

  test('a broken file costs the others nothing', async () => {
    writeFileSync(join(folder, 'a.yaml'), entry('a'));
    writeFileSync(join(folder, 'b.yaml'), entry('b'));
    start(folder);
    writeFileSync(join(folder, 'a.yaml'), 'a: [');
    writeFileSync(join(folder, 'b.yaml'), entry('b', 'c'));
    await sink.until(['a', 'b', 'c'], ['file_syntax']);
  });

  test('of two entries with one name the first file keeps it', () => {
    writeFileSync(join(folder, '1.yaml'), entry('a'));
    writeFileSync(join(folder, '2.yaml'), entry('a', 'b'));
    start(folder);
    expect(sink.last).toMatchObject({ names: ['a', 'b'], problems: [{ code: 'service_conflict', container: 'a' }] });
  });

  test('a folder in place of a file cannot be read and says so', () => {
    mkdirSync(join(folder, 'dir.yaml'));
    writeFileSync(join(folder, 'a.yaml'), entry('a'));
    start(folder);
    expect(sink.last).toMatchObject({ names: ['a'], problems: [{ code: 'file_unreadable' }] });
  });
});

test('after stop nothing is told', async () => {
  const path = join(folder, 'services.yaml');
  writeFileSync(path, entry('a'));
  start(path, 1);
  await provider.stop();
  writeFileSync(path, entry('b'));
  // A second provider sees the change; by then the first would have, too.
  const first = sink;
  start(path, 1);
  await sink.until(['b']);
  expect(first.told.map(({ names }) => names.join())).toEqual(['a']);
});

describe("Traefik's own form", () => {
  const dynamic = (host: string) => `http: {routers: {a: {rule: "Host(\`${host}\`)", service: s}}}\n`;

  function startTraefik(path: string, watch = true): void {
    provider = createFileProvider({ path, watch, form: traefikForm({}), settleMs: 5, pollMs: 20 });
    sink = new RecordingSink();
    provider.start(sink);
  }

  test('a folder is read with its subfolders; hidden ones and other files are passed over', async () => {
    for (const sub of ['sub/deep', '..data']) mkdirSync(join(folder, sub), { recursive: true });
    for (const name of ['a.yml', 'sub/b.yaml', 'sub/deep/c.YML', '..data/a.yml', 'note.txt', '.d.yml']) {
      writeFileSync(join(folder, name), dynamic('a.test'));
    }
    startTraefik(folder);
    expect(sink.last?.names).toEqual(['a.yml', 'sub/b.yaml', 'sub/deep/c.YML'].map((name) => join(folder, name)));
    writeFileSync(join(folder, 'sub', 'new.yml'), dynamic('a.test'));
    await vi.waitFor(() => expect(sink.last?.names).toContain(join(folder, 'sub', 'new.yml')), 5000);
  });

  test('a wrong file keeps its last good content, and a TOML file says what it is', async () => {
    const path = join(folder, 'a.yml');
    writeFileSync(path, dynamic('a.test'));
    startTraefik(folder);
    writeFileSync(path, 'http: {');
    await sink.until([path], ['file_syntax']);
    writeFileSync(join(folder, 'b.toml'), '[http]\n');
    await sink.until([path], ['file_syntax', 'file_syntax']);
    writeFileSync(path, dynamic('b.test'));
    await sink.until([path], ['file_syntax']);
    expect(sink.last?.problems[0]?.message).toContain('b.toml: TOML is not read');
  });

  test('without watching it is read once', async () => {
    const path = join(folder, 'a.yml');
    writeFileSync(path, dynamic('a.test'));
    startTraefik(path, false);
    expect(sink.told).toHaveLength(1);
    const silent = { provider, sink };
    writeFileSync(path, '');
    // Another provider that watches sees the change; the first one has had as much time.
    startTraefik(folder);
    await sink.until([]);
    expect(silent.sink.told).toHaveLength(1);
    await silent.provider.stop();
  });
});
