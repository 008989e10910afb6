import { parseDuration } from '../lib/duration.ts';
import { nearest } from '../lib/suggest.ts';
import { parseBoolean } from './label-value.ts';

/** What is wrong with a value, to be read behind the value itself, and what to write instead. */
export interface TextFault {
  readonly message: string;
  readonly hint: string;
}

/** Why a text is no boolean; the hint says which one `yes`, `OFF` or `"true"` was meant to be. */
export function booleanFault(text: string): TextFault {
  const message = 'is not a boolean';
  const bare = text.trim().replace(/^(['"])(.*)\1$/, '$2');
  const meant = meantBoolean(bare);
  if (meant === undefined) return { message, hint: 'write true or false' };
  return { message, hint: bare === text.trim() ? `write ${meant}` : `write ${meant}, without quotes` };
}

const MEANS_TRUE = new Set(['yes', 'y', 'on', 'enable', 'enabled']);
const MEANS_FALSE = new Set(['no', 'n', 'off', 'disable', 'disabled']);

/** The boolean that a word most likely stands for, in any case of letters; undefined: none. */
export function meantBoolean(text: string): boolean | undefined {
  const word = text.trim().toLowerCase();
  if (MEANS_TRUE.has(word)) return true;
  return MEANS_FALSE.has(word) ? false : parseBoolean(word);
}

/** No person meets such a bound: it is not worth printing. */
const BOUNDLESS = 1e15;
const LAST_PORT = 65_535;

/** Why a text is no whole number from `min` to `max`; from 1 to 65535 it is a port. */
export function numberFault(text: string, min: number, max: number): TextFault {
  const trimmed = text.trim();
  if (min === 1 && max === LAST_PORT) return { message: 'is not a port', hint: portHint(trimmed) };
  const message = /^[+-]?\d+$/.test(trimmed) ? 'is out of range' : 'is not a whole number';
  return { message, hint: `write ${numbersFrom(min, max)}` };
}

function numbersFrom(min: number, max: number): string {
  if (max < BOUNDLESS) return `a number from ${min} to ${max}`;
  return min > -BOUNDLESS ? `a number of ${min} or more` : 'a whole number such as 10';
}

/** Ports are often written as compose publishes them: `8080:80`, `127.0.0.1:8080:80/tcp`. */
function portHint(text: string): string {
  const [, published, port] = /^(?:(\S*):)?(\d{1,5})(?:\/(?:tcp|udp))?$/i.exec(text) ?? [];
  const isPort = port !== undefined && Number(port) >= 1 && Number(port) <= LAST_PORT;
  if (isPort && published !== undefined && published !== '') return `write the port inside the container: ${port}`;
  if (isPort) return `write the number alone: ${port}`;
  return /^\d+(?:[\s,;]+\d+)+$/.test(text) ? 'write one port only' : 'write a number from 1 to 65535';
}

/** Why a text is no duration; the hint has the notation of one in words: `30 sec` is `30s`. */
export function durationFault(text: string): TextFault {
  const meant = meantDuration(text.trim().toLowerCase());
  return { message: 'is not a duration', hint: `write ${meant ?? '10s or 1m30s'}` };
}

const UNITS: readonly (readonly [unit: string, words: RegExp, factor: number])[] = [
  ['ms', /^(?:ms|msecs?|millis|milliseconds?)$/, 1],
  ['s', /^(?:s|secs?|seconds?)$/, 1],
  ['m', /^(?:m|mins?|minutes?)$/, 1],
  ['h', /^(?:h|hrs?|hours?)$/, 1],
  ['h', /^(?:d|days?)$/, 24],
];

const MAX_DURATION_LENGTH = 60;

function meantDuration(text: string): string | undefined {
  if (text.length > MAX_DURATION_LENGTH || !/^(?:\d+(?:\.\d+)?\s*[a-z]+\s*)+$/.test(text)) return undefined;
  const parts = [...text.matchAll(/([\d.]+)\s*([a-z]+)/g)].map(([, count = '', word = '']) => {
    const found = UNITS.find(([, words]) => words.test(word));
    return found === undefined ? '?' : `${found[2] === 1 ? count : Number(count) * found[2]}${found[0]}`;
  });
  const meant = parts.join('');
  return parseDuration(meant) === undefined ? undefined : meant;
}

/** Which words may stand in the place of one that is none of them. */
export function wordHint(text: string, words: readonly string[]): string {
  const guess = nearest(text.trim(), words);
  return guess === undefined ? `write ${eitherOf(words)}` : `did you mean ${guess}?`;
}

function eitherOf(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
