import type { LabelOption } from './label-option.ts';

const MAX_LENGTH = 80;

/** A value as problems show it: shortened, and without the user and password of a URL. Everybody who sees the log reads it. */
export function quoteText(text: string): string {
  // Up to the last @: a password may have any character.
  const shown = text.replace(/\/\/.*@/s, '//…@');
  return `"${shown.length > MAX_LENGTH ? `${shown.slice(0, MAX_LENGTH - 3)}…` : shown}"`;
}

/** Labels about logging in: what is written there may be a password in the wrong place, and is not shown. */
export function isOfLogin({ key }: Pick<LabelOption, 'key'>): boolean {
  return /(^|\.)\w*auth(\.|$)/.test(key);
}

/** The value of a label as problems show it. */
export function quoteValue(option: Pick<LabelOption, 'key'>, value: string): string {
  return isOfLogin(option) ? 'the value' : quoteText(value);
}
