import { readAcmeChoices } from './acme-choices.ts';
import { DIRECTORY_NAMES, parseDirectories } from './acme-directories.ts';
import type { DnsConfig } from './dns-config.ts';
import { parseList } from './label-value.ts';
import type { OwnOptions } from './own-static.ts';
import type { AcmeConfig, EntrypointConfig } from './static-config.ts';
import type { StaticValue } from './static-sources.ts';
import type { TraefikAcme } from './traefik-acme.ts';
import { nearest } from '../lib/suggest.ts';

/** What the options about automatic certificates are read from; faults go to `problems`. */
export interface AcmeSources {
  readonly own: OwnOptions;
  /** What Traefik's options say: ours go before it. */
  readonly traefik: TraefikAcme | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly dns: DnsConfig | undefined;
  readonly problems: string[];
}

/** Reads `acme-*`: which CAs, with which account, and how names are proved to them. */
export function readAcmeOptions(sources: AcmeSources, entrypoints: readonly EntrypointConfig[]): AcmeConfig {
  const { own, traefik, env, dns } = sources;
  const challenges =
    readChallenges(own) ?? (traefik !== undefined && traefik.challenges.length > 0 ? traefik.challenges : undefined);
  const directories = readDirectories(own.get('acme-ca') ?? traefik?.caServer, sources.problems);
  return {
    ...directories,
    ...readAcmeChoices(own, directories.directories, traefik?.keyType),
    email: own.text('acme-email') ?? traefik?.email,
    eab: readEab(own, sources.problems) ?? traefik?.eab,
    profile: own.text('acme-profile') ?? traefik?.profile,
    caRootFile: own.text('acme-ca-root') ?? traefik?.caRootFile ?? legoRoot(env),
    challenges: withDns(challenges, answerable(entrypoints), sources),
    ...(dns === undefined ? {} : { dns }),
  };
}

function readDirectories(
  value: StaticValue | undefined,
  problems: string[],
): Pick<AcmeConfig, 'directories' | 'customDirectory'> {
  const items = parseList(value?.text ?? 'letsencrypt');
  const parsed = parseDirectories(items.length === 0 ? ['letsencrypt'] : items);
  if (!('wrong' in parsed)) return parsed;
  const guess = nearest(parsed.wrong, DIRECTORY_NAMES);
  const hint = guess === undefined ? `write a URL or ${DIRECTORY_NAMES.join(', ')}` : `did you mean ${guess}?`;
  problems.push(`${value?.source}: "${parsed.wrong}" is neither a name nor a URL of a CA; ${hint}`);
  return { directories: [], customDirectory: false };
}

/** Wildcards need DNS-01 whatever is preferred; without a writer it cannot be used. */
function withDns(
  asked: AcmeConfig['challenges'] | undefined,
  standard: AcmeConfig['challenges'],
  { own, dns, problems }: AcmeSources,
): AcmeConfig['challenges'] {
  const challenges = asked ?? standard;
  if (dns !== undefined) return challenges.includes('dns-01') ? challenges : [...challenges, 'dns-01'];
  const value = own.get('acme-challenge');
  if (challenges.includes('dns-01') && value !== undefined) {
    problems.push(`${value.source}: dns-01 needs somebody who writes the records: set --acme-dns`);
  }
  const others = challenges.filter((type) => type !== 'dns-01');
  return others.length === 0 ? standard : others;
}

function readChallenges(own: OwnOptions): AcmeConfig['challenges'] | undefined {
  const value = own.get('acme-challenge');
  if (value === undefined) return undefined;
  const known = ['http-01', 'tls-alpn-01', 'dns-01'] as const;
  const items = parseList(value.text.toLowerCase());
  const challenges = known.filter((name) => items.includes(name)).sort((a, b) => items.indexOf(a) - items.indexOf(b));
  const isRight = items.length > 0 && items.every((item) => known.some((name) => name === item));
  if (!isRight) own.fail(value, 'is not a list of challenges', `write ${known.join(', ')} or one of them`);
  return challenges;
}

function readEab(own: OwnOptions, problems: string[]): AcmeConfig['eab'] {
  const kid = own.get('acme-eab-kid');
  const hmacKey = own.get('acme-eab-key');
  if (kid !== undefined && hmacKey !== undefined) return { kid: kid.text, hmacKey: hmacKey.text };
  const [single, missing] = kid === undefined ? [hmacKey, 'acme-eab-kid'] : [kid, 'acme-eab-key'];
  if (single !== undefined) problems.push(`${single.source}: it needs --${missing} too`);
  return undefined;
}

/** The variable of the ACME library in Traefik, which test set-ups use; several files are joined by `:`. */
function legoRoot(env: AcmeSources['env']): string | undefined {
  return (env['LEGO_CA_CERTIFICATES'] ?? '').split(':')[0] || undefined;
}

/** A challenge that no entrypoint could answer would cost a refusal each time. */
function answerable(entrypoints: readonly EntrypointConfig[]): AcmeConfig['challenges'] {
  const isPlain = entrypoints.some(({ transport }) => transport !== 'tls');
  const isTls = entrypoints.some(({ transport }) => transport !== 'plain');
  return [...(isPlain ? ['http-01' as const] : []), ...(isTls ? ['tls-alpn-01' as const] : [])];
}
