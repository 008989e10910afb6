import { PRIVATE_NETWORKS, PRIVATE_SUFFIXES } from '../lib/hostname.ts';
import { networkContains, parseIpAddress, type IpNetwork } from '../lib/ip-address.ts';

/** What an authority may sign: names at or below these, and addresses in these networks. */
export interface NameConstraints {
  readonly domains: readonly string[];
  readonly networks: readonly IpNetwork[];
}

/** Names and addresses that belong to nobody on the internet, and domains that the user says are his. */
export function localConstraints(ownDomains: readonly string[]): NameConstraints {
  return { domains: [...PRIVATE_SUFFIXES, ...ownDomains.toSorted()], networks: PRIVATE_NETWORKS };
}

/** Whether a certificate for the name is valid under the constraints (RFC 5280 4.2.1.10). */
export function isPermitted(name: string, { domains, networks }: NameConstraints): boolean {
  const address = parseIpAddress(name);
  if (address !== undefined) return networks.some((network) => networkContains(network, address));
  const host = name.startsWith('*.') ? name.slice(2) : name;
  return domains.some((domain) => host === domain || host.endsWith(`.${domain}`));
}

const SEQUENCE = 0x30;
/** `permittedSubtrees`, context tag 0. */
const PERMITTED = 0xa0;
/** Of GeneralName. */
const DNS_NAME = 0x82;
const IP_ADDRESS = 0x87;

/** The extension's value in DER. A subtree of a domain holds the domain and everything below it. */
export function encodeConstraints({ domains, networks }: NameConstraints): Buffer {
  const subtrees = [
    ...domains.map((domain) => tlv(DNS_NAME, Buffer.from(domain, 'latin1'))),
    ...networks.map(({ address, prefixBits }) =>
      tlv(IP_ADDRESS, Buffer.from([...address, ...mask(address.length, prefixBits)])),
    ),
  ];
  return tlv(SEQUENCE, tlv(PERMITTED, Buffer.concat(subtrees.map((name) => tlv(SEQUENCE, name)))));
}

function mask(bytes: number, prefixBits: number): readonly number[] {
  return Array.from({ length: bytes }, (_, index) => {
    const bits = Math.min(Math.max(prefixBits - index * 8, 0), 8);
    return (0xff << (8 - bits)) & 0xff;
  });
}

function tlv(tag: number, value: Buffer): Buffer {
  const { length } = value;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), value]);
}
