import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ComposedConfig, StickyConfig } from '../../../src/config/dynamic.ts';
import { ComposedLab } from '../../support/composed-lab.ts';
import type { RawMessage } from '../../support/raw-http.ts';

const STICKY: StickyConfig = { path: '/', httpOnly: true, sameSite: 'lax' };
const FAILOVER: ComposedConfig = { kind: 'failover', service: 'a', fallback: 'b' };

let lab: ComposedLab;

beforeEach(async () => {
  lab = new ComposedLab();
  await lab.open();
});

afterEach(() => lab.close());

function weighted(weights: Readonly<Record<string, number>>, sticky?: StickyConfig): ComposedConfig {
  const members = Object.entries(weights).map(([name, weight]) => ({ name, weight }));
  return { kind: 'weighted', members, ...(sticky === undefined ? {} : { sticky }) };
}

const cookiesIn = ({ fields }: RawMessage): string =>
  fields
    .filter(([name]) => name.toLowerCase() === 'set-cookie')
    .map(([, value]) => value.split(';')[0])
    .join('; ');

describe('weighted', () => {
  test('shares are exact, and go on where they were when servers change', async () => {
    await lab.start(weighted({ a: 3, b: 1, c: 0 }));
    expect(await lab.names(6)).toBe('aabaaa');
    const next = lab.snapshot(weighted({ a: 3, b: 1, c: 0 }));
    const more = next.services.map((one) => (one.name === 'b' ? { ...one, holdMs: 1 } : one));
    lab.plane.publish({ ...next, services: more });
    // Answered behind the snapshot.
    await lab.plane.counters();
    expect(await lab.names(6)).toBe('baaaba');
  });

  test('a member without a ready server gets none', async () => {
    await lab.start(weighted({ a: 3, b: 1 }));
    lab.tell('a', 'down');
    expect(await lab.names(3)).toBe('bbb');
  });

  test('a request that a member refuses goes to another', async () => {
    await lab.start(weighted({ a: 1, b: 1 }));
    await lab.backends.get('a')!.refuse();
    expect(await lab.names(4)).toBe('bbbb');
    await lab.backends.get('a')!.listen();
  });

  test('a visitor keeps the member, and its server in it', async () => {
    await lab.start(weighted({ a: 1, b: 1 }, { ...STICKY, name: 'side' }), { sticky: { ...STICKY, name: 'own' } });
    const first = await lab.answerTo(await lab.send());
    const cookies = cookiesIn(first);
    expect(cookies).toMatch(/^own=[0-9a-f]{16}; side=[0-9a-f]{16}$/);
    const fields = `Cookie: x=1; ${cookies}\r\n`;
    expect(await lab.names(4, fields)).toBe(first.body.repeat(4));
    expect(cookiesIn(await lab.answerTo(await lab.send(fields)))).toBe('');
    expect(lab.seen.get(first.body)!.at(-1)).toContain('\r\nCookie: x=1\r\n');
    lab.tell(first.body, 'draining');
    const next = await lab.answerTo(await lab.send(fields));
    expect([next.body === first.body, cookiesIn(next)]).toEqual([false, expect.stringMatching(/own=.*side=/)]);
  });
});

describe('failover', () => {
  test('to the fallback and back, by the state of servers', async () => {
    await lab.start(FAILOVER);
    expect(await lab.names(2)).toBe('aa');
    lab.tell('a', 'down');
    expect(await lab.names(2)).toBe('bb');
    lab.tell('a', 'ready');
    expect(await lab.names(2)).toBe('aa');
  });

  test('within a request that the first one refuses', async () => {
    await lab.start(FAILOVER);
    await lab.backends.get('a')!.refuse();
    expect(await lab.names(1)).toBe('b');
    await lab.backends.get('a')!.listen();
  });

  test('with neither, requests wait for the first', async () => {
    await lab.start(FAILOVER, { holdMs: 30_000 });
    for (const name of ['a', 'b']) lab.tell(name, 'starting');
    const held = await lab.send();
    await expect.poll(async () => (await lab.plane.counters()).inFlight).toBe(1);
    lab.tell('a', 'ready');
    expect((await lab.answerTo(held)).body).toBe('a');
  });

  test('with neither, and nothing to wait for: 503', async () => {
    await lab.start(FAILOVER);
    for (const name of ['a', 'b']) lab.tell(name, 'down');
    expect((await lab.answerTo(await lab.send())).startLine).toBe('HTTP/1.1 503 Service Unavailable');
    expect((await lab.plane.counters()).reasons).toEqual({ no_server: 1 });
  });
});

test('a router may lead to servers after it led to services, and the other way round', async () => {
  await lab.start(weighted({ b: 1 }));
  const composed = lab.snapshot(FAILOVER);
  const plain = {
    ...composed,
    services: composed.services.map((one) => (one.name === 'c' ? { ...one, name: 's@test' } : one)).slice(1),
  };
  lab.plane.publish(plain);
  await expect.poll(() => lab.names(1)).toBe('c');
  lab.plane.publish(composed);
  await expect.poll(() => lab.names(1)).toBe('a');
});
