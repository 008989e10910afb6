import type { AddressSource, IpAllowListOptions } from '../config/middleware-options.ts';
import type { Exchange } from '../http/exchange.ts';
import { receivedValues } from '../http/forwarded.ts';
import { type IpNetwork, networkContains, parseIpAddress, parseIpNetwork } from '../lib/ip-address.ts';
import type { CompiledMiddleware } from './compiled-middleware.ts';

/** Lets requests from some networks pass. An address that cannot be told or read is refused. */
export function ipAllowList({ networks, source, ipv6Bits, status }: IpAllowListOptions): CompiledMiddleware {
  const allowed = parseAll(networks);
  const addressOf = addressReader(source);
  const changes = status === undefined ? {} : { status };
  // A connection asks the same again and again.
  let lastAddress = '';
  let wasAllowed = false;
  const isAllowed = (text: string): boolean => {
    if (text === lastAddress) return wasAllowed;
    const address = maskIpv6(parseIpAddress(text), ipv6Bits);
    wasAllowed = address !== undefined && allowed.some((network) => networkContains(network, address));
    lastAddress = text;
    return wasAllowed;
  };
  return {
    request: (exchange) => (isAllowed(addressOf(exchange)) ? undefined : exchange.refusal('not_allowed', changes)),
  };
}

/** Only X-Forwarded-For of a trusted peer is there to be asked (F1). */
function addressReader(source: AddressSource): (exchange: Exchange) => string {
  switch (source.kind) {
    case 'peer':
      return (exchange) => exchange.clientAddress;
    case 'visitor':
      return (exchange) => exchange.visitorAddress;
    case 'depth': {
      const { depth } = source;
      return (exchange) => forwardedFor(exchange).at(-depth) ?? '';
    }
    case 'excluding':
  }
  const excluded = parseAll(source.networks);
  return (exchange) => {
    const chain = forwardedFor(exchange);
    for (let index = chain.length - 1; index >= 0; index--) {
      const text = chain[index]!;
      const address = parseIpAddress(text);
      // What is no address may stand for anybody: it is never skipped.
      if (address === undefined || !excluded.some((network) => networkContains(network, address))) return text;
    }
    return '';
  };
}

function forwardedFor(exchange: Exchange): readonly string[] {
  const values = receivedValues(exchange.request.forwarded, 'x-forwarded-for');
  return values
    .join(',')
    .split(',')
    .map((entry) => entry.trim());
}

function parseAll(networks: readonly string[]): readonly IpNetwork[] {
  return networks.map((text) => {
    const network = parseIpNetwork(text);
    if (network === undefined) throw new Error(`${text} is no network`);
    return network;
  });
}

function maskIpv6(address: readonly number[] | undefined, bits: number | undefined): readonly number[] | undefined {
  if (address === undefined || bits === undefined || address.length !== 16) return address;
  return address.map((byte, index) => byte & (0xff00 >> Math.max(0, Math.min(8, bits - 8 * index))) & 0xff);
}
