import type { EntrypointConfig } from './static-config.ts';
import type { StaticReport, TraefikOptionValues } from './traefik-option-values.ts';

/** Whose forwarding fields Traefik's options have us believe. */
export interface TraefikTrust {
  readonly networks: readonly string[];
  /** What is wrong with it, or worth knowing, while `--trusted-proxies` does not say it. */
  readonly report: StaticReport;
}

const FORWARDED = 'entrypoints.<entrypoint>.forwardedheaders.';
const EVERYBODY: readonly string[] = ['0.0.0.0/0', '::/0'];

/**
 * Reads `forwardedHeaders` of the entrypoints. Traefik trusts by entrypoint and we do for all together: a difference is told, and an
 * entrypoint that believes everybody is refused beside one that does not, since everybody could then say who he is there, too.
 */
export function readTrusted(
  options: TraefikOptionValues,
  entrypoints: readonly Pick<EntrypointConfig, 'name'>[],
): TraefikTrust {
  const report: StaticReport = { problems: [], notices: [] };
  const trusted = entrypoints.map(({ name }) => {
    const insecure = options.bool(`${FORWARDED}insecure`, name) === true;
    const networks = insecure ? EVERYBODY : [...new Set(options.list(`${FORWARDED}trustedips`, name))].sort();
    return { name, insecure: insecure ? options.get(`${FORWARDED}insecure`, name) : undefined, networks };
  });
  const insecure = trusted.find((one) => one.insecure !== undefined);
  if (insecure !== undefined) {
    const others = trusted.filter((one) => one.insecure === undefined).map(({ name }) => name);
    if (others.length > 0) {
      report.problems.push(
        `${insecure.insecure?.source}: trust holds for every entrypoint, so ${others.join(', ')} would believe everybody too; ` +
          'name your proxies with --trusted-proxies=10.0.0.0/8 instead, or say --trusted-proxies=0.0.0.0/0,::/0 if nobody else can connect',
      );
    }
    return { networks: EVERYBODY, report };
  }
  const all = [...new Set(options.list(`${FORWARDED}trustedips`))];
  const differing = trusted.filter(({ networks }) => networks.length < all.length).map(({ name }) => name);
  if (all.length > 0 && differing.length > 0) {
    report.notices.push(
      `forwarded headers are believed on every entrypoint from ${all.join(', ')}, although not all of that is said of ` +
        `${differing.join(', ')}: write --trusted-proxies=${all.join(',')} if that is right`,
    );
  }
  return { networks: all, report };
}
