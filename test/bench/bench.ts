import { rm, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createTestCa, issueCertificate } from '../support/issue-certificate.ts';
import { ensurePrograms } from '../support/lab/packages.ts';
import { startBackend } from './backend.ts';
import { startClients } from './client-program.ts';
import { CONNECTION_ROWS, type ConnectionRow, type Figures } from './connection-rows.ts';
import { dockerRows } from './docker-rows.ts';
import { type LoadResult, sendLoad } from './load.ts';
import { type Peer, PEER_NAMES, startPeer } from './peers.ts';
import { cpuMicros, residentKib } from './process-cpu.ts';
import { type Row, ROWS } from './rows.ts';
import { routingRows } from './routing-rows.ts';
import { soak } from './soak.ts';
import { median, printFigures, printTable } from './table.ts';

/** One peer's medians in one row. */
export interface Measure {
  readonly cpuMicros: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly errors: number;
  readonly rssKib: number;
}

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string' },
    peers: { type: 'string', default: PEER_NAMES.join(',') },
    soak: { type: 'string' },
    docker: { type: 'boolean', default: true },
    out: { type: 'string', default: 'bench-results.json' },
  },
  allowNegative: true,
});

/** Interleaved: each round measures every peer once, so that a drift of the machine meets all alike. */
async function measureRow(row: Row, peers: readonly Peer[]): Promise<Map<string, Measure>> {
  const samples = new Map<string, { readonly cpu: number; readonly load: LoadResult; readonly rss: number }[]>();
  for (let round = 0; round < Number(options.rounds); round++) {
    for (const peer of peers) {
      const url = row.isTls ? `https://localhost:${peer.httpsPort}` : `http://127.0.0.1:${peer.httpPort}`;
      const { perSecond } = await sendLoad(url, row.workload, 1);
      const before = cpuMicros(peer.pid);
      const load = await sendLoad(url, row.workload, Number(options.seconds), perSecond);
      const cpu = (cpuMicros(peer.pid) - before) / load.requests;
      const list = samples.get(peer.name) ?? [];
      list.push({ cpu, load, rss: residentKib(peer.pid) });
      samples.set(peer.name, list);
    }
  }
  return new Map([...samples].map(([name, list]) => [name, summarise(list)]));
}

function summarise(
  list: readonly { readonly cpu: number; readonly load: LoadResult; readonly rss: number }[],
): Measure {
  return {
    cpuMicros: median(list.map(({ cpu }) => cpu)),
    perSecond: median(list.map(({ load }) => load.perSecond)),
    p50Ms: median(list.map(({ load }) => load.p50Ms)),
    p99Ms: median(list.map(({ load }) => load.p99Ms)),
    errors: list.reduce((sum, { load }) => sum + load.errors, 0),
    rssKib: median(list.map(({ rss }) => rss)),
  };
}

async function measureConnections(row: ConnectionRow, peers: readonly Peer[]): Promise<Map<string, Figures>> {
  const samples = new Map<string, Figures[]>(peers.map(({ name }) => [name, []]));
  for (let round = 0; round < Math.min(row.rounds, Number(options.rounds)); round++) {
    for (const peer of peers) samples.get(peer.name)!.push(await row.measure(peer, Number(options.seconds)));
  }
  const medians = (list: readonly Figures[]): Figures =>
    Object.fromEntries(Object.keys(list[0]!).map((name) => [name, median(list.map((figures) => figures[name]!))]));
  return new Map([...samples].map(([name, list]) => [name, medians(list)]));
}

async function proxyRows(folder: string): Promise<Record<string, Record<string, Measure | Figures>>> {
  const ca = await createTestCa();
  const now = Date.now();
  const { keyPem, chainPem } = await issueCertificate(ca, {
    names: ['localhost'],
    notBefore: now - 3_600_000,
    notAfter: now + 86_400_000,
  });
  // The leaf alone: the size of the chain is not what is compared.
  const pair = { keyPem, chainPem: `${chainPem.split('-----END CERTIFICATE-----')[0]}-----END CERTIFICATE-----\n` };
  const backend = await startBackend(folder);
  const peers: Peer[] = [];
  const results: Record<string, Record<string, Measure | Figures>> = {};
  await using echo = await startClients('echo', {});
  await using grpc = await startClients('grpc', {});
  const [echoPort, grpcPort] = [Number(echo.firstLine), Number(grpc.firstLine)];
  const inputs = { folder, backendPort: backend.port, echoPort, grpcPort, ...pair };
  const isWanted = (name: string): boolean => options.only === undefined || name.includes(options.only);
  try {
    for (const name of options.peers.split(',')) peers.push(await startPeer(name, inputs));
    if (options.soak !== undefined)
      return {
        soak: await soakEach(
          peers,
          ROWS.filter(({ name }) => isWanted(name)),
        ),
      };
    for (const row of ROWS.filter(({ name }) => isWanted(name))) {
      const measures = await measureRow(row, peers);
      results[row.name] = Object.fromEntries(measures);
      printTable(row.name, measures);
    }
    for (const row of CONNECTION_ROWS.filter(({ name }) => isWanted(name))) {
      const measures = await measureConnections(row, peers);
      results[row.name] = Object.fromEntries(measures);
      printFigures(row.name, measures);
    }
    if (isWanted('routers')) {
      const { rounds, seconds } = options;
      const figures = await routingRows(folder, backend.port, Number(rounds), Number(seconds));
      for (const [name, row] of Object.entries(figures)) {
        results[name] = { sluice: row };
        printFigures(name, new Map([['sluice', row]]));
      }
    }
  } finally {
    await Promise.all(peers.map((peer) => peer.stop()));
    backend.stop();
  }
  return results;
}

async function soakEach(peers: readonly Peer[], rows: readonly Row[]): Promise<Record<string, Figures>> {
  const figures = new Map<string, Figures>();
  for (const peer of peers) figures.set(peer.name, { ...(await soak(peer, Number(options.soak), rows)) });
  printFigures('soak', figures);
  return Object.fromEntries(figures);
}

await ensurePrograms(['nginx', 'haproxy', 'caddy', 'wrk', 'h2load', 'taskset']);
const folder = await mkdtemp(join(tmpdir(), 'sluice-bench-'));
try {
  const rows = await proxyRows(folder);
  const docker = options.docker && options.soak === undefined ? await dockerRows(folder) : undefined;
  await writeFile(options.out, `${JSON.stringify({ node: process.version, rows, docker }, null, 2)}\n`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
