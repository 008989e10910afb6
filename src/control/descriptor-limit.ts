import { readFileSync } from 'node:fs';

/** Files, listeners, the engine's connection and whatever else is no client or server connection. */
const SPARE = 100;

/**
 * One line when the process may not open as many files as `maxConnections` (0: unlimited) can need, two for each: the client's and
 * the server's. Undefined when they are enough or it cannot be told (not Linux). Node has already raised the soft limit to the hard
 * one.
 */
export function descriptorWarning(maxConnections: number, path = '/proc/self/limits'): string | undefined {
  const needed = 2 * maxConnections + SPARE;
  const limit = readLimit(path);
  if (maxConnections === 0 || limit === undefined || limit >= needed) return undefined;
  return (
    `only ${limit} files may be open, and --max-connections=${maxConnections} can need ${needed}: raise the limit ` +
    `(ulimits: nofile in compose, LimitNOFILE of a unit) or lower --max-connections`
  );
}

function readLimit(path: string): number | undefined {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(readFileSync(path, 'utf8'))?.[1];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}
