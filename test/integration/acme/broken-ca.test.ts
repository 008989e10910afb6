import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { specKey } from '../../../src/certs/certificate-spec.ts';
import {
  eventually,
  startCertificateBench,
  wantedFor,
  type CertificateBench,
} from '../../support/certificate-bench.ts';
import { startCaProxy, type CaProxy } from '../../support/ca-proxy.ts';
import { startChallengeResponder, type ChallengeResponder } from '../../support/challenge-responder.ts';
import { startDns, type DnsServer } from '../../support/dns.ts';
import { startPebble, type Pebble } from '../../support/pebble.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const LIMITED = {
  kind: 'answer',
  status: 429,
  headers: { 'content-type': 'application/problem+json', 'retry-after': '3600' },
  body: JSON.stringify({ type: 'urn:ietf:params:acme:error:rateLimited', detail: 'too many certificates' }),
} as const;
let dns: DnsServer;
let responder: ChallengeResponder;
let pebble: Pebble;
let proxy: CaProxy;

beforeAll(async () => {
  dns = await startDns();
  responder = await startChallengeResponder();
  pebble = await startPebble({ dnsServer: dns.address, httpPort: responder.port, validitySeconds: 90 * 86_400 });
  proxy = await startCaProxy(pebble);
});

afterEach(() => proxy.heal());

afterAll(async () => {
  await proxy.stop();
  await pebble.stop();
  await responder.stop();
  await dns.stop();
});

/** A clock that tests move forward: waits of hours pass at once. */
function movableClock(): { readonly now: () => number; advance(ms: number): void } {
  let offset = 0;
  return { now: () => Date.now() + offset, advance: (ms) => void (offset += ms) };
}

interface Run extends CertificateBench {
  readonly dataDir: string;
  readonly advance: (ms: number) => void;
}

async function start(
  names: readonly string[],
  options: { dataDir?: string; clock?: ReturnType<typeof movableClock> } = {},
): Promise<Run> {
  const dataDir = options.dataDir ?? (await temporaryFolder());
  const clock = options.clock ?? movableClock();
  const bench = await startCertificateBench({
    dataDir,
    acme: { directories: [proxy.directoryUrl], caRootFile: proxy.caFile },
    publisher: responder.publisher,
    wanted: names.map((name) => wantedFor(name)),
    now: clock.now,
  });
  return { ...bench, dataDir, advance: clock.advance };
}

const signed = (run: CertificateBench, name: string): Promise<void> =>
  eventually(() => expect(run.serving(name)?.source).toBe('acme'));

const failed = (run: CertificateBench, name: string, error: object): Promise<void> =>
  eventually(() => expect(run.status(name)).toMatchObject({ lastError: error, state: 'failed' }));

test.for([
  {
    name: 'a load balancer page',
    path: '/dir',
    fault: { kind: 'answer', status: 503, headers: { 'content-type': 'text/html' }, body: '<h1>sorry</h1>' } as const,
    error: { type: 'http_503', detail: 'HTTP 503: sorry' },
  },
  {
    name: 'a web page in the place of the directory',
    path: '/dir',
    fault: { kind: 'answer', status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' } as const,
    error: { type: 'garbage', hint: expect.stringContaining('--acme-ca') },
  },
  {
    name: 'broken JSON',
    path: '/dir',
    fault: {
      kind: 'answer',
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: '{"newNonce":',
    } as const,
    error: { type: 'garbage' },
  },
  { name: 'a cut connection', path: '/dir', fault: { kind: 'reset' } as const, error: { type: 'unreachable' } },
  {
    name: 'a cut connection at the order',
    path: '/order-plz',
    fault: { kind: 'reset' } as const,
    error: { type: 'unreachable' },
  },
  {
    name: 'an order that is none',
    path: '/order-plz',
    fault: {
      kind: 'answer',
      status: 201,
      headers: { 'content-type': 'application/json', location: 'https://127.0.0.1/order/1' },
      body: '{"status":"quite well"}',
    } as const,
    error: { type: 'garbage' },
  },
])(
  'a CA that answers with $name: the local certificate serves, the next try is in half a minute, and works',
  async (scenario) => {
    const name = `${scenario.name.replaceAll(' ', '-').toLowerCase()}.fault.test`;
    proxy.fail(scenario.path, scenario.fault);
    const run = await start([name]);
    await failed(run, name, scenario.error);
    expect(run.serving(name)?.source).toBe('local');
    const status = run.status(name)!;
    expect(status.nextAttempt! - status.lastError!.at!).toBe(30_000);
    proxy.heal();
    run.advance(31_000);
    await signed(run, name);
    expect(run.status(name)).toMatchObject({ state: 'ok', failures: 0, lastError: undefined });
  },
);

test('a CA that hangs holds up neither serving nor stopping, and is not blamed for the stop', async () => {
  proxy.fail('/order-plz', { kind: 'hang' });
  const run = await start(['hang.test']);
  await eventually(() => {
    expect(proxy.requests.at(-1)?.path).toBe('/order-plz');
    expect(run.serving('hang.test')?.source).toBe('local');
  });
  expect(run.status('hang.test')?.state).toBe('obtaining');
  await run.manager.stop();
  expect(run.lines.filter(({ level }) => level === 'warn')).toEqual([]);
});

test('the time of a 429 is kept, over a restart too: no order before it, one after', async () => {
  const clock = movableClock();
  proxy.fail('/order-plz', LIMITED);
  const first = await start(['limited.test'], { clock });
  await eventually(() => expect(first.status('limited.test')?.state).toBe('rate-limited'));
  const { nextAttempt, lastError } = first.status('limited.test')!;
  expect(nextAttempt! - lastError!.at!).toBeGreaterThanOrEqual(3_600_000);
  expect(nextAttempt! - lastError!.at!).toBeLessThanOrEqual(3_960_000);
  await first.manager.stop();
  proxy.heal();
  const orders = proxy.count('/order-plz');
  const second = await start(['limited.test', 'unlimited.test'], { clock, dataDir: first.dataDir });
  await signed(second, 'unlimited.test');
  expect(second.status('limited.test')).toMatchObject({ state: 'rate-limited', nextAttempt });
  expect(proxy.count('/order-plz')).toBe(orders + 1);
  second.advance(3_970_000);
  await signed(second, 'limited.test');
  expect(proxy.count('/order-plz')).toBe(orders + 2);
});

test('a limit of the whole account parks every order there', async () => {
  const clock = movableClock();
  const body = LIMITED.body.replace('too many certificates', 'too many new orders (300) from this account');
  proxy.fail('/order-plz', { ...LIMITED, body }, 1);
  const first = await start(['parked-a.test'], { clock });
  await eventually(() => expect(first.status('parked-a.test')?.state).toBe('rate-limited'));
  const orders = proxy.count('/order-plz');
  first.manager.setWanted([wantedFor('parked-a.test'), wantedFor('parked-b.test')]);
  expect(first.status('parked-b.test')?.state).toBe('rate-limited');
  await first.manager.stop();
  const second = await start(['parked-b.test'], { clock, dataDir: first.dataDir });
  await eventually(() => expect(second.serving('parked-b.test')).toBeDefined());
  expect(second.status('parked-b.test')?.state).toBe('rate-limited');
  expect(proxy.count('/order-plz')).toBe(orders);
  second.advance(3_970_000);
  await signed(second, 'parked-b.test');
});

test('an answer to finalize that is lost costs no second order', async () => {
  proxy.fail('/finalize-order/', { kind: 'lose' }, 1);
  const run = await start(['lost.test']);
  await failed(run, 'lost.test', { type: 'unreachable' });
  const orders = pebble.orderCount();
  const finalized = proxy.count('/finalize-order/');
  run.advance(31_000);
  await signed(run, 'lost.test');
  expect(pebble.orderCount()).toBe(orders);
  expect(proxy.count('/finalize-order/')).toBe(finalized);
});

test('a router that ends between finalize and store collects the same order with the saved key', async () => {
  const clock = movableClock();
  proxy.fail('/certZ/', { kind: 'hang' });
  const collected = proxy.count('/certZ/');
  const first = await start(['ended.test'], { clock });
  await eventually(() => expect(proxy.count('/certZ/')).toBe(collected + 1));
  await first.manager.stop();
  proxy.heal();
  const [orders, finalized] = [pebble.orderCount(), proxy.count('/finalize-order/')];
  const second = await start(['ended.test'], { clock, dataDir: first.dataDir });
  await signed(second, 'ended.test');
  expect(second.lines.filter(({ message }) => message === 'order resumed')).toHaveLength(1);
  expect([pebble.orderCount(), proxy.count('/finalize-order/')]).toEqual([orders, finalized]);
});

test('a router that ends while names are checked goes on with the same order', async () => {
  const clock = movableClock();
  proxy.fail('/chalZ/', { kind: 'hang' });
  const challenged = proxy.count('/chalZ/');
  const first = await start(['checked.test'], { clock });
  await eventually(() => expect(proxy.count('/chalZ/')).toBe(challenged + 1));
  await first.manager.stop();
  proxy.heal();
  const orders = pebble.orderCount();
  const second = await start(['checked.test'], { clock, dataDir: first.dataDir });
  await signed(second, 'checked.test');
  expect(pebble.orderCount()).toBe(orders);
});

test('a certificate that cannot be written serves from memory, and is written when that works', async () => {
  const run = await start([]);
  const spec = {
    names: ['unwritten.test'],
    directory: proxy.directoryUrl,
    profile: undefined,
    keyType: 'ec256',
  } as const;
  const caFolder = `127.0.0.1-${new URL(proxy.directoryUrl).port}-dir`;
  const blocked = join(run.dataDir, 'acme', 'ca', caFolder, 'certs', specKey(spec), 'current.json');
  await mkdir(join(blocked, 'in-the-way'), { recursive: true });
  run.manager.setWanted([wantedFor('unwritten.test')]);
  await signed(run, 'unwritten.test');
  await eventually(() => expect(run.manager.storeFault()).toMatchObject({ code: 'store_unwritable' }));
  const serving = run.serving('unwritten.test')!;
  expect(run.lines.filter(({ message }) => message === 'certificate store fails, going on from memory')).toHaveLength(
    1,
  );
  await rm(blocked, { recursive: true });
  run.advance(61_000);
  await eventually(() => expect(run.manager.storeFault()).toBeUndefined());
  await run.manager.stop();
  const orders = pebble.orderCount();
  const again = await start(['unwritten.test'], { dataDir: run.dataDir });
  expect(again.serving('unwritten.test')?.id).toBe(serving.id);
  expect(pebble.orderCount()).toBe(orders);
});

test('with a data folder that cannot be written nothing is ordered, the local authority serves, and it says why', async () => {
  const dataDir = join(await temporaryFolder(), 'file');
  await writeFile(dataDir, '');
  const asked = proxy.requests.length;
  const run = await start(['nostore.test'], { dataDir });
  await eventually(() => expect(run.serving('nostore.test')?.source).toBe('local'));
  expect(run.manager.storeFault()).toMatchObject({ hint: expect.stringContaining('--data') });
  expect(proxy.requests.length).toBe(asked);
  await rm(dataDir);
  run.advance(61_000);
  await signed(run, 'nostore.test');
});

test('a CA that lost our account gets the same key again', async () => {
  const run = await start(['before.test']);
  await signed(run, 'before.test');
  proxy.fail(
    '/order-plz',
    {
      ...LIMITED,
      status: 400,
      body: JSON.stringify({ type: 'urn:ietf:params:acme:error:accountDoesNotExist', detail: 'who?' }),
    },
    1,
  );
  run.manager.setWanted([wantedFor('before.test'), wantedFor('after.test')]);
  await signed(run, 'after.test');
  expect(run.lines.filter(({ message }) => message === 'account ready')).toHaveLength(2);
});

test('requests name the product, never repeat a nonce, and are few', async () => {
  const before = proxy.requests.length;
  const run = await start([]);
  run.manager.setWanted([wantedFor('budget-a.test', 'budget-b.test')]);
  await signed(run, 'budget-b.test');
  await run.manager.stop();
  const mine = proxy.requests.slice(before);
  const nonces = mine.flatMap(({ nonce }) => nonce ?? []);
  expect(new Set(nonces).size).toBe(nonces.length);
  expect(mine.every(({ userAgent }) => /^sluice\/\d+\.\d+/.test(userAgent))).toBe(true);
  expect(mine.length).toBeLessThanOrEqual(20);
  expect(mine.filter(({ path }) => path === '/nonce-plz').length).toBeLessThanOrEqual(2);
});
