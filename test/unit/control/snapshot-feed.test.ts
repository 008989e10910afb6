import { expect, test } from 'vitest';
import { SnapshotFeed } from '../../../src/control/snapshot-feed.ts';
import type { ToWorker } from '../../../src/protocol.ts';
import { settleSnapshot } from '../../../src/routing/settle-snapshot.ts';
import type { Snapshot } from '../../../src/routing/snapshot.ts';
import { router } from '../../support/data-plane.ts';

const EMPTY: Snapshot = { routers: [], services: [], transports: {} };

function feedOf() {
  const sent: Extract<ToWorker, { type: 'snapshot' }>[] = [];
  let acks = 0;
  const feed = new SnapshotFeed(
    EMPTY,
    (message) => sent.push(message as (typeof sent)[number]),
    () => ++acks,
  );
  let settled = EMPTY;
  const live: string[] = [];
  const offer = (name: string, count: number): void => {
    const routers = Array.from({ length: count }, (_, index) => router('Host(`a.test`)', { name: `${name}${index}` }));
    settled = settleSnapshot(settled, { ...EMPTY, routers });
    void feed.offer(settled).then(() => live.push(name));
  };
  const confirm = async (): Promise<void> => {
    feed.acknowledged(sent.at(-1)!.ack);
    await Promise.resolve();
  };
  const told = (): string[] => sent.map(({ patch, isLast }) => `${patch.routers.length}${isLast ? ' last' : ''}`);
  return { feed, offer, confirm, told, live, sent };
}

test('a large snapshot goes in pieces, each when the one before is taken', async () => {
  const { offer, confirm, told, live } = feedOf();
  offer('a', 600);
  expect(told()).toEqual(['250']);
  await confirm();
  await confirm();
  expect(told()).toEqual(['250', '250', '100 last']);
  expect(live).toEqual([]);
  await confirm();
  expect(live).toEqual(['a']);
});

test('what comes meanwhile waits, and only the newest of it is sent', async () => {
  const { offer, confirm, sent, told, live } = feedOf();
  offer('a', 1);
  offer('b', 1);
  offer('c', 1);
  expect(told()).toEqual(['1 last']);
  await confirm();
  expect(told()).toEqual(['1 last', '1 last']);
  expect(sent[1]!.patch.routers[0]!.name).toBe('c0');
  expect(sent[1]!.patch.removed.routers).toEqual(['a0']);
  await confirm();
  expect(live).toEqual(['a', 'b', 'c']);
});

test('the acknowledgement of another message is not its own', async () => {
  const { feed, offer, told } = feedOf();
  offer('a', 300);
  feed.acknowledged(99);
  expect(told()).toEqual(['250']);
});

test('nobody waits for a worker that is gone', async () => {
  const { feed, offer, live } = feedOf();
  offer('a', 300);
  feed.close();
  await Promise.resolve();
  expect(live).toEqual(['a']);
});
