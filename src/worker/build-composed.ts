import { type Composed, FailoverService, MirroringService, type Target, WeightedService } from '../balance/composed.ts';
import { StickyCookie } from '../balance/sticky.ts';
import type { ComposedConfig } from '../config/dynamic.ts';
import type { UpstreamConnection } from '../http/upstream-connection.ts';

/** A composed service of live ones. */
export type LiveComposed = Composed<UpstreamConnection>;

/**
 * Builds a composed service over its members. Of `previous`, an earlier version with the same members, turns and shares go on where they
 * were.
 */
export function buildComposed(
  name: string,
  config: ComposedConfig,
  find: (name: string) => Target<UpstreamConnection>,
  stickyKey: Uint8Array,
  previous: LiveComposed | undefined,
): LiveComposed {
  switch (config.kind) {
    case 'weighted': {
      const { members } = config;
      const ids = members.map((member) => member.name);
      const sticky = config.sticky && new StickyCookie(config.sticky, name, ids, stickyKey);
      const turns = previous instanceof WeightedService ? previous.turns : undefined;
      const targets = members.map((member) => ({ target: find(member.name), weight: member.weight }));
      return new WeightedService(name, targets, sticky, turns);
    }
    case 'failover':
      return new FailoverService(name, find(config.service), find(config.fallback));
    case 'mirroring': {
      const { maxBodyBytes, mirrorBody: hasBody } = config;
      const mirrors = config.mirrors.map((one) => ({ ...one, target: find(one.name), maxBodyBytes, hasBody }));
      const credits = previous instanceof MirroringService ? previous.credits : undefined;
      return new MirroringService(name, find(config.service), mirrors, credits);
    }
    default:
      return config satisfies never;
  }
}
