import { parseDuration } from '../lib/duration.ts';
import { parseIpNetwork } from '../lib/ip-address.ts';
import { regexpFault } from '../rule/regexp-fault.ts';
import type { LabelOption, LabelType } from './label-option.ts';
import { parseBoolean, parseInteger, parseItems } from './label-value.ts';
import { booleanFault, durationFault, numberFault, type TextFault, wordHint } from './value-hints.ts';

export interface ValueFault extends TextFault {
  /** 1-based, of the item at fault in a list. */
  readonly column?: number;
}

type Check = (text: string, option: LabelOption) => ValueFault | undefined;

const CHECKS: Readonly<Record<LabelType, Check | undefined>> = {
  text: undefined,
  list: undefined,
  bool: (text) => (parseBoolean(text) === undefined ? booleanFault(text) : undefined),
  switch: (text) => (text === '' || parseBoolean(text) !== undefined ? undefined : booleanFault(text)),
  int: checkInteger,
  duration: checkDuration,
  word: checkWord,
  networks: (text) => checkItems(text, (item) => parseIpNetwork(item) !== undefined, NETWORK),
  statuses: (text) => checkItems(text, isStatusRange, STATUSES),
  regexp: regexpFault,
  url: checkUrl,
  path: (text) => (text === '' || text.startsWith('/') ? undefined : PATH),
  rate: (text) => (RATE.test(text) ? undefined : RATE_FAULT),
  cookie: (text) => (/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(text) ? undefined : COOKIE),
};

const PATH: ValueFault = { message: 'is not a path', hint: 'write it with a / in front' };
const COOKIE: ValueFault = { message: 'is not the name of a cookie', hint: 'write true, or letters, digits and -' };
const NETWORK: ValueFault = {
  message: 'has an item that is neither an IP address nor a network',
  hint: 'write an address (192.0.2.1, 2001:db8::1) or a network (192.0.2.0/24), without port and brackets',
};
const STATUSES: ValueFault = {
  message: 'has an item that is neither a status nor a range of them',
  hint: 'write 404 or 500-599, comma separated',
};

const RATE = /^[1-9]\d{0,8}\s*\/\s*(s|m|h)(\s+burst\s+[1-9]\d{0,8})?$/i;
const RATE_FAULT: ValueFault = {
  message: 'is not a rate',
  hint: 'write 10/s (or /m, /h), and how many may come at once: 10/s burst 20',
};

/** Why a value is none of the option's type; undefined when it is right. */
export function valueFault(option: LabelOption, value: string): ValueFault | undefined {
  return CHECKS[option.type]?.(value.trim(), option);
}

/** Whether a value asks for no more than what holds without the label. */
export function isFallback({ type, fallback }: LabelOption, value: string): boolean {
  const said = /^`([^`]+)`/.exec(fallback)?.[1];
  if (said === undefined || type === 'switch') return false;
  const text = value.trim();
  const truth = type === 'bool' || type === 'cookie' ? parseBoolean(text) : undefined;
  return truth === undefined ? text.toLowerCase() === said.toLowerCase() : truth === parseBoolean(said);
}

function checkInteger(text: string, { min = -Infinity, max = Infinity }: LabelOption): ValueFault | undefined {
  const value = parseInteger(text);
  if (value !== undefined && value >= min && value <= max) return undefined;
  return numberFault(text, min, max);
}

function checkDuration(text: string, { min = 0 }: LabelOption): ValueFault | undefined {
  const isNegative = min < 0 && text.startsWith('-');
  return parseDuration(isNegative ? text.slice(1) : text) === undefined ? durationFault(text) : undefined;
}

function checkWord(text: string, { words = [] }: LabelOption): ValueFault | undefined {
  if (words.includes(text.toLowerCase())) return undefined;
  return { message: 'is not a value of this label', hint: wordHint(text, words) };
}

function checkUrl(text: string): ValueFault | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol)) return undefined;
  return { message: 'is not an http or https URL', hint: 'write http://host:port/path' };
}

function checkItems(text: string, isRight: (item: string) => boolean, fault: ValueFault): ValueFault | undefined {
  const wrong = parseItems(text).find((item) => !isRight(item.text));
  return wrong === undefined ? undefined : { ...fault, column: wrong.column };
}

function isStatusRange(item: string): boolean {
  const [from, to] = /^(\d{3})(?:-(\d{3}))?$/.exec(item)?.slice(1) ?? [];
  const [low, high] = [Number(from), Number(to ?? from)];
  return low >= 100 && low <= high && high <= 599;
}
