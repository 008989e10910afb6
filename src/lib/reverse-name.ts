import { parseIpAddress } from './ip-address.ts';

/** The name of an address in the reverse tree of DNS, without trailing dot (RFC 1035 3.5, RFC 3596 2.5). Throws on anything else. */
export function reverseName(address: string): string {
  const bytes = parseIpAddress(address);
  if (bytes === undefined) throw new TypeError(`not an address: ${address}`);
  if (bytes.length === 4) return `${bytes.toReversed().join('.')}.in-addr.arpa`;
  const nibbles = bytes.flatMap((byte) => [byte >> 4, byte & 15]).map((nibble) => nibble.toString(16));
  return `${nibbles.toReversed().join('.')}.ip6.arpa`;
}
