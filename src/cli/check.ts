import { existsSync, readFileSync, statSync } from 'node:fs';
import { parseStaticOptions } from '../config/parse-static-options.ts';
import { RootCaFiles } from '../control/root-ca-files.ts';
import { UsersFiles } from '../control/users-files.ts';
import { checkStack, type CheckWorld } from '../provider/compose/check-stack.ts';
import { findComposeFiles } from '../provider/compose/find-files.ts';
import { printFindings, printFindingsAsJson } from '../provider/compose/print-findings.ts';
import { ServicesFiles, traefikForm } from '../provider/file/services-files.ts';

/** Results go to `out`, what keeps it from judging to `err`. */
interface Streams {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/**
 * `sluice check [FILE|FOLDER|- …] [--json] [flags of the router]`: judges compose files without Docker. Exit code 0 without errors
 * (warnings do not count), 1 with errors, 2 when files cannot be read or an argument is wrong.
 */
export function runCheck(argv: readonly string[], { out, err }: Streams, world = realWorld()): number {
  const isJson = argv.includes('--json');
  const rest = argv.filter((argument) => argument !== '--json');
  const firstFlag = rest.findIndex((argument) => argument.startsWith('-') && argument !== '-');
  const operands = firstFlag < 0 ? rest : rest.slice(0, firstFlag);
  const flags = rest.slice(operands.length);
  const checked = parseStaticOptions(flags, {}, (path) => {
    // Files at Traefik's usual places are the business of the router in the files, not of this machine.
    if (!flags.some((flag) => flag.includes(path))) throw new Error('it is not named');
    return world.readFile(path);
  });
  if ('problems' in checked) {
    for (const problem of checked.problems) err(`sluice: ${problem}\n`);
    return 2;
  }
  const files = findComposeFiles(operands, world);
  if (files.length === 0) {
    err('sluice: there is no compose file here; name one: sluice check FILE, or - for the standard input\n');
    return 2;
  }
  const result = checkStack(files, flags, world);
  if ('faults' in result) {
    for (const { place, message, hint } of result.faults) {
      err(`sluice: ${place.file}:${place.line}:${place.column}: ${message}\n  → ${hint}\n`);
    }
    return 2;
  }
  const { findings, services } = result;
  out(isJson ? printFindingsAsJson(findings) : printFindings(findings, services));
  return findings.some(({ severity }) => severity === 'error') ? 1 : 0;
}

function realWorld(): CheckWorld {
  const rootCas = new RootCaFiles();
  const users = new UsersFiles();
  return {
    readFile: (path) => readFileSync(path === '-' ? 0 : path, 'utf8'),
    env: process.env,
    cwd: process.cwd(),
    exists: existsSync,
    isFolder: (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true,
    readRootCas: rootCas.read,
    readUsers: users.read,
    readServices: (path, form) => new ServicesFiles(path, form === 'own' ? undefined : traefikForm({})).read(),
  };
}
