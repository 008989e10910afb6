import { parseDuration } from '../lib/duration.ts';
import { DEFAULT_EJECTION } from './default-ejection.ts';
import type { EjectionConfig } from './dynamic.ts';
import type { LabelGroup } from './label-group.ts';
import { parseBoolean, parseInteger } from './label-value.ts';
import { rightValue } from './right-value.ts';

const PASSIVE = 'loadbalancer.passivehealthcheck.';

/**
 * What takes a server of a full-form service out of it. Traefik counts every status from 500 on within a window, and leaves the server out
 * for as long as the window; where no label asks for that, ours holds. A wrong value costs nobody the service.
 */
export function decodeEjection(group: LabelGroup): EjectionConfig | undefined {
  const attempts = group.find(`${PASSIVE}maxfailedattempts`);
  const window = group.find(`${PASSIVE}failurewindow`);
  if (attempts === undefined && window === undefined) return undefined;
  const count = parseInteger(rightValue(group, attempts) ?? '1') ?? 1;
  const windowMs = parseDuration(rightValue(group, window) ?? '10s') ?? 10_000;
  return { fromStatus: 500, consecutive: 0, count, percent: 0, windowMs, baseMs: windowMs, maxMs: windowMs };
}

/** The same of the shorthand's service. */
export function decodeSiteEjection(group: LabelGroup | undefined): EjectionConfig | 'off' | undefined {
  if (group === undefined) return undefined;
  const isOn = parseBoolean(rightValue(group, group.find('eject')) ?? 'true');
  const [failures, percent, time] = ['failures', 'percent', 'time'].map((key) =>
    rightValue(group, group.find(`eject.${key}`)),
  );
  if (isOn === false) return 'off';
  if (failures === undefined && percent === undefined && time === undefined) return undefined;
  const baseMs = parseDuration(time ?? '') ?? DEFAULT_EJECTION.baseMs;
  return {
    ...DEFAULT_EJECTION,
    consecutive: parseInteger(failures ?? '') ?? DEFAULT_EJECTION.consecutive,
    percent: parseInteger(percent ?? '') ?? DEFAULT_EJECTION.percent,
    baseMs,
    maxMs: Math.max(baseMs, DEFAULT_EJECTION.maxMs),
  };
}
