#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

// Stripping types costs every start a tenth of a second and 30 MiB; cached modules cost neither. Beside the code, as whoever
// can write the cache can run code as us; worker threads find it by the variable. The image brings a full one.
process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(new URL('../node_modules/.cache/compiled', import.meta.url));
enableCompileCache(process.env['NODE_COMPILE_CACHE']);
const { runCommand } = await import('./cli/main-command.ts');

process.exitCode = await runCommand(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
});
// Whatever is still open belongs to a stop that ran out of patience.
process.exit();
