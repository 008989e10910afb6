import type { RouterSnapshot, ServiceSnapshot, Snapshot } from './snapshot.ts';

/**
 * Takes over from `previous` every router, service and transport that is equal, so that whoever compares objects sees what has
 * changed. An equal snapshot is the previous one itself.
 */
export function settleSnapshot(previous: Snapshot, next: Snapshot): Snapshot {
  const routers = byName(previous.routers);
  const services = byName(previous.services);
  const settled: Snapshot = {
    routers: next.routers.map((router) => kept(routers.get(router.name), router, isSameRouter)),
    services: next.services.map((service) => kept(services.get(service.name), service, isSameService)),
    transports: Object.fromEntries(
      Object.entries(next.transports).map(([name, one]) => [name, kept(previous.transports[name], one, isAlike)]),
    ),
  };
  const { tlsOptions } = next;
  const snapshot =
    tlsOptions === undefined ? settled : { ...settled, tlsOptions: settleTlsOptions(previous.tlsOptions, tlsOptions) };
  return isSameSnapshot(previous, snapshot) ? previous : snapshot;
}

/** The whole as it was, where nothing in it has changed. */
function settleTlsOptions(
  previous: Snapshot['tlsOptions'],
  next: NonNullable<Snapshot['tlsOptions']>,
): NonNullable<Snapshot['tlsOptions']> {
  return previous !== undefined && isAlike(previous, next) ? previous : next;
}

function kept<Part>(known: Part | undefined, part: Part, isSame: (known: Part, part: Part) => boolean): Part {
  return known !== undefined && isSame(known, part) ? known : part;
}

function byName<Part extends { readonly name: string }>(parts: readonly Part[]): ReadonlyMap<string, Part> {
  return new Map(parts.map((part) => [part.name, part]));
}

/** Keys whose values are compared by what is in them. */
type Compare = (left: never, right: never) => boolean;

const ROUTER_LISTS: Readonly<Record<string, Compare>> = {
  matcher: isAlike,
  entrypoints: isSameList,
  middlewares: isAlikeList,
};
const SERVICE_LISTS: Readonly<Record<string, Compare>> = {
  servers: isAlikeList,
  balance: isAlike,
  ejection: isAlike,
  sticky: isAlike,
  composed: isAlike,
};

function isSameRouter(left: RouterSnapshot, right: RouterSnapshot): boolean {
  return isSamePart(left, right, ROUTER_LISTS);
}

function isSameService(left: ServiceSnapshot, right: ServiceSnapshot): boolean {
  return isSamePart(left, right, SERVICE_LISTS);
}

function isSamePart<Part extends object>(left: Part, right: Part, lists: Readonly<Record<string, Compare>>): boolean {
  for (const key in left) {
    const [one, other] = [left[key], right[key]];
    if (one !== other && lists[key]?.(one as never, other as never) !== true) return false;
  }
  for (const key in right) if (!(key in left) && right[key] !== undefined) return false;
  return true;
}

function isAlikeList(left: readonly object[], right: readonly object[]): boolean {
  return left.length === right.length && left.every((part, index) => isAlike(part, right[index]!));
}

/** What is cached along the way is the same object; only what is not is written out. */
function isAlike(left: object, right: object): boolean {
  return left === right || JSON.stringify(left) === JSON.stringify(right);
}

function isSameSnapshot(left: Snapshot, right: Snapshot): boolean {
  const transports = Object.keys(right.transports);
  return (
    isSameList(left.routers, right.routers) &&
    isSameList(left.services, right.services) &&
    left.tlsOptions === right.tlsOptions &&
    transports.length === Object.keys(left.transports).length &&
    transports.every((name) => left.transports[name] === right.transports[name])
  );
}

function isSameList(left: readonly unknown[], right: readonly unknown[]): boolean {
  return left.length === right.length && left.every((part, index) => part === right[index]);
}
