/** Values of a field in a block of `Name: value CRLF` lines, one per line, in order, trimmed of blanks (H1, H5). */
export function fieldValues(fields: string, lowerName: string): readonly string[] {
  const values: string[] = [];
  for (let at = 0; at < fields.length;) {
    const end = fields.indexOf('\r\n', at);
    const colon = fields.indexOf(':', at);
    if (colon - at === lowerName.length && fields.slice(at, colon).toLowerCase() === lowerName) {
      values.push(fields.slice(colon + 1, end).replace(/^[\t ]+|[\t ]+$/g, ''));
    }
    at = end + 2;
  }
  return values;
}
