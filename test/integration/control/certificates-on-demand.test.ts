import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect as connectTcp, createServer as createTcpServer, type Socket } from 'node:net';
import { connect } from 'node:tls';
import { expect, test } from 'vitest';
import { waitFor } from '../../support/lab/wait-for.ts';
import { startRouterCaLab, type RouterCaLab } from '../../support/router-ca-lab.ts';
import type { RouterProcess } from '../../support/router-process.ts';
import { count, noteRow } from '../../support/soak.ts';

const MIB = 1 << 20;
/** Type of a TLS record (RFC 8446 5.1). */
const HANDSHAKE = 22;
const PER_SECOND = count(500, 1000);
const SECONDS = count(2, 10);
/** More would wait in the queues of a machine that cannot do as many, and then everybody would. */
const AT_ONCE = 100;
const GROWTH = 20 * MIB;
/** What the first connections cost a process once: code that is compiled, buffers. */
const WARM_UP = count(500, 8000);

interface Asked {
  readonly lab: RouterCaLab;
  readonly router: RouterProcess;
  /** Names that were asked about, in order. */
  readonly asked: readonly string[];
}

/** A router whose hosts below `customers.test` are open, with somebody who allows those in `customers`. */
async function start(stack: AsyncDisposableStack, customers: ReadonlySet<string>): Promise<Asked> {
  const lab = stack.use(await startRouterCaLab());
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const name = new URL(request.url ?? '', 'http://ask').searchParams.get('domain') ?? '';
    asked.push(name);
    response.writeHead(customers.has(name) ? 200 : 404).end();
  });
  stack.defer(() => void server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const rule = String.raw`HostRegexp(\`^[a-z0-9-]+\.customers\.test$\`)`.replaceAll('\\`', '`');
  await lab.setLabels({
    'sluice.host': 'fixed.test',
    'traefik.http.routers.open.rule': rule,
    'traefik.http.routers.open.tls.ondemand': 'true',
  });
  const { port } = server.address() as AddressInfo;
  const router = await lab.startRouter({
    flags: ['--acme-ask', `http://127.0.0.1:${port}/allowed`, '--max-connections-per-address', '12000'],
  });
  await lab.trusted('fixed.test');
  return { lab, router, asked };
}

/** The first message of a client that names this server. */
async function helloFor(servername: string): Promise<Buffer> {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, servername });
  socket.on('error', () => {});
  const [accepted] = (await once(server, 'connection')) as [Socket];
  const [hello] = (await once(accepted, 'data')) as [Buffer];
  socket.destroy();
  server.close();
  return hello;
}

/** Sends a first message and leaves with the answer; whether it was one of a handshake. */
function knock(port: number, hello: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectTcp({ host: '127.0.0.1', port });
    const end = (hasWorked: boolean): void => {
      resolve(hasWorked);
      socket.destroy();
    };
    socket.setTimeout(10_000, () => end(false));
    socket.on('connect', () => socket.write(hello));
    socket.on('data', (chunk: Buffer) => end(chunk[0] === HANDSHAKE));
    socket.on('close', () => end(false));
    socket.on('error', () => end(false));
  });
}

test('a name that is allowed is served at once, and by the CA within seconds; another is not ordered', async () => {
  await using stack = new AsyncDisposableStack();
  const { lab, router, asked } = await start(stack, new Set(['ann.customers.test']));
  const orders = lab.proxy.count('/order-plz');
  expect((await lab.look('ann.customers.test')).isTrusted).toBe(false);
  expect((await lab.trusted('ann.customers.test', 10_000)).names).toBe('DNS:ann.customers.test');

  expect((await lab.look('eve.customers.test')).isTrusted).toBe(false);
  await router.logged('certificate on demand not allowed', ({ name }) => name === 'eve.customers.test');
  // Nobody is asked about names that no router leaves open, nor twice about one that was refused.
  await lab.look('elsewhere.test');
  await lab.look('eve.customers.test');
  await lab.look('bob.customers.test');
  await router.logged('certificate on demand not allowed', ({ name }) => name === 'bob.customers.test');
  expect(asked).toEqual(['ann.customers.test', 'eve.customers.test', 'bob.customers.test']);
  expect(lab.proxy.count('/order-plz')).toBe(orders + 1);

  // After a restart from the first handshake, without a question.
  await router.stop();
  await lab.startRouter({ flags: ['--acme-ask', 'http://127.0.0.1:1/'] });
  expect((await lab.look('ann.customers.test')).isTrusted).toBe(true);
}, 60_000);

test('a flood of made-up names: no order, no memory, and other names are served', async () => {
  await using stack = new AsyncDisposableStack();
  const { lab, router, asked } = await start(stack, new Set());
  const orders = lab.proxy.count('/order-plz');
  const made = (n: number): string => `x${String(n).padStart(6, '0')}.customers.test`;
  const hello = (await helloFor(made(0))).toString('latin1');
  let last = 0;
  let open = 0;
  const knocks: Promise<boolean>[] = [];
  const flood = async (total: number, perSecond: number): Promise<void> => {
    const startedAt = performance.now();
    for (let sent = 0; sent < total;) {
      const due = Math.min(total, Math.floor(((performance.now() - startedAt) / 1000) * perSecond));
      for (; sent < due && open < AT_ONCE; sent++) {
        open += 1;
        const name = made(++last);
        knocks.push(
          knock(router.ports.https, Buffer.from(hello.replace(made(0), name), 'latin1')).finally(() => (open -= 1)),
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await Promise.all(knocks);
  };
  await flood(WARM_UP, PER_SECOND);
  const before = router.residentBytes();
  knocks.length = 0;
  const startedAt = performance.now();
  const flooding = flood(PER_SECOND * SECONDS, PER_SECOND);
  let others = 0;
  const over = new AbortController();
  void flooding.then(() => over.abort());
  while (!over.signal.aborted) {
    expect((await lab.look('fixed.test')).isTrusted).toBe(true);
    others += 1;
  }
  await flooding;
  const tookMs = performance.now() - startedAt;
  const served = (await Promise.all(knocks)).filter(Boolean).length;
  const growth = await waitFor(
    'memory as before',
    () => {
      const grown = router.residentBytes() - before;
      return grown < GROWTH && { grown };
    },
    10_000,
  );
  const perSecond = Math.round((knocks.length / tookMs) * 1000);
  noteRow('made-up names', { served, perSecond, asked: asked.length, others, grownKiB: growth.grown >> 10 });
  expect(served).toBe(knocks.length);
  expect(others).toBeGreaterThan(10);
  expect(lab.proxy.count('/order-plz')).toBe(orders);
  // Twenty at once, then one a second, whatever comes.
  expect(asked.length).toBeGreaterThan(0);
  expect(asked.length).toBeLessThanOrEqual(20 + Math.ceil((performance.now() - startedAt) / 1000) + 30);
}, 120_000);
