import type { Measure } from './bench.ts';

/** The middle of the values; of an even count the lower middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}

/** Prints one row of the comparison: absolute figures, then ratios of CPU per request to each peer. */
export function printTable(row: string, measures: ReadonlyMap<string, Measure>): void {
  const own = measures.get('sluice');
  process.stdout.write(`\n${row}\n`);
  process.stdout.write('  proxy      CPU µs/req   ratio     req/s   p50 ms   p99 ms   RSS MiB  errors\n');
  for (const [name, m] of measures) {
    const ratio = own === undefined || name === 'sluice' ? '' : `${(own.cpuMicros / m.cpuMicros).toFixed(2)} ×`;
    process.stdout.write(
      `  ${name.padEnd(9)} ${m.cpuMicros.toFixed(1).padStart(11)} ${ratio.padStart(7)} ${m.perSecond.toFixed(0).padStart(9)} ` +
        `${m.p50Ms.toFixed(2).padStart(8)} ${m.p99Ms.toFixed(2).padStart(8)} ${(m.rssKib / 1024).toFixed(0).padStart(9)} ${String(m.errors).padStart(7)}\n`,
    );
  }
}
