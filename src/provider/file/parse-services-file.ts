import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type YAMLMap } from 'yaml';
import { parseInteger } from '../../config/label-value.ts';
import type { Problem } from '../../config/problem.ts';
import type { Workload } from '../../config/workload.ts';
import { nearest } from '../../lib/suggest.ts';
import { normaliseName } from '../../lib/normalise-name.ts';
import { type WeightedUrl, weightedUrls } from './weighted-urls.ts';
import { offsetOf, textOf } from './yaml-node.ts';

/** What one file says. `workloads` undefined: it is no YAML, and what it said before stays. */
export interface ParsedFile {
  readonly workloads: readonly Workload[] | undefined;
  readonly problems: readonly Problem[];
}

/**
 * Reads a file of services without containers: `{NAME: {servers: [URL…], labels: {…}}}`, a server also as
 * `{url: URL, weight: 2}`. Problems name file, line and
 * column. An entry with a fault is left out, the others stay. `path` only appears in problems.
 */
export function parseServicesFile(content: string, path: string): ParsedFile {
  const lines = new LineCounter();
  const document = parseDocument(content, { lineCounter: lines });
  const parser = new FileParser(document, lines, path);
  return parser.parse();
}

const ENTRY_KEYS = ['servers', 'labels'];
const SERVER_KEYS = ['url', 'weight'];

class FileParser {
  readonly #document: Document.Parsed;
  readonly #lines: LineCounter;
  readonly #path: string;
  readonly #problems: Problem[] = [];

  constructor(document: Document.Parsed, lines: LineCounter, path: string) {
    this.#document = document;
    this.#lines = lines;
    this.#path = path;
  }

  parse(): ParsedFile {
    for (const { message, pos } of this.#document.errors) {
      const [what = 'not YAML'] = message.split(/ at line \d|\n/);
      this.#fail(pos[0], undefined, what, 'mend the file; until then what it said before stays');
    }
    if (this.#document.errors.length > 0) return { workloads: undefined, problems: this.#problems };
    const { contents } = this.#document;
    if (contents === null || (isScalar(contents) && contents.value === null)) {
      return { workloads: [], problems: this.#problems };
    }
    if (!isMap(contents)) {
      this.#fail(contents.range[0], undefined, 'the file is not a map of services', 'write NAME: {servers: [URL]}');
      return { workloads: undefined, problems: this.#problems };
    }
    const workloads = contents.items.flatMap(({ key, value }) => this.#entry(textOf(key) ?? '', key, value));
    return { workloads, problems: this.#problems };
  }

  #entry(name: string, key: unknown, value: unknown): readonly Workload[] {
    if (!/^[\p{L}\p{N}][\p{L}\p{N}_.-]*$/u.test(name)) {
      this.#fail(offsetOf(key), name, `"${name}" is not a name`, 'use letters, digits, hyphens, dots and underscores');
      return [];
    }
    if (!isMap(value)) {
      this.#fail(
        offsetOf(value ?? key),
        name,
        'the entry is not a map',
        `write ${name}: {servers: [URL], labels: {…}}`,
      );
      return [];
    }
    const before = this.#problems.length;
    this.#checkKeys(name, value);
    const servers = this.#servers(name, value.get('servers', true));
    const labels = this.#labels(name, value.get('labels', true));
    return this.#problems.length > before ? [] : [workloadOf(name, servers, labels)];
  }

  #checkKeys(name: string, entry: YAMLMap): void {
    for (const { key } of entry.items) {
      const text = textOf(key) ?? '';
      if (ENTRY_KEYS.includes(text)) continue;
      const guess = nearest(text, ENTRY_KEYS);
      const hint = guess === undefined ? `expected ${ENTRY_KEYS.join(' and ')}` : `did you mean ${guess}?`;
      this.#fail(offsetOf(key), name, `there is no key "${text}"`, hint);
    }
  }

  /** Each a URL, or `{url: …, weight: …}`. */
  #servers(name: string, node: unknown): readonly WeightedUrl[] {
    if (node === undefined) return [];
    const items = isSeq(node) ? node.items : [node];
    return items.flatMap((item) => {
      if (isMap(item)) return this.#server(name, item);
      const url = textOf(item);
      if (url !== undefined) return [{ url, weight: undefined }];
      this.#fail(offsetOf(item), name, 'a server is not a URL', 'write servers: [http://10.0.0.7:8080]');
      return [];
    });
  }

  #server(name: string, server: YAMLMap): readonly WeightedUrl[] {
    const stranger = server.items.find(({ key }) => !SERVER_KEYS.includes(textOf(key) ?? ''));
    const url = textOf(server.get('url', true)) ?? '';
    const node = server.get('weight', true);
    const text = textOf(node) ?? '';
    const weight = parseInteger(text);
    if (stranger !== undefined) {
      const message = `a server has no key "${textOf(stranger.key) ?? ''}"`;
      this.#fail(offsetOf(stranger.key), name, message, `expected ${SERVER_KEYS.join(' and ')}`);
    } else if (url === '') {
      this.#fail(offsetOf(server), name, 'a server has no URL', 'write {url: http://10.0.0.7:8080, weight: 2}');
    } else if (node !== undefined && weight === undefined) {
      this.#fail(offsetOf(node), name, `"${text}" is not a weight`, 'write a whole number, as in weight: 2');
    } else return [{ url, weight }];
    return [];
  }

  /** A map, or a list of `name=value` as compose files have it. */
  #labels(name: string, node: unknown): Readonly<Record<string, string>> {
    const labels: [string, string][] = [];
    const hint = 'write labels: {sluice.host: example.com}';
    if (isMap(node)) {
      for (const { key, value } of node.items) {
        const text = textOf(value);
        if (text === undefined) this.#fail(offsetOf(value ?? key), name, 'the value of a label is not a text', hint);
        else labels.push([textOf(key) ?? '', text]);
      }
    } else if (isSeq(node)) {
      for (const item of node.items) {
        const match = /^([^=]+)=(.*)$/s.exec(textOf(item) ?? '');
        if (match === null) this.#fail(offsetOf(item), name, 'a label is not NAME=VALUE', hint);
        else labels.push([match[1] ?? '', match[2] ?? '']);
      }
    } else if (node !== undefined && textOf(node) !== '') {
      this.#fail(offsetOf(node), name, 'the labels are neither a map nor a list', hint);
    }
    return Object.fromEntries(labels);
  }

  #fail(offset: number, entry: string | undefined, message: string, hint: string): void {
    const { line, col } = this.#lines.linePos(offset);
    const place = `${this.#path}:${line}:${col}`;
    const problem = { severity: 'error', code: 'file_syntax', provider: 'file' } as const;
    const container = entry === undefined || entry === '' ? {} : { container: entry };
    this.#problems.push({ ...problem, ...container, message: `${place}: ${message}`, hint });
  }
}

function workloadOf(name: string, servers: readonly WeightedUrl[], labels: Readonly<Record<string, string>>): Workload {
  return {
    provider: 'file',
    id: name,
    name,
    baseName: normaliseName(name),
    // What the operator writes in a file has precedence over containers that claim the same.
    createdAt: 0,
    labels,
    running: true,
    health: 'none',
    networks: [],
    ports: [],
    hostNetwork: false,
    ...weightedUrls(servers),
  };
}
