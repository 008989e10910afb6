const TRUE = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

/** A boolean as labels and static options write it; undefined when the text is none. */
export function parseBoolean(text: string): boolean | undefined {
  const trimmed = text.trim();
  if (TRUE.has(trimmed)) return true;
  return FALSE.has(trimmed) ? false : undefined;
}

/** A whole number in decimal; undefined when the text is none or too large to be exact. */
export function parseInteger(text: string): number | undefined {
  const trimmed = text.trim();
  if (!/^[+-]?\d{1,16}$/.test(trimmed)) return undefined;
  const value = Number(trimmed);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** Items of a comma-separated list, trimmed, without empty ones. */
export function parseList(text: string): readonly string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
