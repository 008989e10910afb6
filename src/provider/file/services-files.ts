import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Problem } from '../../config/problem.ts';
import type { Workload } from '../../config/workload.ts';
import { type ParsedFile, parseServicesFile } from './parse-services-file.ts';
import { parseTraefikFile } from './parse-traefik-file.ts';

/** What all files say together. */
export interface FilesContent {
  readonly workloads: readonly Workload[];
  readonly problems: readonly Problem[];
  /** Undefined: the path could be read. Otherwise why not. */
  readonly missing: string | undefined;
}

/** What kind of files there are, and how one is read. */
export interface FileForm {
  /** Names, below a folder, of the files that count. */
  readonly isOurs: (name: string) => boolean;
  readonly isRecursive: boolean;
  readonly parse: (content: string, path: string) => ParsedFile;
}

/** `{NAME: {servers: [URL…], labels: {…}}}`. */
export const SERVICES_FORM: FileForm = {
  isOurs: (name) => /^[^.].*\.ya?ml$/i.test(name),
  isRecursive: false,
  parse: parseServicesFile,
};

/** Traefik's dynamic configuration. Hidden folders are passed over: Kubernetes keeps copies in them. */
export function traefikForm(env: Readonly<Record<string, string | undefined>>): FileForm {
  return {
    isOurs: (name) => /\.(ya?ml|toml)$/i.test(name) && !/(^|\/)\./.test(name),
    isRecursive: true,
    parse: (content, path) => parseTraefikFile(content, path, env),
  };
}

/**
 * Reads a file, or every one of a folder that counts, again and again. A file that cannot be read or is broken
 * keeps what it said last; one that was removed from a folder takes its services with it.
 */
export class ServicesFiles {
  readonly #path: string;
  readonly #form: FileForm;
  readonly #lastGood = new Map<string, readonly Workload[]>();
  #lastFiles: readonly string[] = [];

  constructor(path: string, form: FileForm = SERVICES_FORM) {
    this.#path = path;
    this.#form = form;
  }

  /** Changes when any file may have: names, sizes, times and inodes. Cheap enough to be asked every second. */
  fingerprint(): string {
    const files = listFiles(this.#path, this.#form);
    if (files === undefined) return 'missing';
    return files.map((file) => `${file} ${stamp(file)}`).join('\n');
  }

  read(): FilesContent {
    const files = listFiles(this.#path, this.#form);
    const problems: Problem[] = [];
    if (files === undefined) problems.push(unreadable(this.#path, 'there is no such file or folder'));
    else this.#forgetAllBut(files);
    this.#lastFiles = files ?? this.#lastFiles;
    const contents = this.#lastFiles.map((file) => {
      return { file, workloads: files === undefined ? this.#last(file) : this.#readFile(file, problems) };
    });
    return {
      workloads: withoutDuplicates(contents, problems),
      problems,
      missing: files === undefined ? `${this.#path} does not exist` : undefined,
    };
  }

  #readFile(file: string, problems: Problem[]): readonly Workload[] {
    let content: string;
    try {
      content = readFileSync(file, 'utf8');
    } catch (error) {
      problems.push(unreadable(file, error instanceof Error ? error.message : String(error)));
      return this.#last(file);
    }
    const parsed = this.#parse(content, file);
    problems.push(...parsed.problems);
    if (parsed.workloads !== undefined) this.#lastGood.set(file, parsed.workloads);
    return this.#last(file);
  }

  /** Nobody who may write a file may end the process with it. */
  #parse(content: string, file: string): ParsedFile {
    try {
      return this.#form.parse(content, file);
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      const message = `${file}: it cannot be understood: ${detail}`;
      const hint = 'write it with less nesting; until then what it said before stays';
      const problem = { severity: 'error', code: 'file_syntax', provider: 'file', message, hint } as const;
      return { workloads: undefined, problems: [problem] };
    }
  }

  #last(file: string): readonly Workload[] {
    return this.#lastGood.get(file) ?? [];
  }

  #forgetAllBut(files: readonly string[]): void {
    for (const file of this.#lastGood.keys()) if (!files.includes(file)) this.#lastGood.delete(file);
  }
}

/** The file itself, or the files of a folder by name; undefined when the path does not exist. */
function listFiles(path: string, { isOurs, isRecursive }: FileForm): readonly string[] | undefined {
  try {
    if (!statSync(path).isDirectory()) return [path];
    return readdirSync(path, { recursive: isRecursive, encoding: 'utf8' })
      .filter(isOurs)
      .sort()
      .map((name) => join(path, name));
  } catch {
    // Whatever the reason, the path cannot be used now; the caller says so.
    return undefined;
  }
}

function stamp(file: string): string {
  try {
    const { ino, size, mtimeNs } = statSync(file, { bigint: true });
    return `${ino} ${size} ${mtimeNs}`;
  } catch {
    // Gone, a link to itself, a folder that may not be entered: reading it tells.
    return 'unreadable';
  }
}

function withoutDuplicates(
  contents: readonly { readonly file: string; readonly workloads: readonly Workload[] }[],
  problems: Problem[],
): readonly Workload[] {
  const owners = new Map<string, string>();
  return contents.flatMap(({ file, workloads }) =>
    workloads.filter(({ name }) => {
      const owner = owners.getOrInsert(name, file);
      if (owner === file) return true;
      const message = `${file}: ${name} is already defined in ${owner}`;
      const hint = 'give it another name';
      problems.push({ severity: 'error', code: 'service_conflict', provider: 'file', container: name, message, hint });
      return false;
    }),
  );
}

function unreadable(path: string, detail: string): Problem {
  return {
    severity: 'error',
    code: 'file_unreadable',
    provider: 'file',
    message: `${path} cannot be read: ${detail}`,
    hint: 'create it or make it readable; it is picked up by itself, and until then what it said before stays',
  };
}
