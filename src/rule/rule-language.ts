import { nearest } from '../lib/suggest.ts';
import type { RuleNode } from './ast.ts';

/** A fault in the arguments of one matcher. `index` is the argument at fault, undefined when it is their number. */
export interface ArgumentFault {
  readonly index: number | undefined;
  readonly message: string;
  readonly hint: string;
}

/** One matcher as it may be written. */
export interface MatcherSpec<Name extends string> {
  /** How a correct call looks, for hints. */
  readonly example: string;
  /** How many arguments it takes; `some`: one or more, `pairs`: an even number. */
  readonly counts: readonly number[] | 'some' | 'pairs';
  /** What the call means, or what is wrong with its arguments, of which none is empty. */
  readonly read: (args: readonly string[]) => RuleNode<Name> | ArgumentFault;
}

/** The matchers a rule may be made of. The grammar around them is the same for all. */
export interface RuleLanguage<Name extends string> {
  readonly matchers: ReadonlyMap<string, MatcherSpec<Name>>;
  /** Canonical name of each spelling. */
  readonly spellings: ReadonlyMap<string, string>;
  /** What to write instead of names that others know: lower case. */
  readonly replaced: ReadonlyMap<string, string>;
}

/** Words of other languages that mean an operator here. */
const OPERATORS: readonly (readonly [string, string])[] = [
  ['not', 'write ! before the matcher'],
  ['and', 'write && between two matchers'],
  ['or', 'write || between two matchers'],
];

/**
 * A language of these matchers. Four spellings of each are known: canonical, lower case, upper case, first letter only.
 * `replaced` says what to write instead of names that are known elsewhere.
 */
export function buildLanguage<Name extends string>(
  matchers: Readonly<Record<string, MatcherSpec<Name>>>,
  replaced: Readonly<Record<string, string>>,
): RuleLanguage<Name> {
  const spellings = new Map<string, string>();
  for (const name of Object.keys(matchers)) {
    const lower = name.toLowerCase();
    for (const spelling of [name, lower, name.toUpperCase(), name.charAt(0) + lower.slice(1)])
      spellings.set(spelling, name);
  }
  return {
    matchers: new Map(Object.entries(matchers)),
    spellings,
    replaced: new Map([...OPERATORS, ...Object.entries(replaced)]),
  };
}

/** How to mend a matcher name that the language does not have. */
export function hintForName({ matchers, replaced }: RuleLanguage<string>, name: string): string {
  const known = replaced.get(name.toLowerCase());
  if (known !== undefined) return known;
  const guess = nearest(name, matchers.keys());
  return guess === undefined ? `the matchers are ${[...matchers.keys()].join(', ')}` : `did you mean ${guess}?`;
}

/** What a call means, or the first fault of its arguments. `name` is a canonical one of the language. */
export function readCall<Name extends string>(
  language: RuleLanguage<Name>,
  name: string,
  args: readonly string[],
): RuleNode<Name> | ArgumentFault {
  const spec = language.matchers.get(name);
  if (spec === undefined) throw new Error(`${name} is no matcher`);
  const count = countFault(name, spec, args);
  if (count !== undefined) return count;
  const empty = args.indexOf('');
  if (empty >= 0) return { index: empty, message: `an argument of ${name} is empty`, hint: `write ${spec.example}` };
  return spec.read(args);
}

/** Tells the two results of `readCall` apart. */
export function isArgumentFault(result: RuleNode<string> | ArgumentFault): result is ArgumentFault {
  return 'message' in result;
}

function countFault(
  name: string,
  { counts, example }: MatcherSpec<string>,
  args: readonly string[],
): ArgumentFault | undefined {
  const count = args.length;
  if (counts === 'some' ? count > 0 : counts === 'pairs' ? count > 0 && count % 2 === 0 : counts.includes(count)) {
    return undefined;
  }
  const canJoin = count > 1 && counts.length === 1 && counts[0] === 1;
  return {
    index: undefined,
    message: `${name} takes ${describeCounts(counts)}, not ${count}`,
    hint: canJoin ? `write ${args.map((arg) => `${name}(\`${arg}\`)`).join(' || ')}` : `write ${example}`,
  };
}

function describeCounts(counts: MatcherSpec<string>['counts']): string {
  if (counts === 'some') return 'one argument or more';
  if (counts === 'pairs') return 'pairs of arguments';
  return `${counts.join(' or ')} argument${counts.at(-1) === 1 ? '' : 's'}`;
}
