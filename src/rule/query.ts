/**
 * Values of one parameter in a raw query (without `?`), in order. Pairs are split at `&` and `;`, `+` is a blank, a
 * pair with a broken escape is dropped and the others stay (rules.md section 7).
 */
export function queryValues(rawQuery: string, key: string): readonly string[] {
  const values: string[] = [];
  for (const pair of rawQuery.split(/[&;]/)) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = decodeComponent(equals < 0 ? pair : pair.slice(0, equals));
    const value = decodeComponent(equals < 0 ? '' : pair.slice(equals + 1));
    if (name === key && value !== undefined) values.push(value);
  }
  return values;
}

function decodeComponent(text: string): string | undefined {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  if (!spaced.includes('%')) return spaced;
  if (/%(?![0-9A-Fa-f]{2})/.test(spaced)) return undefined;
  return spaced.replace(/(?:%[0-9A-Fa-f]{2})+/g, (run) => {
    const bytes = run
      .slice(1)
      .split('%')
      .map((digits) => Number.parseInt(digits, 16));
    return new TextDecoder().decode(new Uint8Array(bytes));
  });
}
