import { byPrecedence } from './router-order.ts';
import type { SnapshotPatch } from './snapshot-patch.ts';
import type { RouterSnapshot, ServiceSnapshot, Snapshot } from './snapshot.ts';

/** A snapshot that patches are worked into: each costs what it changes, not what there is. */
export class SnapshotParts {
  private readonly routers: Map<string, RouterSnapshot>;
  private readonly services: Map<string, ServiceSnapshot>;
  private readonly transports: Map<string, Snapshot['transports'][string]>;

  private tlsOptions: Snapshot['tlsOptions'];

  constructor({ routers, services, transports, tlsOptions }: Snapshot) {
    this.routers = new Map(routers.map((router) => [router.name, router]));
    this.services = new Map(services.map((service) => [service.name, service]));
    this.transports = new Map(Object.entries(transports));
    this.tlsOptions = tlsOptions;
  }

  apply({ removed, routers, services, transports, tlsOptions }: SnapshotPatch): void {
    for (const name of removed.routers) this.routers.delete(name);
    for (const name of removed.services) this.services.delete(name);
    for (const name of removed.transports) this.transports.delete(name);
    for (const router of routers) this.routers.set(router.name, router);
    for (const service of services) this.services.set(service.name, service);
    for (const [name, transport] of Object.entries(transports)) this.transports.set(name, transport);
    if (tlsOptions !== undefined) this.tlsOptions = Object.keys(tlsOptions).length === 0 ? undefined : tlsOptions;
  }

  /** The whole as it is now. Parts that no patch named are the objects they were. */
  get snapshot(): Snapshot {
    return {
      // Mostly in order already, which is what the sort is fast at.
      routers: [...this.routers.values()].sort(byPrecedence),
      services: [...this.services.values()],
      transports: Object.fromEntries(this.transports),
      ...(this.tlsOptions === undefined ? {} : { tlsOptions: this.tlsOptions }),
    };
  }
}
