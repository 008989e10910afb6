/** A network: the first `prefixBits` of `address` count. Four or sixteen bytes; IPv4-mapped IPv6 is stored as IPv4. */
export interface IpNetwork {
  readonly address: readonly number[];
  readonly prefixBits: number;
}

/**
 * Bytes of an IP address in text form, or undefined. IPv4 without leading zeros; IPv6 without brackets, a zone is
 * dropped. IPv4-mapped IPv6 (`::ffff:10.0.0.1`) gives the four bytes of the IPv4 address, because a dual-stack
 * socket reports IPv4 peers that way.
 */
export function parseIpAddress(text: string): readonly number[] | undefined {
  if (!text.includes(':')) return parseIpv4(text);
  const zone = text.indexOf('%');
  const bytes = parseIpv6(zone < 0 ? text : text.slice(0, zone));
  return bytes !== undefined && isMapped(bytes) ? bytes.slice(12) : bytes;
}

/** `10.0.0.0/8`, `2001:db8::/32` or a single address. Host bits may be set. Undefined when it is neither. */
export function parseIpNetwork(text: string): IpNetwork | undefined {
  const slash = text.indexOf('/');
  if (slash < 0) {
    const address = parseIpAddress(text);
    return address === undefined ? undefined : { address, prefixBits: address.length * 8 };
  }
  const host = text.slice(0, slash);
  const digits = text.slice(slash + 1);
  if (!/^\d{1,3}$/.test(digits) || (digits.length > 1 && digits.startsWith('0')) || host.includes('%'))
    return undefined;
  const address = parseIpAddress(host);
  if (address === undefined) return undefined;
  // A mapped network is written with IPv6 prefix lengths: ::ffff:10.0.0.0/104 is 10.0.0.0/8.
  const isMappedText = address.length === 4 && host.includes(':');
  const prefixBits = Number(digits) - (isMappedText ? 96 : 0);
  return prefixBits < 0 || prefixBits > address.length * 8 ? undefined : { address, prefixBits };
}

/** Whether the address (bytes of `parseIpAddress`) lies in the network. IPv4 never lies in an IPv6 network. */
export function networkContains(network: IpNetwork, address: readonly number[]): boolean {
  if (address.length !== network.address.length) return false;
  const wholeBytes = network.prefixBits >> 3;
  for (let index = 0; index < wholeBytes; index++) {
    if (address[index] !== network.address[index]) return false;
  }
  const restBits = network.prefixBits & 7;
  if (restBits === 0) return true;
  const mask = (0xff << (8 - restBits)) & 0xff;
  return ((address[wholeBytes] ?? 0) & mask) === ((network.address[wholeBytes] ?? 0) & mask);
}

function parseIpv4(text: string): readonly number[] | undefined {
  // Nearly every text that is asked about is a host name, which begins with a letter.
  if (!/^\d/.test(text)) return undefined;
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  const bytes: number[] = [];
  for (const part of parts) {
    // A leading zero means octal to some parsers and decimal to others: refused.
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    bytes.push(Number(part));
  }
  return bytes;
}

function parseIpv6(text: string): readonly number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head = '', tail] = halves;
  const front = parseGroups(head, tail === undefined);
  const back = tail === undefined ? [] : parseGroups(tail, true);
  if (front === undefined || back === undefined) return undefined;
  const missing = 16 - front.length - back.length;
  if (tail === undefined ? missing !== 0 : missing < 2) return undefined;
  return [...front, ...Array<number>(missing).fill(0), ...back];
}

function parseGroups(text: string, mayEndInIpv4: boolean): number[] | undefined {
  if (text === '') return [];
  const bytes: number[] = [];
  const groups = text.split(':');
  for (const [index, group] of groups.entries()) {
    if (mayEndInIpv4 && index === groups.length - 1 && group.includes('.')) {
      const tail = parseIpv4(group);
      if (tail === undefined) return undefined;
      bytes.push(...tail);
    } else {
      if (!/^[0-9a-f]{1,4}$/i.test(group)) return undefined;
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    }
  }
  return bytes;
}

function isMapped(bytes: readonly number[]): boolean {
  return bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
}
