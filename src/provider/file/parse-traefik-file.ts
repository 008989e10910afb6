import { isMap, isScalar, LineCounter, parseDocument, type Document } from 'yaml';
import { parseTemplate, isTemplateError, renderTemplate } from '../../config/go-template.ts';
import type { TemplateError } from '../../config/go-template-tokens.ts';
import type { Problem } from '../../config/problem.ts';
import type { FileService, Workload } from '../../config/workload.ts';
import { nearest } from '../../lib/suggest.ts';
import { normaliseName } from '../../lib/normalise-name.ts';
import { OptionFlattener } from './flatten-options.ts';
import type { ParsedFile } from './parse-services-file.ts';
import { TraefikServices } from './traefik-services.ts';
import { TraefikTls } from './traefik-tls.ts';
import { entriesOf, type MapEntry } from './yaml-node.ts';

type Env = Readonly<Record<string, string | undefined>>;

const SECTIONS = ['http', 'tcp', 'udp', 'tls'];
const HTTP_KINDS = ['routers', 'services', 'middlewares', 'serverstransports'];
/** Sections of the other file of Traefik. */
const STATIC = ['entrypoints', 'providers', 'certificatesresolvers', 'api', 'log', 'accesslog', 'ping', 'metrics'];

/**
 * Reads dynamic configuration in Traefik's own form (traefik-static.md section 6): objects of `http` become the same options that
 * labels are, so that one table judges both. Templates in it are evaluated first. What is known and not acted on yet is named.
 * `workloads` undefined: it cannot be read, and what it said before stays.
 */
export function parseTraefikFile(content: string, path: string, env: Env): ParsedFile {
  if (/\.toml$/i.test(path)) return broken(path, `${path}: TOML is not read`, 'write the same in a YAML file');
  const text = content.includes('{{') ? evaluate(content, env) : content;
  if (typeof text !== 'string') return broken(path, `${placeIn(content, path, text)}: ${text.message}`, text.hint);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const problems = document.errors.map(({ message, pos }) => {
    const { line, col } = lines.linePos(pos[0]);
    const [what = 'not YAML'] = message.split(/ at line \d|\n/);
    return syntaxProblem(path, `${path}:${line}:${col}: ${what}`, STAYS);
  });
  if (problems.length > 0) return { workloads: undefined, problems };
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === null)) return { workloads: [], problems: [] };
  if (!isMap(contents)) return broken(path, `${path}: the file is not a map`, 'write http: {routers: …, services: …}');
  const reader = new TraefikFileReader(document, (offset) => lines.linePos(offset).line, path);
  return reader.read(entriesOf(contents, document));
}

const STAYS = 'mend the file; until then what it said before stays';

function evaluate(content: string, env: Env): string | TemplateError {
  const template = parseTemplate(content);
  return isTemplateError(template) ? template : renderTemplate(template, { data: {}, env });
}

function placeIn(content: string, path: string, { column }: TemplateError): string {
  const before = content.slice(0, column - 1).split('\n');
  return `${path}:${before.length}:${(before.at(-1) ?? '').length + 1}`;
}

function broken(path: string, message: string, hint: string): ParsedFile {
  return { workloads: undefined, problems: [syntaxProblem(path, message, hint)] };
}

function syntaxProblem(path: string, message: string, hint: string): Problem {
  return { severity: 'error', code: 'file_syntax', provider: 'file', container: path, message, hint };
}

class TraefikFileReader {
  readonly #document: Document;
  readonly #lineOf: (offset: number) => number;
  readonly #path: string;
  readonly #problems: Problem[] = [];
  readonly #options: OptionFlattener;
  readonly #services: Record<string, FileService> = {};
  readonly #tls: TraefikTls;

  constructor(document: Document, lineOf: (offset: number) => number, path: string) {
    this.#document = document;
    this.#lineOf = lineOf;
    this.#path = path;
    this.#options = new OptionFlattener(document, lineOf);
    this.#tls = new TraefikTls(this.#options, document, lineOf, {
      fail: (at, from, message, hint) => this.#fail(at, from, message, hint),
      inactive: (at, from) => this.#warnInactive(at, from),
    });
  }

  read(entries: readonly MapEntry[]): ParsedFile {
    for (const entry of entries) {
      const section = entry.name.toLowerCase();
      if (section === 'http') this.#readHttp(entry);
      else if (section === 'tls') this.#tls.read(entry.name, this.#entries(entry, [entry.name]));
      else if (['tcp', 'udp'].includes(section)) this.#nameInactive(entry);
      else this.#unknown([entry.name], entry.offset, SECTIONS, hintForSection(section));
    }
    // What was left out may be the protection of a router.
    if (this.#options.isCut) {
      const hint = `write less into one file and no alias inside of what it names; ${STAYS}`;
      return broken(this.#path, `${this.#path}: it is nested too deeply or too long`, hint);
    }
    return { workloads: [this.#workload()], problems: this.#problems };
  }

  #readHttp(http: MapEntry): void {
    for (const kind of this.#entries(http, ['http'])) {
      const name = kind.name.toLowerCase();
      if (!HTTP_KINDS.includes(name)) {
        this.#unknown(['http', kind.name], kind.offset, HTTP_KINDS);
        continue;
      }
      for (const object of this.#entries(kind, ['http', kind.name])) this.#readObject(name, kind.name, object);
    }
  }

  #readObject(kind: string, written: string, { name, value, offset }: MapEntry): void {
    const path = ['http', written, name];
    if (name === '' || name.includes('@')) {
      this.#fail(path, offset, `"${name}" is not a name`, 'write a name without @; the provider is added by itself');
    } else if (!isMap(value)) {
      this.#fail(path, offset, 'it is not a map of options', 'write its options below its name');
    } else if (kind === 'services') {
      const reader = new TraefikServices(this.#options, this.#document, this.#lineOf, (at, from, message, hint) => {
        this.#fail(at, from, message, hint);
      });
      this.#services[name] = reader.read(path, entriesOf(value, this.#document));
    } else this.#options.add(path, value, offset);
  }

  /** What is known and has no effect yet, by name: `tcp.routers.db`. */
  #nameInactive(section: MapEntry): void {
    for (const kind of this.#entries(section, [section.name])) {
      const path = [section.name, kind.name];
      const named = isMap(kind.value) ? entriesOf(kind.value, this.#document) : [];
      for (const { name, offset } of named) this.#warnInactive([...path, name], offset);
      if (named.length === 0) this.#warnInactive(path, kind.offset);
    }
  }

  #warnInactive(path: readonly string[], offset: number): void {
    this.#problems.push({
      severity: 'warning',
      code: 'not_acted_on',
      provider: 'file',
      container: this.#path,
      label: path.join('.'),
      message: `line ${this.#lineOf(offset)}: this is known and has no effect yet`,
      hint: 'remove it, or do without it for now',
    });
  }

  #entries(entry: MapEntry, path: readonly string[]): readonly MapEntry[] {
    if (isMap(entry.value)) return entriesOf(entry.value, this.#document);
    const isNothing = entry.value === null || (isScalar(entry.value) && entry.value.value === null);
    if (!isNothing) this.#fail(path, entry.offset, 'it is not a map', 'write names below it');
    return [];
  }

  #unknown(path: readonly string[], offset: number, known: readonly string[], hint?: string): void {
    const guess = nearest(path.at(-1) ?? '', known);
    const fallback = hint ?? `expected one of ${known.join(', ')}`;
    this.#fail(path, offset, 'there is no such section', guess === undefined ? fallback : `did you mean ${guess}?`);
  }

  #fail(path: readonly string[], offset: number, message: string, hint: string): void {
    const line = this.#lineOf(offset);
    const problem = syntaxProblem(this.#path, `line ${line}: ${message}`, hint);
    this.#problems.push({ ...problem, label: path.join('.') });
  }

  #workload(): Workload {
    const path = this.#path;
    return {
      provider: 'file',
      id: path,
      name: path,
      baseName: normaliseName(path.slice(path.lastIndexOf('/') + 1).replace(/\.[^.]*$/, '')),
      // What the operator writes in a file has precedence over containers that claim the same.
      createdAt: 0,
      labels: {},
      running: true,
      health: 'none',
      networks: [],
      ports: [],
      hostNetwork: false,
      settings: this.#options.settings,
      services: this.#services,
      ...(this.#tls.certificates.length === 0 ? {} : { certificates: this.#tls.certificates }),
    };
  }
}

function hintForSection(section: string): string | undefined {
  return STATIC.includes(section) ? 'this is a static option: move it to traefik.yml' : undefined;
}
