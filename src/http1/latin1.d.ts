/**
 * Node's direct latin1 conversions. `buf.toString('latin1', a, b)` ends in `latin1Slice`, behind argument checks that cost more than
 * slicing a short field; both exist since Node 6 but are missing from its types.
 */
interface Buffer {
  latin1Slice(start?: number, end?: number): string;
  latin1Write(text: string, offset?: number, length?: number): number;
}
