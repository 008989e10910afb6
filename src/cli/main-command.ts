import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseStaticOptions, type StaticResult } from '../config/parse-static-options.ts';
import type { StaticConfig } from '../config/static-config.ts';
import { nearest } from '../lib/suggest.ts';
import { CERTS_USAGE, readCertsArguments, runCerts } from './certs/certs.ts';
import { runCheck } from './check.ts';
import type { CommandStreams } from './command-streams.ts';
import { DEPLOY_USAGE, readDeployArguments, runDeploy } from './deploy.ts';
import { EXPLAIN_USAGE, readExplainArguments, runExplain } from './explain.ts';
import { runHealthcheck } from './healthcheck.ts';
import { readRouterFlags } from './router-flags.ts';
import { PAUSE_USAGE, readPauseArguments, runPause } from './pause.ts';
import { readResumeArguments, RESUME_USAGE, runResume } from './resume.ts';
import { runRouter } from './run.ts';
import { runVersion } from './version.ts';

const COMMANDS = [
  'run',
  'version',
  'healthcheck',
  'certs',
  'check',
  'explain',
  'deploy',
  'pause',
  'resume',
  'help',
] as const;
type Command = (typeof COMMANDS)[number];

const HELP = `sluice [run] [flags]     the router; needs no flags on a VPS
sluice explain URL       asks the running router where a request goes, and why
sluice deploy --wait SERVICE  waits until its new servers are ready and the old ones are done
sluice pause HOST [--for 60s]  lets requests wait although the app is ready
sluice resume HOST       lets them go on
sluice certs             certificates in the store; renew NAME, import FILE, export NAME, root
sluice check [FILES]     judges compose files and their labels without Docker; --json for lines of JSON
sluice healthcheck       exit code 0 when every worker listens
sluice version

Flags are --kebab-case, variables SLUICE_UPPER_SNAKE; Traefik's flags and TRAEFIK_* are understood too.
The most used: --http :80 --https :443 --docker unix:///var/run/docker.sock --data DIR --acme-email MAIL --workers N
`;

/**
 * Customary in health checks for Traefik, which then reads its options from flags alone. The health is always told here, and this
 * flag must not hide that the router has its options from variables.
 */
const BARE_PING = /^--?ping(=true)?$/i;

/** Runs the command that the arguments name (`run` when the first is a flag) and resolves with the exit code. */
export async function runCommand(argv: readonly string[], streams: CommandStreams): Promise<number> {
  // Compose files may name the program itself: `command: traefik --flag`.
  const named = argv[0] === 'sluice' || argv[0] === 'traefik' ? argv.slice(1) : argv;
  const { command, rest } = splitCommand(named);
  if (command === undefined) return refuseCommand(named[0]!, streams);
  if (command === 'version') return runVersion(streams.out);
  if (command === 'help') {
    streams.out(HELP);
    return 0;
  }
  // Flags are laid over those of the router in the files, so they are understood there.
  if (command === 'check') return runCheck(rest, streams);
  if (isAsking(command)) return askRunning(command, rest, streams);
  if (command === 'certs') {
    const read = readCertsArguments(rest);
    return withConfig(read, CERTS_USAGE, streams, (given, config) => runCerts(given, config, streams));
  }
  const flags = command === 'healthcheck' ? rest.filter((flag) => !BARE_PING.test(flag)) : rest;
  const result = readOptions(command === 'run' ? flags : [...readRouterFlags(), ...flags]);
  if ('problems' in result) {
    for (const problem of result.problems) streams.err(`sluice: ${problem}\n`);
    return 2;
  }
  switch (command) {
    case 'run':
      return runRouter(result.config, result.notices);
    case 'healthcheck':
      return runHealthcheck(result.config.admin, streams.err);
    default:
      return command satisfies never;
  }
}

type Asking = 'explain' | 'deploy' | 'pause' | 'resume';

function isAsking(command: Command): command is Asking {
  return ['explain', 'deploy', 'pause', 'resume'].includes(command);
}

/** The commands that ask the running router at its admin address. */
function askRunning(command: Asking, args: readonly string[], streams: CommandStreams): Promise<number> {
  switch (command) {
    case 'explain':
      return withConfig(readExplainArguments(args), EXPLAIN_USAGE, streams, (given, { admin }) =>
        runExplain(given, admin, streams.out, streams.err),
      );
    case 'deploy':
      return withConfig(readDeployArguments(args), DEPLOY_USAGE, streams, (given, { admin }) =>
        runDeploy(given, admin, streams),
      );
    case 'pause':
      return withConfig(readPauseArguments(args), PAUSE_USAGE, streams, (given, { admin }) =>
        runPause(given, admin, streams),
      );
    case 'resume':
      return withConfig(readResumeArguments(args), RESUME_USAGE, streams, (given, { admin }) =>
        runResume(given, admin, streams),
      );
    default:
      return command satisfies never;
  }
}

/** Runs a command with arguments of its own: what those leave are the router's options. */
async function withConfig<Given extends { readonly rest: readonly string[] }>(
  read: Given | string,
  usage: string,
  { err }: CommandStreams,
  run: (given: Given, config: StaticConfig) => Promise<number>,
): Promise<number> {
  if (typeof read === 'string') {
    err(`sluice: ${read}\n${usage}`);
    return 2;
  }
  const result = readOptions([...readRouterFlags(), ...read.rest]);
  if ('config' in result) return run(read, result.config);
  for (const problem of result.problems) err(`sluice: ${problem}\n`);
  return 2;
}

function splitCommand(argv: readonly string[]): {
  readonly command: Command | undefined;
  readonly rest: readonly string[];
} {
  const first = argv[0];
  if (first === '--help' || first === '-h') return { command: 'help', rest: [] };
  if (first === undefined || first.startsWith('-')) return { command: 'run', rest: argv };
  return { command: COMMANDS.find((name) => name === first), rest: argv.slice(1) };
}

function refuseCommand(word: string, streams: CommandStreams): number {
  const guess = nearest(word, COMMANDS);
  streams.err(`sluice: unknown command ${word}${guess === undefined ? '' : `; did you mean ${guess}?`}\n\n${HELP}`);
  return 2;
}

function readOptions(argv: readonly string[]): StaticResult {
  const facts = {
    cores: availableParallelism(),
    isTerminal: process.stdout.isTTY,
    dataDir: './.sluice',
  };
  return parseStaticOptions(argv, process.env, (path) => readFileSync(path, 'utf8'), facts);
}
