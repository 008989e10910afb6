/**
 * A URL or a part of one in visible ASCII: what RFC 3986 has no place for is escaped (as UTF-8), escapes that are there stay. Does not
 * touch delimiters.
 */
export function percentEncode(text: string): string {
  if (/^[!#-;=?-[\]_a-z~]*$/.test(text)) return text;
  return text.toWellFormed().replace(/[^!#-;=?-[\]_a-z~]+/g, encodeURIComponent);
}
