import type { DnsConfig } from './dns-config.ts';
import { describeForeignProvider, readLegoDns } from './lego-dns.ts';
import type { TraefikValue } from './static-sources.ts';
import type { StaticReport } from './traefik-option-values.ts';

const PROVIDER = 'certificatesresolvers.<resolver>.acme.dnschallenge.provider';

/**
 * Reads `dnschallenge.provider` of Traefik's resolvers with the variables of that provider. The first one that is built in holds
 * for all resolvers; of each other one a notice says what is lost.
 */
export function readTraefikDns(
  values: readonly TraefikValue[],
  env: Readonly<Record<string, string | undefined>>,
  readFile: (path: string) => string,
  report: StaticReport,
): DnsConfig | undefined {
  let chosen: DnsConfig | undefined;
  for (const { option, text, source } of values) {
    if (option.path !== PROVIDER) continue;
    const provider = text.trim().toLowerCase();
    const found = readLegoDns(provider, env, readFile);
    if (found === undefined) report.notices.push(describeForeignProvider(source, provider));
    else if ('message' in found) report.problems.push(`${found.source}: ${found.message} (${source}: ${provider})`);
    else chosen ??= found;
  }
  return chosen;
}
