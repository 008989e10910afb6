#!/usr/bin/env -S node --max-semi-space-size=4
// V8 would keep what reading ten thousand certificates once took: up to 60 MiB of young generation that nothing needs again.
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

// Stripping types costs every start a tenth of a second and 30 MiB; cached modules cost neither. Beside the code, as whoever
// can write the cache can run code as us; worker threads find it by the variable. The image brings a full one.
process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(new URL('../node_modules/.cache/compiled', import.meta.url));
enableCompileCache(process.env['NODE_COMPILE_CACHE']);
const { runCommand } = await import('./cli/main-command.ts');

// Whoever reads our output may go away before its end: `sluice check | head`.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
process.exitCode = await runCommand(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
});
// A pipe takes a long output in pieces; but whoever does not read it must not keep us.
await Promise.race([
  new Promise((resolve) => process.stdout.write('', resolve)),
  new Promise((resolve) => setTimeout(resolve, 2000)),
]);
// Whatever is still open belongs to a stop that ran out of patience.
process.exit();
