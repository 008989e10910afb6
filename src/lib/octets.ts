/** A text as its UTF-8 octets, one per UTF-16 unit: how values of field lines are kept and written. */
export function octets(text: string): string {
  if (/^[\0-\x7f]*$/.test(text)) return text;
  // Unit by unit: as arguments of one call a long value would overflow the stack, and with it end every worker.
  return Array.from(new TextEncoder().encode(text), (octet) => String.fromCharCode(octet)).join('');
}
