#!/usr/bin/env node
import { runCommand } from './cli/main-command.ts';

process.exitCode = await runCommand(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
});
// Whatever is still open belongs to a stop that ran out of patience.
process.exit();
