import type { Measure } from './bench.ts';
import type { Figures } from './connection-rows.ts';

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

/** Prints a row of named figures, one line a proxy; a figure of another proxy is followed by ours as a multiple of it. */
export function printFigures(row: string, measures: ReadonlyMap<string, Figures>): void {
  const own = measures.get('sluice');
  process.stdout.write(`\n${row}\n`);
  for (const [name, figures] of measures) {
    const cells = Object.entries(figures).map(([figure, value]) => {
      const ratio = own === undefined || name === 'sluice' ? '' : ` (${(own[figure]! / value).toFixed(2)} ×)`;
      return `${figure} ${value.toFixed(2)}${ratio}`;
    });
    process.stdout.write(`  ${name.padEnd(9)} ${cells.join('   ')}\n`);
  }
}
