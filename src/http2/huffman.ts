/** Bits of each octet's code, one base-36 digit each (RFC 7541 appendix B). The codes are canonical: lengths and order give them. */
const LENGTHS =
  'dnsssssssoussussssssssusssssssss6aacd68baa8b8666555666666678f6ca' +
  'd67777777777777777777777878djde6f56565666577666567655677777fbeds' +
  'kmkkmmmnmnnnnnonoomnonnnnlmnmnnomlkmmnnlnmmolmnnllmlnmnnkmmmnmmn' +
  'qqkjmnmpqqqrrqopjlqrrqrollqqsrrrkoklmllnmmppooqnqrqqrrrrrsrrrrrq';
/** Padding is a prefix of the code for the end of the string, which is all ones. */
const MAX_PADDING_BITS = 7;

const codes = new Uint32Array(256);
const lengths = Uint8Array.from(LENGTHS, (digit) => Number.parseInt(digit, 36));
/**
 * What four bits lead to from each node of the codes' tree: the next node in the low octet, and above it FAULT, or EMITS with the octet that
 * was completed on the way. No code is shorter than five bits, so that there is at most one.
 */
const steps = new Uint32Array(256 * 16);
const FAULT = 1 << 8;
const EMITS = 1 << 9;
/** Where a string may end: nodes that padding leads to. */
const mayEnd = new Uint8Array(256);
/** Where text is decoded. */
let scratch = Buffer.allocUnsafeSlow(4096);

build();

function build(): void {
  // Node n has its children at 2n and 2n + 1. A value above 0 is the next node, one below 0 is the octet -1 - value.
  const tree = new Int16Array(512);
  const order = Array.from({ length: 256 }, (_, octet) => octet).sort((a, b) => lengths[a]! - lengths[b]! || a - b);
  let code = 0;
  let length = lengths[order[0]!]!;
  let nodes = 1;
  for (const octet of order) {
    code *= 2 ** (lengths[octet]! - length);
    length = lengths[octet]!;
    codes[octet] = code;
    let node = 0;
    for (let bit = length - 1; bit >= 0; bit--) {
      const at = 2 * node + ((code >>> bit) & 1);
      if (bit === 0) tree[at] = -1 - octet;
      else {
        if (tree[at] === 0) tree[at] = nodes++;
        node = tree[at]!;
      }
    }
    code += 1;
  }
  for (let node = 0, depth = 0; depth <= MAX_PADDING_BITS; depth++, node = tree[2 * node + 1]!) mayEnd[node] = 1;
  for (let node = 0; node < nodes; node++) {
    for (let nibble = 0; nibble < 16; nibble++) steps[node * 16 + nibble] = stepFrom(tree, node, nibble);
  }
}

function stepFrom(tree: Int16Array, from: number, nibble: number): number {
  let node = from;
  let emitted = 0;
  for (let bit = 3; bit >= 0; bit--) {
    const next = tree[2 * node + ((nibble >>> bit) & 1)]!;
    // Only the code for the end leads nowhere.
    if (next === 0) return FAULT;
    if (next < 0) emitted = EMITS | ((-1 - next) << 10);
    node = Math.max(next, 0);
  }
  return emitted | node;
}

/**
 * The text of a Huffman string in `buf[start, end)` (RFC 7541 5.2), an octet for each character; `undefined` when it is none: the end code is in
 * it, its padding is longer than seven bits or not of ones, or it is longer than `maxLength`.
 */
export function decodeHuffman(buf: Uint8Array, start: number, end: number, maxLength: number): string | undefined {
  const most = Math.floor(((end - start) * 8) / 5);
  if (most > scratch.length) scratch = Buffer.allocUnsafeSlow(most);
  let length = 0;
  let node = 0;
  for (let at = start; at < end; at++) {
    const octet = buf[at]!;
    const high = steps[node * 16 + (octet >>> 4)]!;
    if ((high & EMITS) !== 0) scratch[length++] = high >>> 10;
    const low = steps[(high & 0xff) * 16 + (octet & 0xf)]!;
    if ((low & EMITS) !== 0) scratch[length++] = low >>> 10;
    if (((high | low) & FAULT) !== 0) return undefined;
    node = low & 0xff;
  }
  return mayEnd[node] === 1 && length <= maxLength ? scratch.latin1Slice(0, length) : undefined;
}

/** Octets that a latin1 text takes as a Huffman string. */
export function huffmanLength(text: string): number {
  let bits = 0;
  for (let at = 0; at < text.length; at++) bits += lengths[text.charCodeAt(at) & 0xff]!;
  return (bits + 7) >> 3;
}

/** Writes a latin1 text as a Huffman string; returns the offset behind it. The buffer has room. */
export function encodeHuffman(text: string, into: Uint8Array, at: number): number {
  let bits = 0;
  let count = 0;
  for (let index = 0; index < text.length; index++) {
    const octet = text.charCodeAt(index) & 0xff;
    const length = lengths[octet]!;
    // At most 7 bits are left from before and 30 come: beyond what a bit operation holds.
    bits = bits * 2 ** length + codes[octet]!;
    count += length;
    while (count >= 8) {
      count -= 8;
      const unit = 2 ** count;
      const octetOut = Math.floor(bits / unit);
      into[at++] = octetOut;
      bits -= octetOut * unit;
    }
  }
  if (count > 0) into[at++] = (bits * 2 ** (8 - count) + (2 ** (8 - count) - 1)) & 0xff;
  return at;
}
