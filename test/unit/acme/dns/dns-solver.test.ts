import { expect, test } from 'vitest';
import { createDnsSolver, recordValue, type DnsSolver } from '../../../../src/acme/dns/dns-solver.ts';
import type { DnsLookup } from '../../../../src/acme/dns-lookup.ts';
import { collectLogger } from '../../../support/collect-logger.ts';

const CHALLENGE = { token: 'one', host: 'a.test', keyAuthorization: 'one.thumb' };
const VALUE = recordValue('one.thumb');
const SIGNAL = new AbortController().signal;

/** A solver over servers that answer as told; time passes by sleeping. */
function open(
  options: {
    readonly servers?: readonly string[];
    readonly texts?: (server: string, look: number) => readonly string[] | undefined;
    readonly present?: () => Promise<void>;
    readonly cleanup?: () => Promise<void>;
    readonly waitMs?: number;
    readonly follow?: (name: string) => Promise<string>;
  } = {},
): {
  readonly solver: DnsSolver;
  readonly events: string[];
  readonly warnings: () => readonly string[];
  readonly looks: () => number;
} {
  const events: string[] = [];
  const { logger, lines } = collectLogger();
  let now = 0;
  let looks = 0;
  const lookup = {
    follow: options.follow ?? (async (name: string) => (name === '_acme-challenge.alias.test' ? 'target.test' : name)),
    authorities: async () => options.servers ?? ['ns1'],
    texts: async (_name: string, server: string) => (options.texts ?? (() => [VALUE]))(server, ++looks),
  } as Partial<DnsLookup> as DnsLookup;
  const solver = createDnsSolver({
    writer: {
      present: async ({ fqdn, value }) => {
        events.push(`begin ${fqdn}`);
        await options.present?.();
        events.push(`end ${value.slice(0, 4)}`);
      },
      cleanup: async ({ fqdn }) => {
        events.push(`clean ${fqdn}`);
        await options.cleanup?.();
      },
    },
    config: { waitMs: options.waitMs ?? 10_000, settleMs: 3000 },
    lookup,
    now: () => now,
    sleep: async (ms) => {
      now += ms;
      events.push(`sleep ${ms}`);
    },
    logger,
  });
  const warnings = (): readonly string[] => lines.flatMap(({ level, message }) => (level === 'warn' ? message : []));
  return { solver, events, warnings, looks: () => looks };
}

test('the value is that of RFC 8555 8.4: the digest, without padding', () => {
  expect(recordValue('evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA.thumb')).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(recordValue('a')).toBe('ypeBEsobvcr6wjGzmiPcTaeG7_gUfE5yuYB3ha_uSLs');
});

test('waits until every server shows the value, then a little', async () => {
  const { solver, events } = open({
    servers: ['ns1', 'ns2'],
    texts: (server, look) => (server === 'ns2' && look < 6 ? ['of before'] : ['other', VALUE]),
  });
  await solver.publish(CHALLENGE, SIGNAL);
  expect(events.slice(2)).toEqual(['sleep 2000', 'sleep 2000', 'sleep 3000']);
});

test('a server that cannot be asked holds nothing back', async () => {
  const { solver, looks } = open({
    servers: ['ns1', 'ns2'],
    texts: (server) => (server === 'ns1' ? [VALUE] : undefined),
  });
  await solver.publish(CHALLENGE, SIGNAL);
  expect(looks()).toBe(2);
});

test('when no server is known, nobody looks, and that is said', async () => {
  const { solver, looks, warnings } = open({ servers: [] });
  await solver.publish(CHALLENGE, SIGNAL);
  expect(looks()).toBe(0);
  expect(warnings()).toEqual(['name servers not found: nobody checks the TXT record']);
});

test('with a wait of nothing nobody looks', async () => {
  const { solver, looks } = open({ waitMs: 0, texts: () => [] });
  await solver.publish(CHALLENGE, SIGNAL);
  expect(looks()).toBe(0);
});

test('a value that does not come is an error that names the servers', async () => {
  const { solver, looks } = open({ servers: ['ns1', 'ns2'], texts: (server) => (server === 'ns1' ? [VALUE] : []) });
  await expect(solver.publish(CHALLENGE, SIGNAL)).rejects.toMatchObject({
    code: 'dns_record',
    message: 'ns2 does not show the TXT record of _acme-challenge.a.test. after 10 s',
  });
  expect(looks()).toBe(12);
});

test('an alias is followed, to write and to clean up', async () => {
  const { solver, events } = open();
  await solver.publish({ ...CHALLENGE, host: 'alias.test' }, SIGNAL);
  solver.withdraw('one');
  await solver.idle();
  expect(events.filter((event) => event.includes('target'))).toEqual(['begin target.test.', 'clean target.test.']);
});

test('one call after another, and a failed one holds up none', async () => {
  let calls = 0;
  const { solver, events } = open({
    waitMs: 0,
    present: async () => {
      await new Promise(setImmediate);
      if (++calls === 1) throw new Error('no such zone');
    },
  });
  const results = await Promise.allSettled([
    solver.publish(CHALLENGE, SIGNAL),
    solver.publish({ ...CHALLENGE, token: 'two', host: 'b.test' }, SIGNAL),
  ]);
  expect(results[0]).toMatchObject({
    reason: { code: 'dns_record', message: expect.stringContaining('no such zone') },
  });
  expect(results[1].status).toBe('fulfilled');
  expect(events.slice(0, 3)).toEqual([
    'begin _acme-challenge.a.test.',
    'begin _acme-challenge.b.test.',
    `end ${VALUE.slice(0, 4)}`,
  ]);
});

test('what was begun and failed is cleaned up too, once, and a failure there is a warning', async () => {
  const { solver, events, warnings } = open({
    present: () => Promise.reject(new Error('cut')),
    cleanup: () => Promise.reject(new Error('gone')),
  });
  await expect(solver.publish(CHALLENGE, SIGNAL)).rejects.toThrow(/cut/);
  solver.withdraw('one');
  solver.withdraw('one');
  solver.withdraw('unknown');
  await solver.idle();
  expect(events.filter((event) => event.startsWith('clean'))).toHaveLength(1);
  expect(warnings()).toEqual(['TXT record not removed: remove it by hand']);
});

test('who gives up while the alias is looked for writes nothing: nobody would take it away', async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const abort = new AbortController();
  const { solver, events } = open({ follow: () => promise });
  const published = solver.publish(CHALLENGE, abort.signal);
  abort.abort(new Error('stopping'));
  solver.withdraw(CHALLENGE.token);
  resolve('target.test');
  await expect(published).rejects.toThrow(/stopping/);
  await solver.idle();
  expect(events).toEqual([]);
});

test.for(['$(reboot).evil.test', '-rf.evil.test', 'a b.evil.test', 'a;b.evil.test', '', '*.evil.test'])(
  'an alias that leads to %j is not written to: a program is called with it',
  async (target) => {
    const { solver, events } = open({ follow: async () => target });
    await expect(solver.publish(CHALLENGE, SIGNAL)).rejects.toMatchObject({
      code: 'dns_record',
      message: expect.stringContaining('_acme-challenge.a.test'),
    });
    expect(events).toEqual([]);
  },
);
