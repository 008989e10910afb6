import { maxIdleOf } from './decode-transport.ts';
import { DEFAULT_TRANSPORT } from './default-transport.ts';
import type { TransportConfig, TransportTimeouts } from './dynamic.ts';
import { parseInteger } from './label-value.ts';
import { certificatesIn, isPemText, rootCaSources } from './root-cas.ts';
import { readSwitch, type StaticValue, type TraefikValue } from './static-sources.ts';
import { deadlineMs } from './transport-deadline.ts';
import { numberFault } from './value-hints.ts';

const PREFIX = 'serverstransport.';

const TIMEOUTS: readonly (readonly [key: keyof TransportTimeouts, path: string])[] = [
  ['connectMs', 'forwardingtimeouts.dialtimeout'],
  ['responseHeadMs', 'forwardingtimeouts.responseheadertimeout'],
  ['idleMs', 'forwardingtimeouts.idleconntimeout'],
];

/**
 * Traefik's `--serverstransport.*`: how every service is reached that says nothing else; undefined: nothing was said. Roots are
 * read here, once. Faults and notices are added to the lists given.
 */
export function readTraefikTransport(
  values: readonly TraefikValue[],
  readFile: (path: string) => string,
  { problems, notices }: { readonly problems: string[]; readonly notices: string[] },
): TransportConfig | undefined {
  const said = new Map(
    values
      .filter(({ option }) => option.path.startsWith(PREFIX) && option.acts === 'yes')
      .map((value) => [value.option.path.slice(PREFIX.length), value]),
  );
  if (said.size === 0) return undefined;
  const skip = said.get('insecureskipverify');
  const insecureSkipVerify = readSwitch(skip, problems) ?? false;
  if (insecureSkipVerify) {
    notices.push(
      `${skip?.source}: certificates of https servers are not checked: name their root with rootcas instead`,
    );
  }
  const rootCAs = readRoots(said.get('rootcas'), readFile, problems);
  return {
    tls: { ...(rootCAs === undefined ? {} : { rootCAs }), insecureSkipVerify },
    timeouts: readTimeouts(said, problems),
    maxIdle: readMaxIdle(said.get('maxidleconnsperhost'), problems),
  };
}

function readRoots(
  value: StaticValue | undefined,
  readFile: (path: string) => string,
  problems: string[],
): string | undefined {
  if (value === undefined) return undefined;
  const pems = rootCaSources(value.text).flatMap((source) => {
    const text = readSource(source, readFile);
    if (typeof text !== 'string') {
      problems.push(`${value.source}: ${source} cannot be read: ${text.message}`);
      return [];
    }
    const found = certificatesIn(text);
    if (found.length > 0) return found;
    const what = isPemText(source) ? 'the text' : source;
    problems.push(`${value.source}: ${what} has no certificate; name a PEM file with -----BEGIN CERTIFICATE-----`);
    return [];
  });
  return pems.join('');
}

function readSource(source: string, readFile: (path: string) => string): string | Error {
  if (isPemText(source)) return source;
  try {
    return readFile(source);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function readTimeouts(said: ReadonlyMap<string, StaticValue>, problems: string[]): TransportTimeouts {
  const timeouts = { ...DEFAULT_TRANSPORT.timeouts };
  for (const [key, path] of TIMEOUTS) {
    const value = said.get(path);
    if (value === undefined) continue;
    const ms = deadlineMs(value.text);
    if (typeof ms === 'number') timeouts[key] = ms;
    else problems.push(`${value.source}: "${value.text}" ${ms.message}; ${ms.hint}`);
  }
  return timeouts;
}

function readMaxIdle(value: StaticValue | undefined, problems: string[]): number {
  if (value === undefined) return DEFAULT_TRANSPORT.maxIdle;
  const written = parseInteger(value.text);
  if (written === undefined || written < -1 || written > 10_000) {
    const { message, hint } = numberFault(value.text, -1, 10_000);
    problems.push(`${value.source}: "${value.text}" ${message}; ${hint}`);
  }
  return maxIdleOf(written) ?? DEFAULT_TRANSPORT.maxIdle;
}
