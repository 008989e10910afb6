import { readFileSync } from 'node:fs';

/**
 * The flags of the router that is the first process of this container. A command beside it (`healthcheck`, `certs`) has its
 * variables, but not its flags, and they say where the admin address and the data are. None outside of a container.
 */
export function readRouterFlags(path = '/proc/1/cmdline'): readonly string[] {
  try {
    return parseRouterFlags(readFileSync(path, 'utf8'));
  } catch {
    // No such file system, or not for us to read.
    return [];
  }
}

/** Flags of a command line as /proc has it, arguments ended by zero bytes; none when it is not the router's. */
export function parseRouterFlags(commandLine: string): readonly string[] {
  const words = commandLine.split('\0').slice(0, -1);
  // `node /app/src/main.ts …`, perhaps behind an init process.
  const program = words.findIndex((word) => /(^|\/)(sluice|traefik|src\/main\.ts)$/.test(word));
  if (program < 0) return [];
  let rest = words.slice(program + 1);
  if (rest[0] === 'sluice' || rest[0] === 'traefik') rest = rest.slice(1);
  if (rest[0] === 'run') rest = rest.slice(1);
  return rest[0]?.startsWith('-') === true ? rest : [];
}
