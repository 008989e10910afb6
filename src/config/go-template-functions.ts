import { RE2JS } from 're2js';
import { compileReplacement } from '../lib/go-replacement.ts';
import { normaliseName } from '../lib/normalise-name.ts';
import { regexpFault } from '../rule/regexp-fault.ts';
import { sprintf } from './go-printf.ts';
import {
  isTemplateTrue,
  list,
  MAX_LIST,
  MAX_TEXT,
  needRoom,
  number,
  printTemplateValue,
  type TemplateArgs,
  type TemplateValue,
  text,
  TextRoom,
  texts,
  Unusable,
} from './go-template-value.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Calls a function; one that cannot work with its arguments gives a fault. */
export function callTemplateFunction(
  name: string,
  args: TemplateArgs,
  env: Env,
): { readonly value: TemplateValue } | { readonly fault: string } {
  const [least, most, run] = FUNCTIONS.get(name)!;
  if (args.length < least || args.length > most) {
    const wanted = least === most ? `${least}` : most === Infinity ? `${least} or more` : `${least} to ${most}`;
    return { fault: `it takes ${wanted} values, not ${args.length}` };
  }
  try {
    return { value: run(args, env) };
  } catch (error) {
    if (error instanceof Unusable) return { fault: error.message };
    // A text beyond what the engine can hold, or a list in a list in a list.
    if (error instanceof RangeError) return { fault: 'it would make too much' };
    throw error;
  }
}

function index(start: TemplateValue, keys: TemplateArgs): TemplateValue {
  let value = start;
  for (const key of keys) {
    if (Array.isArray(value)) {
      const at = number(key);
      if (at < 0 || at >= value.length) throw new Unusable(`the list has no element ${at}`);
      value = (value as TemplateArgs)[at];
    } else if (typeof value === 'object') {
      const map = value as Readonly<Record<string, TemplateValue>>;
      // As in Go, a map of texts has the empty text for what it does not have.
      value = Object.hasOwn(map, text(key)) ? map[text(key)] : '';
    } else throw new Unusable('it needs a map or a list');
  }
  return value;
}

function regex(value: TemplateValue): string {
  const fault = regexpFault(text(value));
  if (fault !== undefined) throw new Unusable(fault.message);
  return text(value);
}

function isEqual(left: TemplateValue, right: TemplateValue): boolean {
  if (typeof left === 'object' || typeof right === 'object') throw new Unusable('lists and maps cannot be compared');
  return (left ?? '') === (right ?? '');
}

function isLess(left: TemplateValue, right: TemplateValue): boolean {
  return typeof left === 'number' || typeof right === 'number'
    ? number(left) < number(right)
    : text(left) < text(right);
}

/** Characters of `set` cut from both ends. */
function trimSet(value: string, set: string): string {
  const chars = Array.from(value);
  const cut = new Set(set);
  const start = chars.findIndex((char) => !cut.has(char));
  const end = chars.findLastIndex((char) => !cut.has(char)) + 1;
  return start < 0 ? '' : chars.slice(start, end).join('');
}

/** As Go's runes. */
function sliced(value: string, from: number, to?: number): string {
  return Array.from(value).slice(from, to).join('');
}

function truncated(value: string, length: number): string {
  return length < 0 ? sliced(value, length) : sliced(value, 0, length);
}

function repeated(value: string, count: number): string {
  if (count < 0 || value.length * count > MAX_TEXT) throw new Unusable('it would repeat too often');
  return value.repeat(count);
}

function numbers(from: number, to: number): TemplateArgs {
  if (Math.abs(to - from) > MAX_LIST) throw new Unusable('the list would be too long');
  const step = from <= to ? 1 : -1;
  return Array.from({ length: Math.abs(Math.trunc(to - from)) }, (_, at) => from + at * step);
}

/** With nothing to replace, the new text stands before and behind every character, as in Go. */
function replaced(value: string, old: string, by: string): string {
  const count = old === '' ? value.length + 1 : value.split(old).length - 1;
  needRoom(value.length + count * by.length);
  return value.replaceAll(old, () => by);
}

function regexReplaced(pattern: TemplateValue, value: string, by: string): string {
  // A match for each character at most, and what groups hold of it as often as `by` names one.
  needRoom((value.length + 1) * (by.length + 1));
  return compileReplacement(regex(pattern), by)(value) ?? value;
}

function parts(value: string, by: string): readonly string[] {
  const found = value.split(by, MAX_LIST + 1);
  if (found.length > MAX_LIST) throw new Unusable('the list would be too long');
  return found;
}

function printed(args: TemplateArgs, between: string): string {
  const room = new TextRoom();
  return args.map((one) => printTemplateValue(one, room)).join(between);
}

function formatted(format: string, args: TemplateArgs): string {
  const room = new TextRoom();
  const given = args.map((one) => (one === undefined ? '' : one));
  return sprintf(room.take(format), given, (one) => printTemplateValue(one, room));
}

function dict(args: TemplateArgs): TemplateValue {
  const entries: [string, TemplateValue][] = [];
  for (let at = 0; at < args.length; at += 2) entries.push([text(args[at]), args[at + 1] ?? '']);
  return Object.fromEntries(entries);
}

function has(map: TemplateValue, key: TemplateValue): boolean {
  if (typeof map !== 'object' || Array.isArray(map)) throw new Unusable('it needs a map');
  return Object.hasOwn(map, text(key));
}

type Run = (args: TemplateArgs, env: Env) => TemplateValue;
type Row = readonly [least: number, most: number, run: Run];

const ofText = (run: (value: string) => TemplateValue): Row => [1, 1, ([value]) => run(text(value))];
const ofTexts = (run: (first: string, value: string) => TemplateValue): Row => {
  return [2, 2, ([first, value]) => run(text(first), text(value))];
};

const TEXTS: Readonly<Record<string, Row>> = {
  lower: ofText((value) => value.toLowerCase()),
  upper: ofText((value) => value.toUpperCase()),
  title: ofText((value) => value.replace(/(?<=^|\s)\p{L}/gu, (letter) => letter.toUpperCase())),
  trim: ofText((value) => value.trim()),
  nospace: ofText((value) => value.replace(/\s/g, '')),
  normalize: ofText(normaliseName),
  trimPrefix: ofTexts((prefix, value) => (value.startsWith(prefix) ? value.slice(prefix.length) : value)),
  trimSuffix: ofTexts((suffix, value) =>
    value.endsWith(suffix) ? value.slice(0, value.length - suffix.length) : value,
  ),
  trimAll: ofTexts((set, value) => trimSet(value, set)),
  contains: ofTexts((part, value) => value.includes(part)),
  hasPrefix: ofTexts((prefix, value) => value.startsWith(prefix)),
  hasSuffix: ofTexts((suffix, value) => value.endsWith(suffix)),
  replace: [3, 3, ([old, by, value]) => replaced(text(value), text(old), text(by))],
  repeat: [2, 2, ([count, value]) => repeated(text(value), number(count))],
  trunc: [2, 2, ([length, value]) => truncated(text(value), number(length))],
  substr: [3, 3, ([from, to, value]) => sliced(text(value), number(from), number(to))],
  quote: [
    0,
    Infinity,
    (args) =>
      texts(args)
        .map((one) => JSON.stringify(one))
        .join(' '),
  ],
  squote: [
    0,
    Infinity,
    (args) =>
      texts(args)
        .map((one) => `'${one}'`)
        .join(' '),
  ],
  cat: [0, Infinity, (args) => texts(args).join(' ')],
  split: ofTexts((by, value) => Object.fromEntries(parts(value, by).map((part, at) => [`_${at}`, part]))),
  splitList: ofTexts((by, value) => parts(value, by)),
  join: [2, 2, ([by, items]) => texts(list(items), text(by)).join(text(by))],
  regexMatch: [2, 2, ([re, value]) => RE2JS.compile(regex(re)).matcher(text(value)).find()],
  regexFind: [2, 2, ([re, value]) => firstMatch(regex(re), text(value))],
  regexReplaceAll: [3, 3, ([re, value, by]) => regexReplaced(re, text(value), text(by))],
  regexReplaceAllLiteral: [3, 3, ([re, value, by]) => regexReplaced(re, text(value), text(by).replaceAll('$', '$$$$'))],
  env: [1, 1, ([name], env) => env[text(name)] ?? ''],
};

function firstMatch(pattern: string, value: string): string {
  const matcher = RE2JS.compile(pattern).matcher(value);
  return matcher.find() ? (matcher.group() ?? '') : '';
}

const VALUES: Readonly<Record<string, Row>> = {
  // Evaluated where they stand, because they stop at the first value that decides.
  and: [1, Infinity, ([value]) => value],
  or: [1, Infinity, ([value]) => value],
  not: [1, 1, ([value]) => !isTemplateTrue(value)],
  eq: [2, Infinity, ([left, ...others]) => others.some((right) => isEqual(left, right))],
  ne: [2, 2, ([left, right]) => !isEqual(left, right)],
  lt: [2, 2, ([left, right]) => isLess(left, right)],
  le: [2, 2, ([left, right]) => !isLess(right, left)],
  gt: [2, 2, ([left, right]) => isLess(right, left)],
  ge: [2, 2, ([left, right]) => !isLess(left, right)],
  default: [2, 2, ([fallback, value]) => (isTemplateTrue(value) ? value : fallback)],
  empty: [1, 1, ([value]) => !isTemplateTrue(value)],
  coalesce: [1, Infinity, (args) => args.find(isTemplateTrue)],
  ternary: [3, 3, ([yes, no, test]) => (isTemplateTrue(test) ? yes : no)],
  index: [1, Infinity, ([value, ...keys]) => index(value, keys)],
  len: [
    1,
    1,
    ([value]) =>
      Array.isArray(value)
        ? value.length
        : typeof value === 'object'
          ? Object.keys(value).length
          : Buffer.byteLength(text(value)),
  ],
  list: [0, Infinity, (args) => [...args]],
  dict: [0, Infinity, dict],
  get: [2, 2, ([map, key]) => index(map, [key])],
  hasKey: [2, 2, ([map, key]) => has(map, key)],
  first: [1, 1, ([items]) => list(items)[0]],
  last: [1, 1, ([items]) => list(items).at(-1)],
  rest: [1, 1, ([items]) => list(items).slice(1)],
  initial: [1, 1, ([items]) => list(items).slice(0, -1)],
  until: [1, 1, ([count]) => numbers(0, number(count))],
  untilStep: [
    3,
    3,
    ([from, to, step]) => numbers(number(from), number(to)).filter((_, at) => at % Math.abs(number(step) || 1) === 0),
  ],
  add: [1, Infinity, (args) => args.map(number).reduce((sum, one) => sum + one, 0)],
  sub: [2, 2, ([left, right]) => number(left) - number(right)],
  mul: [1, Infinity, (args) => args.map(number).reduce((product, one) => product * one, 1)],
  int: [1, 1, ([value]) => Math.trunc(number(value))],
  atoi: [1, 1, ([value]) => Math.trunc(number(value))],
  print: [0, Infinity, (args) => printed(args, '')],
  println: [0, Infinity, (args) => `${printed(args, ' ')}\n`],
  printf: [1, Infinity, ([format, ...args]) => formatted(text(format), args)],
};

const FUNCTIONS: ReadonlyMap<string, Row> = new Map([
  ...Object.entries(TEXTS),
  ...Object.entries(VALUES),
  ['toString', [1, 1, ([value]) => printTemplateValue(value)]],
]);

/** Every function a template may call. */
export const TEMPLATE_FUNCTION_NAMES: ReadonlySet<string> = new Set(FUNCTIONS.keys());
