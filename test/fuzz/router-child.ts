import { oneService, server, startDataPlane } from '../support/data-plane.ts';

/** A data-plane worker in a process of its own, so that its memory can be told from the fuzzer's. */
export interface ChildReport {
  readonly httpPort: number;
  readonly rss: number;
  readonly connections: number;
  readonly inFlight: number;
  readonly requests: number;
  /** Faults of ours that the worker logged. */
  readonly faults: readonly string[];
}

const plane = await startDataPlane(oneService([server(Number(process.argv[2]))]));

async function report(): Promise<void> {
  const { connections, inFlight, requests } = await plane.counters();
  const faults = plane.messages.flatMap((message) => (message.type === 'log' ? [JSON.stringify(message)] : []));
  const rss = process.memoryUsage.rss();
  process.send?.({ httpPort: plane.httpPort, rss, connections, inFlight, requests, faults } satisfies ChildReport);
}

process.on('message', () => void report());
process.on('disconnect', () => process.exit(0));
await report();
