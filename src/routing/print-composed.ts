import type { ComposedConfig } from '../config/dynamic.ts';

/** What a service is made of, in a few words. */
export function printComposed(composed: ComposedConfig): string {
  switch (composed.kind) {
    case 'weighted':
      return `weighted: ${composed.members.map(({ name, weight }) => `${name} ${weight}`).join(', ')}`;
    case 'failover':
      return `failover: ${composed.service}, else ${composed.fallback}`;
    case 'mirroring': {
      const { service, mirrors, maxBodyBytes, mirrorBody } = composed;
      const limit = mirrorBody ? `payloads up to ${maxBodyBytes} bytes` : 'no payloads';
      const copies = mirrors.map(
        ({ name, percent, credentials }) => `${percent} % to ${name}${credentials ? ' with credentials' : ''}`,
      );
      return `mirroring: ${service}, copies ${copies.join(', ')}, ${limit}`;
    }
    default:
      return composed satisfies never;
  }
}
