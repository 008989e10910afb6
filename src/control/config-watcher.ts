import { buildConfig } from '../config/build-config.ts';
import type { DynamicConfig } from '../config/dynamic.ts';
import type { Problem } from '../config/problem.ts';
import type { StaticConfig } from '../config/static-config.ts';
import type { RouterPlace, Workload } from '../config/workload.ts';
import { buildSnapshot } from '../routing/build-snapshot.ts';
import { type LastGood, NOTHING_GOOD, restoreLastGood } from '../routing/keep-last-good.ts';
import type { RoutingView } from '../routing/routing-view.ts';
import { settleSnapshot } from '../routing/settle-snapshot.ts';
import type { OnDemandRouter, Snapshot, WantedCertificate } from '../routing/snapshot.ts';
import { RootCaFiles } from './root-ca-files.ts';
import { UsersFiles } from './users-files.ts';

/** Everything a new configuration means for the other parts. */
export interface Published {
  readonly snapshot: Snapshot;
  readonly wanted: readonly WantedCertificate[];
  readonly problems: readonly Problem[];
  /** False when workers already have an equal snapshot. */
  readonly onDemand: readonly OnDemandRouter[];
  readonly isChanged: boolean;
}

interface Source {
  readonly workloads: readonly Workload[];
  readonly config: DynamicConfig;
  readonly problems: readonly Problem[];
}

const EMPTY: Snapshot = { routers: [], services: [], transports: {} };
const EMPTY_VIEW: RoutingView = {
  config: { routers: [], broken: [], services: [], middlewares: [], transports: [] },
  snapshot: EMPTY,
  idle: [],
  kept: new Set(),
  problems: [],
  workloads: [],
};

/** Keeps the newest configuration of each provider, merges them and compiles the snapshot (design section 3). */
export class ConfigWatcher {
  private readonly config: StaticConfig;
  private readonly rootCas: RootCaFiles;
  private readonly users: UsersFiles;
  private readonly sources = new Map<string, Source>();
  private snapshot: Snapshot = EMPTY;
  private lastGood: LastGood = NOTHING_GOOD;
  private lastView: RoutingView = EMPTY_VIEW;

  constructor(config: StaticConfig, rootCas = new RootCaFiles(), users = new UsersFiles()) {
    this.config = config;
    this.rootCas = rootCas;
    this.users = users;
  }

  get current(): Snapshot {
    return this.snapshot;
  }

  /** Everything that is known of the newest configuration, for whoever asks why. */
  get view(): RoutingView {
    return this.lastView;
  }

  /** Takes a provider's newest workloads. An empty list is a valid configuration. */
  update(
    provider: string,
    workloads: readonly Workload[],
    place: RouterPlace,
    problems: readonly Problem[],
  ): Published {
    const built = buildConfig(workloads, place, this.config);
    this.sources.set(provider, { workloads, config: built.config, problems: [...problems, ...built.problems] });
    return this.compile();
  }

  /** What is new since a file that transports or middlewares name has changed; undefined: none has. */
  refresh(): Published | undefined {
    // Both are asked: each forgets what nobody names any more.
    const [haveRoots, haveUsers] = [this.rootCas.hasChanged, this.users.hasChanged];
    return haveRoots || haveUsers ? this.compile() : undefined;
  }

  private compile(): Published {
    const sources = [...this.sources.values()];
    const merged: DynamicConfig = {
      routers: sources.flatMap((source) => source.config.routers),
      broken: sources.flatMap((source) => source.config.broken),
      services: sources.flatMap((source) => source.config.services),
      middlewares: sources.flatMap((source) => source.config.middlewares),
      transports: sources.flatMap((source) => source.config.transports),
      tlsOptions: sources.flatMap((source) => source.config.tlsOptions ?? []),
    };
    this.rootCas.begin();
    this.users.begin();
    const before = this.snapshot;
    const { config, kept, last } = restoreLastGood(merged, this.lastGood);
    this.lastGood = last;
    const result = buildSnapshot(config, this.config, this.rootCas.read, this.users.read);
    this.snapshot = settleSnapshot(before, result.snapshot);
    const isChanged = this.snapshot !== before;
    const { snapshot } = this;
    const workloads = sources.flatMap((source) => source.workloads);
    const all = [...sources.flatMap((source) => source.problems), ...result.problems];
    const problems = withoutLingering(all, workloads, config);
    this.lastView = { config, snapshot, idle: result.idle, kept, problems, workloads };
    return { snapshot, wanted: result.wanted, onDemand: result.onDemand, problems, isChanged };
  }
}

/** Nobody can mend what a container said that is gone. What others say with it stays theirs. */
function withoutLingering(
  problems: readonly Problem[],
  workloads: readonly Workload[],
  { routers, services }: DynamicConfig,
): readonly Problem[] {
  const gone = new Set(workloads.filter(({ isLingering }) => isLingering === true).map(({ name }) => name));
  if (gone.size === 0) return problems;
  const makers = new Map([...routers, ...services].map(({ name, containers }) => [name, containers]));
  return problems.filter(({ code, provider, container, object = '' }) => {
    if (provider !== 'docker' || container === undefined || !gone.has(container)) return true;
    // It alone defined otherwise what another one keeps.
    if (code === 'router_conflict' || code === 'service_conflict') return false;
    const others = makers.get(object) ?? [];
    return others.includes(container) && others.some((one) => !gone.has(one));
  });
}
