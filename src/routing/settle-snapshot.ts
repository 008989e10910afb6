import type { Snapshot } from './snapshot.ts';

/** A snapshot whose unchanged parts are the objects of the one before it. */
export interface Settled {
  readonly snapshot: Snapshot;
  /** JSON of each part, by its object: so that none is written out twice. */
  readonly texts: ReadonlyMap<object, string>;
}

/**
 * Takes over from `previous` every router, service and transport that is equal, so that whoever compares objects sees what has
 * changed. An equal snapshot is the previous one itself.
 */
export function settleSnapshot(previous: Settled, next: Snapshot): Settled {
  const texts = new Map<object, string>();
  const keep = <Part extends object>(known: Part | undefined, part: Part): Part => {
    const text = JSON.stringify(part);
    const kept = known !== undefined && previous.texts.get(known) === text ? known : part;
    texts.set(kept, text);
    return kept;
  };
  const before = previous.snapshot;
  const routers = byName(before.routers);
  const services = byName(before.services);
  const snapshot: Snapshot = {
    routers: next.routers.map((router) => keep(routers.get(router.name), router)),
    services: next.services.map((service) => keep(services.get(service.name), service)),
    transports: Object.fromEntries(
      Object.entries(next.transports).map(([name, transport]) => [name, keep(before.transports[name], transport)]),
    ),
  };
  return isSame(before, snapshot) ? previous : { snapshot, texts };
}

function byName<Part extends { readonly name: string }>(parts: readonly Part[]): ReadonlyMap<string, Part> {
  return new Map(parts.map((part) => [part.name, part]));
}

function isSame(left: Snapshot, right: Snapshot): boolean {
  const transports = Object.keys(right.transports);
  return (
    isSameList(left.routers, right.routers) &&
    isSameList(left.services, right.services) &&
    transports.length === Object.keys(left.transports).length &&
    transports.every((name) => left.transports[name] === right.transports[name])
  );
}

function isSameList(left: readonly unknown[], right: readonly unknown[]): boolean {
  return left.length === right.length && left.every((part, index) => part === right[index]);
}
