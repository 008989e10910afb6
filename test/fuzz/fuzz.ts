import { parseArgs } from 'node:util';
import { describeFinding } from './finding.ts';
import { fuzzHttp2 } from './http2-fuzz.ts';
import { fuzzLive } from './live-fuzz.ts';
import { fuzzParsers } from './parser-fuzz.ts';

/**
 * Fuzzes the HTTP/1.1 engine: `--count` mutated streams through the parsers, then `--live` mutated messages through a worker; and the
 * HTTP/2 engine: `--http2` connections full of mutated frames.
 * `--seed` repeats a run; `--seconds` bounds it. Exit code 1 and the inputs when something is found.
 */
const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000000' },
    live: { type: 'string', default: '100000' },
    http2: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: `${Math.trunc(Math.random() * 0x7fff_ffff)}` },
    seconds: { type: 'string', default: '3600' },
  },
});
const [count, live, http2, seed, seconds] = [values.count, values.live, values.http2, values.seed, values.seconds].map(
  Number,
) as [number, number, number, number, number];
if ([count, live, http2, seed, seconds].some((value) => !Number.isInteger(value) || value < 0)) {
  console.error('fuzz: --count, --live, --http2, --seed and --seconds take whole numbers');
  process.exit(2);
}

const MIB = 1 << 20;
const start = performance.now();
const progress = (line: string): void => console.log(`${((performance.now() - start) / 1000).toFixed(0)} s  ${line}`);
console.log(`fuzz: seed ${seed}`);
const parsers = fuzzParsers({ count, seed, deadline: start + seconds * 300, progress });
const frames = await fuzzHttp2({ count: http2, seed, deadline: start + seconds * 600, progress });
const wire = await fuzzLive({ count: live, seed, deadline: start + seconds * 1000, progress });

const findings = [...parsers.findings, ...frames.findings, ...wire.findings];
const [early, late] = parsers.heap.map((bytes) => (bytes / MIB).toFixed(1));
const rss = wire.rss.map((bytes) => Math.round(bytes / MIB));
console.log(`parsers  ${parsers.count} streams in ${parsers.seconds.toFixed(1)} s, heap ${early} -> ${late} MiB`);
const [first, last] = frames.heap.map((bytes) => (bytes / MIB).toFixed(1));
console.log(`http2    ${frames.count} connections in ${frames.seconds.toFixed(1)} s, heap ${first} -> ${last} MiB`);
console.log(`live     ${wire.requests} requests and ${wire.responses} responses in ${wire.seconds.toFixed(1)} s`);
if (rss.length > 0)
  console.log(`router   RSS ${Math.min(...rss)} to ${Math.max(...rss)} MiB, ${rss.at(-1)} at the end`);
for (const finding of findings) console.log(describeFinding(finding));
console.log(`${findings.length} findings; repeat with --seed ${seed} --count ${count} --live ${live} --http2 ${http2}`);
process.exit(findings.length > 0 ? 1 : 0);
