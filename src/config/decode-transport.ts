import { parseHostname } from '../lib/hostname.ts';
import type { TransportDraft } from './draft.ts';
import type { ServiceTransport, TransportLabelNames, TransportOptions, TransportTimeouts } from './dynamic.ts';
import type { LabelGroup } from './label-group.ts';
import { rootCaSources } from './root-cas.ts';
import { deadlineMs } from './transport-deadline.ts';

/** Where each part stands; the shorthand and the full form name them differently. */
interface Keys {
  readonly serverName: string;
  readonly rootCAs: string;
  /** Says, one way round or the other, whether certificates are checked. */
  readonly verification: string;
  readonly timeouts: Partial<Readonly<Record<keyof TransportTimeouts, string>>>;
}

const FULL_FORM: Keys = {
  serverName: 'servername',
  rootCAs: 'rootcas',
  verification: 'insecureskipverify',
  timeouts: {
    connectMs: 'forwardingtimeouts.dialtimeout',
    responseHeadMs: 'forwardingtimeouts.responseheadertimeout',
    idleMs: 'forwardingtimeouts.idleconntimeout',
    silenceMs: 'forwardingtimeouts.readidletimeout',
    pingMs: 'forwardingtimeouts.pingtimeout',
  },
};

const SHORTHAND: Keys = {
  serverName: 'backend.servername',
  rootCAs: 'backend.ca',
  verification: 'backend.verify',
  timeouts: { connectMs: 'timeout.connect', responseHeadMs: 'timeout.response', responseIdleMs: 'timeout.idle' },
};

/** A named transport of the full form. One that cannot work stays known by its name, so that what names it does not serve. */
export function decodeTransport(group: LabelGroup): TransportDraft {
  const insecureSkipVerify = group.bool('insecureskipverify');
  const maxIdle = maxIdleOf(group.int('maxidleconnsperhost', -1, 10_000));
  const options = {
    ...decodeParts(group, FULL_FORM),
    ...(insecureSkipVerify === undefined ? {} : { insecureSkipVerify }),
    ...(maxIdle === undefined ? {} : { maxIdle }),
    ...(group.bool('disablehttp2') === true ? { disableHttp2: true as const } : {}),
  };
  if (insecureSkipVerify === true) warnUnverified(group, FULL_FORM);
  const { fault, name } = group;
  return { name, options: fault === undefined ? options : { unusable: fault }, labels: labelNames(group, FULL_FORM) };
}

/** As in Traefik: 0 is the default, and less than nothing keeps no connection. */
export function maxIdleOf(written: number | undefined): number | undefined {
  return written === 0 || written === undefined ? undefined : Math.max(0, written);
}

/**
 * What the shorthand says about the way to its server; undefined: nothing. Who names a root or a name wants the certificate
 * checked, whatever is the default.
 */
export function decodeSiteTransport(group: LabelGroup): ServiceTransport | undefined {
  const isVerified = group.bool('backend.verify');
  const parts = decodeParts(group, SHORTHAND);
  const isChecked = parts.serverName !== undefined || parts.rootCAs !== undefined;
  const insecureSkipVerify = isVerified === undefined ? (isChecked ? false : undefined) : !isVerified;
  const options = { ...parts, ...(insecureSkipVerify === undefined ? {} : { insecureSkipVerify }) };
  if (isVerified === false && isChecked) {
    group.fail({
      code: 'label_conflict',
      label: group.find('backend.verify')?.label ?? '',
      message: 'a certificate that is not checked needs neither a root nor a name',
      hint: 'remove it, or the labels sluice.backend.ca and sluice.backend.servername',
    });
  } else if (isVerified === false) warnUnverified(group, SHORTHAND);
  if (Object.keys(options).length === 0) return undefined;
  return { kind: 'own', options, labels: labelNames(group, SHORTHAND) };
}

function decodeParts(group: LabelGroup, keys: Keys): TransportOptions {
  const serverName = decodeServerName(group, keys.serverName);
  const rootCAs = decodeRootCAs(group, keys.rootCAs);
  const timeouts = decodeTimeouts(group, keys.timeouts);
  return {
    ...(serverName === undefined ? {} : { serverName }),
    ...(rootCAs === undefined ? {} : { rootCAs }),
    ...(Object.keys(timeouts).length === 0 ? {} : { timeouts }),
  };
}

function decodeServerName(group: LabelGroup, key: string): string | undefined {
  const setting = group.find(key);
  if (setting === undefined) return undefined;
  const text = setting.value.trim();
  const host = parseHostname(text.replace(/^\[(.*)\]$/, '$1'));
  if (host !== undefined && !host.startsWith('*')) return host;
  group.failValue(setting, 'is not a name that a certificate is for', 'write a host name such as app.internal');
  return undefined;
}

function decodeRootCAs(group: LabelGroup, key: string): readonly string[] | undefined {
  const setting = group.find(key);
  if (setting === undefined) return undefined;
  const sources = rootCaSources(setting.value);
  if (sources.length > 0) return sources;
  group.failValue(setting, 'names no certificate', 'write the path of a PEM file that the router can read');
  return undefined;
}

function decodeTimeouts(group: LabelGroup, keys: Keys['timeouts']): Partial<TransportTimeouts> {
  const timeouts: { -readonly [Name in keyof TransportTimeouts]?: number } = {};
  for (const [name, key] of Object.entries(keys) as [keyof TransportTimeouts, string][]) {
    const setting = group.find(key);
    if (setting === undefined) continue;
    const ms = deadlineMs(setting.value);
    if (typeof ms === 'number') timeouts[name] = ms;
    else group.failValue(setting, ms.message, ms.hint);
  }
  return timeouts;
}

function warnUnverified(group: LabelGroup, keys: Keys): void {
  group.warn({
    code: 'tls_unverified',
    label: group.find(keys.verification)?.label ?? '',
    message: 'certificates of the servers are not checked: whoever stands between can read and change everything',
    hint: `name the root that signed them with ….${keys.rootCAs}`,
  });
}

function labelNames(group: LabelGroup, keys: Keys): TransportLabelNames {
  const rootCAs = group.find(keys.rootCAs)?.label;
  const tls = rootCAs ?? group.find(keys.serverName)?.label ?? group.find(keys.verification)?.label;
  return { ...(rootCAs === undefined ? {} : { rootCAs }), ...(tls === undefined ? {} : { tls }) };
}
