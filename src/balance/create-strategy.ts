import type { BalanceConfig, ServerConfig } from '../config/dynamic.ts';
import { plainServerId } from '../config/server-id.ts';
import { LeastConnections } from './least-connections.ts';
import { LeastTime } from './least-time.ts';
import { RendezvousHash } from './rendezvous-hash.ts';
import { RoundRobin } from './round-robin.ts';
import type { Chance, Strategy } from './strategy.ts';
import { TwoChoices } from './two-choices.ts';
import { WeightedRoundRobin } from './weighted-round-robin.ts';
import { Weights } from './weights.ts';

/** The strategy of a service over these servers. `balance` undefined: in turn. */
export function createStrategy(
  balance: BalanceConfig | undefined,
  servers: readonly ServerConfig[],
  { now, random }: Chance,
): Strategy {
  const full = servers.map(({ weight = 1 }) => weight);
  const weights = new Weights(full, balance?.slowStartMs ?? 0, now);
  // With one server there is nothing to choose, nor to count for it.
  const strategy = servers.length < 2 ? 'roundrobin' : (balance?.strategy ?? 'roundrobin');
  switch (strategy) {
    case 'roundrobin':
      return servers.length < 2 || weights.isEven ? new RoundRobin() : new WeightedRoundRobin(weights);
    case 'leastconn':
      return new LeastConnections(weights);
    case 'p2c':
      return new TwoChoices(weights, random);
    case 'hash':
      return new RendezvousHash(
        weights,
        servers.map(({ id }) => plainServerId(id)),
        balance?.key,
      );
    case 'leasttime':
      return new LeastTime(weights, now);
    default:
      return strategy satisfies never;
  }
}
