/** Values of the cookies of one name (RFC 6265 4.2.1), in the order in which they were sent; `lines` are values of Cookie fields. */
export function cookieValues(lines: readonly string[], name: string): readonly string[] {
  const values: string[] = [];
  for (const line of lines) {
    for (const pair of line.split(';')) if (isOf(pair, name)) values.push(pair.slice(pair.indexOf('=') + 1).trim());
  }
  return values;
}

/**
 * The same block of field lines without the cookies of one name. The others stay as they are, in their order; a line that has none left
 * goes. Takes time in proportion to the block.
 */
export function removeCookie(fields: string, name: string): string {
  let kept = '';
  let runStart = 0;
  for (let at = 0; at < fields.length;) {
    const colon = fields.indexOf(':', at);
    const next = fields.indexOf('\r\n', at) + 2;
    if (colon - at === COOKIE.length && fields.slice(at, colon).toLowerCase() === COOKIE) {
      const pairs = fields.slice(colon + 1, next - 2).split(';');
      const others = pairs.filter((pair) => !isOf(pair, name));
      if (others.length < pairs.length) {
        const left = others.join(';').trim();
        kept += fields.slice(runStart, at);
        if (/[^;\s]/.test(left)) kept += `${fields.slice(at, colon)}: ${left}\r\n`;
        runStart = next;
      }
    }
    at = next;
  }
  return runStart === 0 ? fields : kept + fields.slice(runStart);
}

const COOKIE = 'cookie';

function isOf(pair: string, name: string): boolean {
  const equals = pair.indexOf('=');
  return equals > 0 && pair.slice(0, equals).trim() === name;
}
