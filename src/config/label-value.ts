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

/** The same with the 1-based column at which each begins. */
export function parseItems(text: string): readonly { readonly text: string; readonly column: number }[] {
  let next = 1;
  return text.split(',').flatMap((item) => {
    const column = next + item.length - item.trimStart().length;
    next += item.length + 1;
    return item.trim() === '' ? [] : [{ text: item.trim(), column }];
  });
}
