import { parseKeyType, type KeyType } from './key-type.ts';
import { parseList } from './label-value.ts';
import type { AcmeConfig, EntrypointConfig } from './static-config.ts';
import type { StaticValue } from './static-sources.ts';
import type { StaticReport, TraefikOptionValues } from './traefik-option-values.ts';

export interface TraefikAcme {
  readonly email: string | undefined;
  readonly caServer: StaticValue | undefined;
  readonly dataDir: string | undefined;
  /** Its one file, which may hold certificates already. */
  readonly storage: string | undefined;
  readonly challenges: AcmeConfig['challenges'];
  readonly eab: { readonly kid: string; readonly hmacKey: string } | undefined;
  readonly profile: string | undefined;
  readonly keyType: KeyType | undefined;
  readonly caRootFile: string | undefined;
}

const ACME = 'certificatesresolvers.<resolver>.acme.';

/** Reads `certificatesresolvers.*.acme` (traefik-static.md section 7). There is one account and one storage here. */
export function readTraefikAcme(
  options: TraefikOptionValues,
  resolvers: readonly string[],
  entrypoints: readonly EntrypointConfig[],
  report: StaticReport,
): TraefikAcme {
  for (const value of options.all(`${ACME}httpchallenge.entrypoint`)) {
    if (!entrypoints.some(({ name }) => name === value.text)) {
      report.problems.push(`${value.source}: there is no entrypoint ${value.text}`);
    }
  }
  for (const key of ['caserver', 'email', 'storage']) {
    const texts = new Set(options.all(ACME + key).map(({ text }) => text));
    const first = options.get(ACME + key)?.text;
    if (texts.size > 1) report.notices.push(`several resolvers with unlike ${key}: all of them use ${first}`);
  }
  const uses = (key: string): boolean =>
    resolvers.some(
      (name) => options.bool(ACME + key, name) ?? options.get(`${ACME}${key}.entrypoint`, name) !== undefined,
    );
  const kid = options.get(`${ACME}eab.kid`)?.text;
  const hmacKey = options.get(`${ACME}eab.hmacencoded`)?.text;
  if ((kid === undefined) !== (hmacKey === undefined)) {
    const { source } = options.get(`${ACME}eab.kid`) ?? options.get(`${ACME}eab.hmacencoded`)!;
    report.problems.push(`${source}: an external account needs both eab.kid and eab.hmacencoded`);
  }
  const storage = options.get(`${ACME}storage`)?.text;
  return {
    email: options.get(`${ACME}email`)?.text,
    caServer: options.get(`${ACME}caserver`),
    storage,
    dataDir: storage === undefined ? undefined : folderBeside(storage),
    challenges: [
      ...(uses('httpchallenge') ? ['http-01' as const] : []),
      ...(uses('tlschallenge') ? ['tls-alpn-01' as const] : []),
      ...(options.get(`${ACME}dnschallenge.provider`) === undefined ? [] : ['dns-01' as const]),
    ],
    eab: kid === undefined || hmacKey === undefined ? undefined : { kid, hmacKey },
    keyType: readKeyType(options.get(`${ACME}keytype`), report),
    profile: options.get(`${ACME}profile`)?.text,
    caRootFile: parseList(options.get(`${ACME}cacertificates`)?.text ?? '')[0],
  };
}

/** What Traefik knows beside ours is an RSA key so long that no public CA takes it. */
function readKeyType(value: StaticValue | undefined, report: StaticReport): KeyType | undefined {
  const keyType = value && parseKeyType(value.text);
  if (value === undefined || keyType !== undefined) return keyType;
  report.notices.push(`${value.source}: "${value.text}" is accepted without effect: keys are ECDSA P-256`);
  return undefined;
}

/** Traefik keeps one file, we keep a folder: `/letsencrypt/acme.json` becomes `/letsencrypt/sluice`. */
function folderBeside(storage: string): string {
  const slash = storage.lastIndexOf('/');
  return slash < 0 ? './sluice' : `${storage.slice(0, slash)}/sluice`;
}
