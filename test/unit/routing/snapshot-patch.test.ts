import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DEFAULT_TRANSPORT } from '../../../src/config/default-transport.ts';
import { DEFAULT_TLS_POLICY } from '../../../src/config/tls-options.ts';
import { byPrecedence } from '../../../src/routing/router-order.ts';
import { settleSnapshot } from '../../../src/routing/settle-snapshot.ts';
import { SnapshotParts } from '../../../src/routing/snapshot-parts.ts';
import { diffSnapshots, splitPatch } from '../../../src/routing/snapshot-patch.ts';
import type { Snapshot } from '../../../src/routing/snapshot.ts';
import { router, server } from '../../support/data-plane.ts';

const names = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g');
const policies = fc.dictionary(
  names,
  fc.constantFrom('TLSv1.2', 'TLSv1.3').map((minVersion) => ({ ...DEFAULT_TLS_POLICY, minVersion })),
  { minKeys: 1 },
);
const parts = fc.record({
  routers: fc
    .uniqueArray(fc.record({ name: names, priority: fc.integer({ min: 0, max: 3 }) }), { selector: ({ name }) => name })
    .map((list) =>
      list.map((one) => router('Host(`a.test`)', { ...one, name: `${one.name}@test` })).sort(byPrecedence),
    ),
  services: fc
    .uniqueArray(fc.record({ name: names, port: fc.integer({ min: 1, max: 3 }) }), { selector: ({ name }) => name })
    .map((list) =>
      list.map(({ name, port }) => {
        const composed = { kind: 'failover', service: 'a', fallback: `${port}` } as const;
        // Every third is made of others.
        return port === 3
          ? { name, servers: [], passHostHeader: true, composed }
          : { name, servers: [server(port)], passHostHeader: true };
      }),
    ),
  transports: fc.dictionary(
    names,
    fc.integer({ min: 1, max: 3 }).map((maxIdle) => ({ ...DEFAULT_TRANSPORT, maxIdle })),
  ),
});

const snapshot: fc.Arbitrary<Snapshot> = fc
  .tuple(parts, fc.option(policies))
  .map(([made, tlsOptions]) => (tlsOptions === null ? made : { ...made, tlsOptions }));

const EMPTY: Snapshot = { routers: [], services: [], transports: {} };

/** Services are found by name, so their order is nobody's business. */
function canonical({ routers, services, transports, tlsOptions }: Snapshot): unknown {
  const inOrder = services.toSorted((left, right) => (left.name < right.name ? -1 : 1));
  return { routers, services: inOrder, transports, tlsOptions };
}

test('whatever changed, the patch in pieces makes the later snapshot of the earlier one', () => {
  fc.assert(
    fc.property(fc.array(snapshot, { minLength: 1, maxLength: 5 }), fc.integer({ min: 1, max: 3 }), (list, each) => {
      let settled = EMPTY;
      const there = new SnapshotParts(EMPTY);
      for (const next of list) {
        const before = settled;
        settled = settleSnapshot(before, structuredClone(next));
        for (const piece of splitPatch(diffSnapshots(before, settled), each)) {
          expect(piece.routers.length).toBeLessThanOrEqual(each);
          there.apply(structuredClone(piece));
        }
        expect(canonical(there.snapshot)).toEqual(canonical(next));
      }
    }),
  );
});

test('an equal snapshot is the one before, and equal parts are its objects', () => {
  const one = { routers: [router('Host(`a.test`)')], services: [], transports: {} };
  const first = settleSnapshot(EMPTY, one);
  expect(settleSnapshot(first, structuredClone(one))).toBe(first);
  const more = {
    ...structuredClone(one),
    routers: [router('Host(`b.test`)', { name: 'other' }), ...structuredClone(one).routers],
  };
  const second = settleSnapshot(first, more);
  expect(second).not.toBe(first);
  expect(second.routers[1]).toBe(first.routers[0]);
  const patch = diffSnapshots(first, second);
  expect(patch.routers.map(({ name }) => name)).toEqual(['other']);
});

test.for([{ holdMs: 1 }, { transport: 't' }, { balance: { strategy: 'p2c', slowStartMs: 0 } }] as const)(
  'what only one of two services says makes them differ: %j',
  (more) => {
    const without: Snapshot = {
      ...EMPTY,
      services: [{ name: 's', servers: [], passHostHeader: true }],
    };
    const having: Snapshot = { ...EMPTY, services: [{ ...without.services[0]!, ...more }] };
    expect(settleSnapshot(without, having).services[0]).toBe(having.services[0]);
    expect(settleSnapshot(having, without).services[0]).toBe(without.services[0]);
    expect(settleSnapshot(having, structuredClone(having))).toBe(having);
  },
);
