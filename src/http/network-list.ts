import { BlockList, isIP } from 'node:net';

/** A set of addresses and networks given as text; IPv4-mapped IPv6 counts as IPv4 (F3). */
export class NetworkList {
  private readonly list = new BlockList();
  readonly isEmpty: boolean;

  /** `entries`: addresses or CIDR networks, already validated when options were read; others are ignored. */
  constructor(entries: readonly string[]) {
    let count = 0;
    for (const entry of entries) {
      const [address = '', bits] = asIpv4(entry).split('/');
      const family = isIP(address);
      if (family === 0) continue;
      const type = family === 4 ? 'ipv4' : 'ipv6';
      if (bits === undefined) this.list.addAddress(address, type);
      else this.list.addSubnet(address, Number(bits), type);
      count += 1;
    }
    this.isEmpty = count === 0;
  }

  has(address: string): boolean {
    if (this.isEmpty) return false;
    const plain = plainAddress(address);
    const family = isIP(plain);
    return family !== 0 && this.list.check(plain, family === 4 ? 'ipv4' : 'ipv6');
  }
}

/** `::ffff:10.0.0.0/104` is `10.0.0.0/8`; a network wider than all of IPv4 stays what it is. */
function asIpv4(entry: string): string {
  const [address = '', bits] = entry.split('/');
  const plain = plainAddress(address);
  if (plain === address || isIP(plain) !== 4) return entry;
  if (bits === undefined) return plain;
  return Number(bits) >= 96 ? `${plain}/${Number(bits) - 96}` : entry;
}

/** Strips the IPv4-mapped prefix and a zone id, so that an address is compared and logged in one form (F3). */
export function plainAddress(address: string): string {
  const mapped = address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
  const zone = mapped.indexOf('%');
  return zone < 0 ? mapped : mapped.slice(0, zone);
}
