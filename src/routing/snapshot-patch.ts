import type { RouterSnapshot, ServiceSnapshot, Snapshot } from './snapshot.ts';

/** What makes one snapshot of another. Plain JSON; what is in both lists of a kind is replaced. */
export interface SnapshotPatch {
  readonly removed: {
    readonly routers: readonly string[];
    readonly services: readonly string[];
    readonly transports: readonly string[];
  };
  readonly routers: readonly RouterSnapshot[];
  readonly services: readonly ServiceSnapshot[];
  readonly transports: Snapshot['transports'];
  /** All of them, in the place of those before. Absent: they stay. */
  readonly tlsOptions?: NonNullable<Snapshot['tlsOptions']>;
}

/** The patch from one settled snapshot to a later one. Parts are compared by object (`settleSnapshot`). */
export function diffSnapshots(from: Snapshot, to: Snapshot): SnapshotPatch {
  return {
    removed: {
      routers: missingNames(from.routers, to.routers),
      services: missingNames(from.services, to.services),
      transports: Object.keys(from.transports).filter((name) => !(name in to.transports)),
    },
    routers: newParts(from.routers, to.routers),
    services: newParts(from.services, to.services),
    transports: Object.fromEntries(
      Object.entries(to.transports).filter(([name, transport]) => from.transports[name] !== transport),
    ),
    ...(from.tlsOptions === to.tlsOptions ? {} : { tlsOptions: to.tlsOptions ?? {} }),
  };
}

/** The same patch in pieces of so many routers, which one after the other give the same. There is at least one. */
export function splitPatch(patch: SnapshotPatch, routersEach: number): readonly SnapshotPatch[] {
  const { routers, services } = patch;
  const pieces: SnapshotPatch[] = [
    { ...patch, routers: routers.slice(0, routersEach), services: services.slice(0, routersEach) },
  ];
  const count = Math.max(routers.length, services.length);
  for (let at = routersEach; at < count; at += routersEach) {
    pieces.push({
      removed: { routers: [], services: [], transports: [] },
      routers: routers.slice(at, at + routersEach),
      services: services.slice(at, at + routersEach),
      transports: {},
    });
  }
  return pieces;
}

interface Named {
  readonly name: string;
}

function missingNames(from: readonly Named[], to: readonly Named[]): readonly string[] {
  const left = new Set(to.map(({ name }) => name));
  return from.map(({ name }) => name).filter((name) => !left.has(name));
}

function newParts<Part extends Named>(from: readonly Part[], to: readonly Part[]): readonly Part[] {
  const known = new Set(from);
  return to.filter((part) => !known.has(part));
}
