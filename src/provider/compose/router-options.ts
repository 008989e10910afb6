import { parseStaticOptions } from '../../config/parse-static-options.ts';
import type { StaticConfig } from '../../config/static-config.ts';
import type { Place } from './compose-node.ts';
import type { Finding } from './finding.ts';
import { pathHere, type PlacedWord, type RouterService } from './router-service.ts';

export interface RouterOptions {
  readonly config: StaticConfig;
  readonly findings: readonly Finding[];
}

/** Each round leaves out what was wrong in the one before; nobody makes so many different mistakes. */
const MAX_ROUNDS = 20;

/**
 * Static options of the router: `flags` of the command line before those of its service, its variables and the file it names. What
 * is wrong is told with its place and left out, so that labels can be judged all the same.
 */
export function readRouterOptions(
  flags: readonly string[],
  router: RouterService | undefined,
  readFile: (path: string) => string,
): RouterOptions {
  const reader = new OptionReader(flags, router, readFile);
  return { config: reader.read(), findings: reader.findings };
}

/** An option with what belongs to it: `--name=value`, or `--name value`. */
interface Argument {
  readonly name: string;
  readonly words: readonly string[];
  readonly place: Place | undefined;
}

class OptionReader {
  readonly findings: Finding[] = [];
  readonly #router: RouterService | undefined;
  readonly #readText: (path: string) => string;
  #arguments: readonly Argument[];
  #variables: ReadonlyMap<string, PlacedWord>;

  constructor(flags: readonly string[], router: RouterService | undefined, readFile: (path: string) => string) {
    const own = groupWords(flags.map((text) => ({ text, place: undefined })));
    const named = new Set(own.map(({ name }) => name));
    const ofService = groupWords(router?.words ?? []).filter(({ name }) => !named.has(name));
    this.#router = router;
    this.#readText = readFile;
    this.#arguments = [...own, ...ofService];
    this.#variables = router?.variables ?? new Map();
  }

  read(): StaticConfig {
    const told = new Set<string>();
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const result = this.#parse();
      const isLast = !('problems' in result);
      const problems = isLast ? [] : result.problems;
      for (const problem of problems) {
        if (!told.has(problem)) this.#tell('error', problem);
        told.add(problem);
      }
      if (isLast) {
        for (const notice of result.notices) this.#tell('note', notice);
        return result.config;
      }
      if (!this.#leaveOut(problems)) break;
    }
    return defaults(this.#arguments.some(({ name }) => name.includes('.')));
  }

  #parse(): ReturnType<typeof parseStaticOptions> {
    const argv = this.#arguments.flatMap(({ words }) => words);
    const env = Object.fromEntries([...this.#variables].map(([name, { text }]) => [name, text]));
    return parseStaticOptions(argv, env, (path) => this.#readConfig(path));
  }

  /** A file of the router's container is read where it is mounted from; one that is not here says nothing. */
  #readConfig(path: string): string {
    const here = this.#router === undefined ? undefined : pathHere(this.#router, path);
    const isNamed = this.#isNamed(path);
    // The usual places of Traefik's own file are those of the router's container, not of this machine.
    if (here === undefined && !isNamed) throw new Error('it is not mounted');
    try {
      return this.#readText(here ?? path);
    } catch (error) {
      if (!isNamed) throw error;
      const message = `the file ${path} is not here, so its options are not checked`;
      const known = this.findings.some((finding) => finding.message === message);
      const hint = 'mount it from a folder beside the compose file, or name it with --config here';
      if (!known) this.#add('warning', { code: 'file_not_here', message, hint, place: this.#placeOf('--config') });
      return '';
    }
  }

  #isNamed(path: string): boolean {
    const words = [...this.#arguments.flatMap((argument) => argument.words), ...this.#variableTexts()];
    return words.some((word) => word.includes(path));
  }

  #variableTexts(): readonly string[] {
    return [...this.#variables.values()].map(({ text }) => text);
  }

  /** Removes the options that problems are about; false when there is none of them. */
  #leaveOut(problems: readonly string[]): boolean {
    const sources = problems.map((problem) => sourceOf(problem).toLowerCase());
    const isFaulty = (name: string): boolean => sources.includes(name.toLowerCase());
    const isOfFile = sources.some((source) => source.includes('.y') || source.includes('.toml'));
    const left = this.#arguments.filter(({ name, words }) => {
      const isConfig = isOfFile && ['config', 'configfile'].includes(name);
      return !isFaulty(`--${name}`) && !isFaulty(words[0] ?? '') && !isConfig;
    });
    const variables = new Map([...this.#variables].filter(([name]) => !isFaulty(name)));
    const isLess = left.length < this.#arguments.length || variables.size < this.#variables.size;
    this.#arguments = left;
    this.#variables = variables;
    return isLess;
  }

  #tell(severity: 'error' | 'note', text: string): void {
    const source = sourceOf(text);
    const [, message = text, hint] = /^(.*); (.*?)$/s.exec(text) ?? [];
    const at = this.#placeOf(source);
    this.#add(severity, {
      code: 'static_option',
      message,
      hint: hint ?? 'no change is needed if that suits you',
      place: at,
    });
  }

  #add(severity: Finding['severity'], finding: Omit<Finding, 'severity' | 'service'>): void {
    // What the command line says is of no service.
    const service = finding.place.file === COMMAND_LINE ? undefined : this.#router?.service.name;
    this.findings.push({ severity, service, ...finding });
  }

  #placeOf(source: string): Place {
    const wanted = source.toLowerCase();
    const argument = this.#arguments.find(({ name, words }) => `--${name}` === wanted || words[0] === source);
    if (argument !== undefined) return argument.place ?? { file: COMMAND_LINE, line: 1, column: 1 };
    const variable = this.#variables.get(source);
    return variable?.place ?? this.#router?.service.place ?? { file: COMMAND_LINE, line: 1, column: 1 };
  }
}

/** The file that flags of the command line itself are said to be in. */
export const COMMAND_LINE = 'command line';

function groupWords(
  words: readonly { readonly text: string; readonly place: Place | undefined }[],
): readonly Argument[] {
  const groups: Argument[] = [];
  for (let index = 0; index < words.length; index++) {
    const { text, place } = words[index]!;
    const [, name = text, value] = /^--?([^=]+)(=.*)?$/s.exec(text) ?? [];
    const next = words[index + 1]?.text;
    const takesNext = text.startsWith('-') && value === undefined && next?.startsWith('-') === false;
    groups.push({ name: name.toLowerCase(), words: takesNext ? [text, next] : [text], place });
    if (takesNext) index += 1;
  }
  return groups;
}

/** `--grace` of `--grace: "x" is not a duration; …`. */
function sourceOf(problem: string): string {
  return problem.slice(0, Math.max(0, problem.indexOf(': ')));
}

function defaults(isTraefik: boolean): StaticConfig {
  const argv = isTraefik ? ['--providers.docker=true'] : [];
  const result = parseStaticOptions(argv, {}, () => '');
  if ('problems' in result) throw new Error(result.problems.join('; '));
  return result.config;
}
