/**
 * Go's `printf` for the verbs that templates use: `%s`, `%v`, `%d`, `%q`, `%t`, `%x`, with width, `-` and `0`. A verb that does not
 * fit shows as Go shows it (`%!d(…)`).
 */
export function sprintf<Value>(format: string, values: readonly Value[], print: (value: Value) => string): string {
  let next = 0;
  return format.replace(
    /%([-0]?)(\d{0,3})(?:\.\d+)?([a-zA-Z%])/g,
    (_whole, flag: string, width: string, verb: string) => {
      if (verb === '%') return '%';
      if (next >= values.length) return `%!${verb}(MISSING)`;
      const value = values[next++]!;
      const written = convert(verb, value, print);
      const size = Number(width || 0);
      if (flag === '-') return written.padEnd(size);
      return written.padStart(size, flag === '0' ? '0' : ' ');
    },
  );
}

function convert<Value>(verb: string, value: Value, print: (value: Value) => string): string {
  const written = print(value);
  if (verb === 's' || verb === 'v') return written;
  if (verb === 'q') return JSON.stringify(written);
  if (verb === 't' && typeof value === 'boolean') return written;
  if (verb === 'd' && typeof value === 'number') return Math.trunc(value).toString();
  if (verb === 'x' && typeof value === 'number') return Math.trunc(value).toString(16);
  if (verb === 'f' && typeof value === 'number') return value.toFixed(6);
  return `%!${verb}(${written})`;
}
