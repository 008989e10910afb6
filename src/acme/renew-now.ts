import type { RenewOutcome } from '../certs/ca-status.ts';
import type { CertificateBook } from './certificate-book.ts';
import type { OrderQueue } from './order-queue.ts';
import type { OrderRunner } from './order-runner.ts';
import { limitUntil } from './schedule.ts';
import type { SortedWanted } from './sort-wanted.ts';
import type { Specs } from './specs.ts';

/**
 * Has the wanted certificates for a name ordered again, before all others: earlier failures are forgotten, only a limit that the
 * CA gave a time for is waited for.
 */
export async function renewNow(
  name: string,
  parts: {
    readonly wanted: readonly SortedWanted[];
    readonly specs: Specs;
    readonly book: CertificateBook;
    readonly runner: OrderRunner;
    readonly queue: OrderQueue;
    readonly now: () => number;
  },
): Promise<readonly RenewOutcome[]> {
  const { book, specs, runner, now } = parts;
  const found = parts.wanted.filter(({ wanted }) => wanted.names.includes(name));
  if (found.length === 0) return [{ fault: `no router wants a certificate for ${name}` }];
  const renewOne = async ({ wanted, kind, note }: SortedWanted): Promise<RenewOutcome> => {
    const { names } = wanted;
    if (kind !== 'acme') return { fault: note?.detail ?? `${names.join(', ')}: the local authority signs it` };
    if (runner.isRunning(names)) return { names, state: 'running' };
    const directories = specs.directories(names);
    const limits = directories.map((one) => {
      const { attempt } = book.get(specs.at(names, one));
      const own = attempt?.class === 'rate-limited' ? { until: attempt.nextAt, detail: '' } : undefined;
      return limitUntil(book.parked(one), now()) ?? limitUntil(own, now());
    });
    if (!limits.includes(undefined)) {
      const until = Math.min(...limits.map((limit) => limit ?? 0));
      return { fault: `the CA takes no orders before ${new Date(until).toISOString()}` };
    }
    for (const [index, one] of directories.entries()) {
      if (limits[index] === undefined && book.get(specs.at(names, one)).attempt !== undefined)
        await book.putAttempt(specs.at(names, one), undefined);
    }
    parts.queue.ask(wanted);
    return { names, state: 'started' };
  };
  return Promise.all(found.map(renewOne));
}
