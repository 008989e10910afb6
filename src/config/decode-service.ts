import { decodeBalance, decodeSiteBalance, decodeWeight } from './decode-balance.ts';
import { decodeComposed } from './decode-composed.ts';
import { decodeEjection, decodeSiteEjection } from './decode-ejection.ts';
import type { ServiceDraft } from './draft.ts';
import { decodeHealthCheck, decodeSiteHealthCheck } from './decode-health-check.ts';
import { decodeSiteTransport } from './decode-transport.ts';
import type { ServiceTransport } from './dynamic.ts';
import type { LabelGroup } from './label-group.ts';
import { decodeSiteSticky, decodeSticky } from './decode-sticky.ts';
import { durationFault } from './value-hints.ts';
import { parseDuration } from '../lib/duration.ts';

const SCHEMES = ['http', 'https', 'h2c'] as const;
const SERVER = 'loadbalancer.server.';
/** Long enough for most apps to start again, short enough for a visitor. */
const DEFAULT_HOLD_MS = 15_000;

/** A full-form service with its one server. */
export function decodeService(group: LabelGroup): ServiceDraft {
  const url = group.find(`${SERVER}url`);
  const excluded = group.find(`${SERVER}port`) ?? group.find(`${SERVER}scheme`);
  if (url !== undefined && excluded !== undefined) {
    group.fail({
      code: 'label_conflict',
      label: excluded.label,
      message: `${url.label} already says the port and the scheme`,
      hint: 'remove one of the two',
    });
  }
  const port = group.int(`${SERVER}port`, 1, 65_535);
  const scheme = group.oneOf(`${SERVER}scheme`, SCHEMES) ?? 'http';
  const transport = decodeTransportName(group);
  const passHostHeader = group.bool('loadbalancer.passhostheader') ?? true;
  const portLabel = group.find(`${SERVER}port`)?.label;
  const composed = decodeComposed(group);
  return {
    name: group.name,
    port,
    scheme,
    url: url?.value.trim(),
    network: undefined,
    passHostHeader,
    holdMs: DEFAULT_HOLD_MS,
    transport,
    balance: decodeBalance(group),
    ejection: decodeEjection(group),
    check: decodeHealthCheck(group),
    sticky: decodeSticky(group, 'loadbalancer.'),
    ...(composed === undefined ? {} : { composed }),
    weight: decodeWeight(group, `${SERVER}weight`),
    labels: {
      ...(portLabel === undefined ? {} : { port: portLabel }),
      ...(url === undefined ? {} : { url: url.label }),
    },
    fault: group.fault,
  };
}

function decodeTransportName(group: LabelGroup): ServiceTransport | undefined {
  const setting = group.find('loadbalancer.serverstransport');
  if (setting === undefined) return undefined;
  const name = setting.value.trim();
  if (name === '') group.failValue(setting, 'names no transport', 'write its name, or remove the label');
  return { kind: 'named', name, label: setting.label };
}

/** Longer than this nobody waits. */
const LONGEST_HOLD_MS = 3_600_000;

/** Milliseconds; undefined: not said, or wrong. */
function decodeHold(group: LabelGroup): number | undefined {
  const setting = group.find('hold');
  if (setting === undefined) return undefined;
  const ms = parseDuration(setting.value);
  if (ms === undefined) {
    const { message, hint } = durationFault(setting.value);
    group.failValue(setting, message, hint);
  } else if (ms > LONGEST_HOLD_MS) group.failValue(setting, 'is longer than an hour', 'write 1h or less');
  return ms;
}

/** What the shorthand says about its service; `name` is the service's. */
export function decodeSiteService(name: string, group: LabelGroup | undefined): ServiceDraft {
  const portSetting = group?.find('port');
  const networkLabel = group?.find('network')?.label;
  const port = group?.int('port', 1, 65_535);
  const scheme = group?.oneOf('scheme', SCHEMES);
  const before = group?.failures;
  const transport = group === undefined ? undefined : decodeSiteTransport(group);
  const holdMs = group === undefined ? undefined : decodeHold(group);
  const isTransportFaulty = group?.failures !== before;
  // A fault of the site that is not about its server leaves other routers to the same service alone.
  const isFaulty =
    isTransportFaulty ||
    (portSetting !== undefined && port === undefined) ||
    (group?.find('scheme') && scheme === undefined);
  return {
    name,
    port,
    scheme: scheme ?? 'http',
    url: undefined,
    network: group?.text('network'),
    passHostHeader: true,
    holdMs: holdMs ?? DEFAULT_HOLD_MS,
    transport,
    balance: group === undefined ? undefined : decodeSiteBalance(group),
    ejection: decodeSiteEjection(group),
    check: group === undefined ? undefined : decodeSiteHealthCheck(group),
    sticky: group === undefined ? undefined : decodeSiteSticky(group),
    weight: group === undefined ? 1 : decodeWeight(group, 'weight'),
    labels: {
      ...(portSetting === undefined ? {} : { port: portSetting.label }),
      ...(networkLabel === undefined ? {} : { network: networkLabel }),
    },
    fault: isFaulty === true ? group?.fault : undefined,
  };
}
