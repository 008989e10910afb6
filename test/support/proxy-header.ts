import { parseIpAddress } from '../../src/lib/ip-address.ts';

export const V2_SIGNATURE = '\r\n\r\n\0\r\nQUIT\n';

/** A PROXY header of version 2 in latin1; `length` may lie. */
export function v2Header(versionAndCommand: number, family: number, block: string, length = block.length): string {
  return V2_SIGNATURE + String.fromCharCode(versionAndCommand, family, length >> 8, length & 0xff) + block;
}

/** Addresses and ports of a version 2 block. */
export function v2Addresses(source: string, destination: string, sourcePort = 40_000, destinationPort = 443): string {
  const ports = [sourcePort, destinationPort].flatMap((port) => [port >> 8, port & 0xff]);
  return String.fromCharCode(...bytesOf(source), ...bytesOf(destination), ...ports);
}

/** The header with which a proxy announces a client over TCP. */
export function v2Of(source: string, tlvs = ''): string {
  const isIpv6 = source.includes(':');
  const block = v2Addresses(source, isIpv6 ? '2001:db8::ff' : '192.0.2.255');
  return v2Header(0x21, isIpv6 ? 0x21 : 0x11, block + tlvs);
}

export function v1Of(source: string): string {
  const isIpv6 = source.includes(':');
  return `PROXY TCP${isIpv6 ? 6 : 4} ${source} ${isIpv6 ? '2001:db8::ff' : '192.0.2.255'} 40000 443\r\n`;
}

function bytesOf(address: string): readonly number[] {
  const bytes = parseIpAddress(address);
  if (bytes === undefined) throw new Error(`no address: ${address}`);
  return bytes;
}
