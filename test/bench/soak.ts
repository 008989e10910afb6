import { sendLoad } from './load.ts';
import type { Peer } from './peers.ts';
import { residentKib } from './process-cpu.ts';
import type { Row } from './rows.ts';
import { median } from './table.ts';

const PIECE_SECONDS = 10;

export interface SoakFigures {
  readonly requests: number;
  readonly errors: number;
  /** Medians of resident memory at the end of each round, MiB. */
  readonly firstHalfMib: number;
  readonly lastHalfMib: number;
  /** Greatest less smallest in the last half, as a share of its median. */
  readonly lastHalfSpread: number;
}

/**
 * Full load for so many seconds, the rows in turn; memory must stand still from round to round. Between the rows of one round it does
 * not: each needs its own.
 */
export async function soak(peer: Peer, seconds: number, rows: readonly Row[]): Promise<SoakFigures> {
  const sizes: number[] = [];
  let requests = 0;
  let errors = 0;
  for (let piece = 0; piece < seconds / PIECE_SECONDS; piece++) {
    const row = rows[piece % rows.length]!;
    const url = row.isTls ? `https://localhost:${peer.httpsPort}` : `http://127.0.0.1:${peer.httpPort}`;
    const load = await sendLoad(url, row.workload, PIECE_SECONDS);
    requests += load.requests;
    errors += load.errors;
    const mib = residentKib(peer.pid) / 1024;
    if ((piece + 1) % rows.length === 0) sizes.push(mib);
    process.stdout.write(`${row.name.padEnd(26)} ${mib.toFixed(1)} MiB\n`);
  }
  const half = sizes.length >> 1;
  const last = sizes.slice(half);
  return {
    requests,
    errors,
    firstHalfMib: median(sizes.slice(0, half)),
    lastHalfMib: median(last),
    lastHalfSpread: (Math.max(...last) - Math.min(...last)) / median(last),
  };
}
