import type { LabelGroup } from './label-group.ts';
import { rootCaSources } from './root-cas.ts';
import { CLIENT_AUTH_WORDS, parseCiphers, parseClientAuth, parseCurves, parseTlsVersion } from './tls-names.ts';
import type { ClientAuth, TlsOptions, TlsOptionsConfig, TlsVersion } from './tls-options.ts';
import { type TextFault, wordHint } from './value-hints.ts';

export type TlsOptionsDraft = Pick<TlsOptionsConfig, 'name' | 'options' | 'labels'>;

/** Where each part stands; the shorthand and the full form name them differently. */
interface Keys {
  readonly minVersion: string;
  readonly ciphers: string;
  readonly clientCa: string;
  readonly clientAuth: string;
}

const FULL_FORM: Keys = {
  minVersion: 'minversion',
  ciphers: 'ciphersuites',
  clientCa: 'clientauth.cafiles',
  clientAuth: 'clientauth.clientauthtype',
};

const SHORTHAND: Keys = {
  minVersion: 'tls.minversion',
  ciphers: 'tls.ciphers',
  clientCa: 'tls.clientca',
  clientAuth: 'tls.clientauth',
};

/** Named TLS options of the full form. Those that cannot work stay known by their name, so that what names them does not serve. */
export function decodeTlsOptions(group: LabelGroup): TlsOptionsDraft {
  const maxVersion = decodeVersion(group, 'maxversion');
  const curves = decodeNames(group, 'curvepreferences', parseCurves);
  const sniStrict = group.bool('snistrict');
  const options = {
    ...decodeParts(group, FULL_FORM),
    ...(maxVersion === undefined ? {} : { maxVersion }),
    ...(curves === undefined ? {} : { curves }),
    ...(sniStrict === undefined ? {} : { sniStrict }),
  };
  const { minVersion = 'TLSv1.2' } = options;
  if (maxVersion !== undefined && maxVersion < minVersion) {
    group.failValue(group.find('maxversion')!, 'is below the lowest version', 'remove one of the two');
  }
  const { fault, name } = group;
  return { name, options: fault === undefined ? options : { unusable: fault }, labels: labelNames(group, FULL_FORM) };
}

/** What the shorthand asks of clients, as options called `name`; undefined: nothing. */
export function decodeSiteTlsOptions(group: LabelGroup, name: string): TlsOptionsDraft | undefined {
  const asked = group.settings.find(({ option }) => Object.values(SHORTHAND).includes(option.key));
  if (asked === undefined) return undefined;
  const before = group.failures;
  const options = decodeParts(group, SHORTHAND);
  if (group.text('tls')?.toLowerCase() === 'off') {
    group.fail({
      code: 'label_conflict',
      label: asked.label,
      message: 'TLS is off for this site, so nothing can be asked of its clients there',
      hint: 'remove it, or the label sluice.tls=off',
    });
  }
  const unusable = group.failures > before ? { unusable: group.fault ?? '' } : undefined;
  return { name, options: unusable ?? options, labels: labelNames(group, SHORTHAND) };
}

function decodeParts(group: LabelGroup, keys: Keys): TlsOptions {
  const minVersion = decodeVersion(group, keys.minVersion);
  const ciphers = decodeNames(group, keys.ciphers, parseCiphers);
  const clientAuth = decodeClientAuth(group, keys);
  return {
    ...(minVersion === undefined ? {} : { minVersion }),
    // Only suites of TLS 1.3 were named: there is nothing to choose from.
    ...(ciphers === undefined || ciphers.length === 0 ? {} : { ciphers }),
    ...(clientAuth === undefined ? {} : { clientAuth }),
  };
}

function decodeVersion(group: LabelGroup, key: string): TlsVersion | undefined {
  const setting = group.find(key);
  if (setting === undefined) return undefined;
  const version = parseTlsVersion(setting.value);
  if (version === undefined) group.failValue(setting, 'is no version of TLS', 'write 1.2 or 1.3');
  if (version !== 'old') return version;
  group.warn({
    code: 'not_acted_on',
    label: setting.label,
    message: 'versions before TLS 1.2 are broken and not spoken; 1.2 holds',
    hint: 'write 1.2',
  });
  return 'TLSv1.2';
}

function decodeNames(
  group: LabelGroup,
  key: string,
  parse: (names: readonly string[]) => readonly string[] | TextFault,
): readonly string[] | undefined {
  const setting = group.find(key);
  const names = group.list(key);
  if (setting === undefined || names === undefined) return undefined;
  const parsed = parse(names);
  if (!('message' in parsed)) return parsed;
  group.failValue(setting, parsed.message, parsed.hint);
  return undefined;
}

/** Roots alone ask every client for a certificate, as in Traefik; a verification without roots is nobody's wish. */
function decodeClientAuth(group: LabelGroup, keys: Keys): TlsOptions['clientAuth'] {
  const roots = group.find(keys.clientCa);
  const setting = group.find(keys.clientAuth);
  const ca = roots === undefined ? [] : (roots.items ?? rootCaSources(roots.value));
  if (roots !== undefined && ca.length === 0) {
    group.failValue(roots, 'names no certificate', 'write the path of a PEM file that the router can read');
  }
  const asked = decodeMode(group, keys);
  if (asked === 'off' || (setting === undefined && roots === undefined)) return undefined;
  const auth: ClientAuth = asked ?? { mode: 'require', isVerified: true };
  if (auth.isVerified && roots === undefined && setting !== undefined) {
    group.fail({
      code: 'label_value',
      label: setting.label,
      message: 'it is not said who signs the certificates of clients',
      hint: `name a PEM file with ….${keys.clientCa}`,
    });
  }
  return { ...auth, ca };
}

function decodeMode(group: LabelGroup, keys: Keys): ClientAuth | 'off' | undefined {
  const setting = group.find(keys.clientAuth);
  if (setting === undefined) return undefined;
  const mode = parseClientAuth(setting.value);
  if (mode === undefined) {
    group.failValue(setting, 'is not a value of this label', wordHint(setting.value.trim(), CLIENT_AUTH_WORDS));
  }
  return mode;
}

function labelNames(group: LabelGroup, { clientCa, clientAuth }: Keys): TlsOptionsConfig['labels'] {
  const label = group.find(clientCa)?.label ?? group.find(clientAuth)?.label;
  return label === undefined ? {} : { clientCa: label };
}
