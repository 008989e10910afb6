import { describe, expect, test } from 'vitest';
import { decodeLabels } from '../../../src/config/decode-labels.ts';
import { DEFAULT_EJECTION } from '../../../src/config/default-ejection.ts';
import { workload } from '../../support/workloads.ts';

const DEFAULTS = { mode: 'sluice', exposedByDefault: true, defaultHost: undefined } as const;
const PASSIVE = 'traefik.http.services.web.loadbalancer.passivehealthcheck.';
const FULL = { 'traefik.http.routers.web.rule': 'Host(`a.com`)' };
const SITE = { 'sluice.host': 'a.com' };
const TRAEFIK = { fromStatus: 500, consecutive: 0, percent: 0 };

type Labels = Readonly<Record<string, string>>;

function decode(labels: Labels) {
  const { services, problems, routers } = decodeLabels(workload({ labels }), DEFAULTS);
  return { ejection: services[0]!.ejection, problems, routers };
}

describe('what takes a server out', () => {
  test.for<[Labels, object | 'off' | undefined]>([
    [SITE, undefined],
    [{ ...SITE, 'sluice.eject': 'true' }, undefined],
    [{ ...SITE, 'sluice.eject': 'false', 'sluice.eject.failures': '3' }, 'off'],
    [
      { ...SITE, 'sluice.eject.failures': '3' },
      { ...DEFAULT_EJECTION, consecutive: 3 },
    ],
    [
      { ...SITE, 'sluice.eject.percent': '0', 'sluice.eject.time': '1m' },
      { ...DEFAULT_EJECTION, percent: 0, baseMs: 60_000 },
    ],
    [
      { ...SITE, 'sluice.eject.time': '1h' },
      { ...DEFAULT_EJECTION, baseMs: 3_600_000, maxMs: 3_600_000 },
    ],
    [FULL, undefined],
    [
      { ...FULL, [`${PASSIVE}maxfailedattempts`]: '3' },
      { ...TRAEFIK, count: 3, windowMs: 10_000, baseMs: 10_000, maxMs: 10_000 },
    ],
    [
      { ...FULL, [`${PASSIVE}failurewindow`]: '30s' },
      { ...TRAEFIK, count: 1, windowMs: 30_000, baseMs: 30_000, maxMs: 30_000 },
    ],
  ])('%j', ([labels, ejection]) => {
    const decoded = decode(labels);
    expect([decoded.ejection, decoded.problems]).toEqual([ejection, []]);
  });
});

test.for<[string, string, string]>([
  ['sluice.eject', 'sometimes', 'true or false'],
  ['sluice.eject.failures', '-1', '0 or more'],
  ['sluice.eject.percent', '101', '0 to 100'],
  ['sluice.eject.time', 'long', '10s'],
  [`${PASSIVE}maxfailedattempts`, '0', '1 or more'],
  [`${PASSIVE}failurewindow`, 'x', '10s'],
])('%s=%s is an error with a fix, and what holds without it holds', ([label, value, hint]) => {
  const isSite = label.startsWith('sluice.');
  const { ejection, problems, routers } = decode({ ...(isSite ? SITE : FULL), [label]: value });
  expect(problems).toMatchObject([{ severity: 'error', code: 'label_value', label }]);
  expect(problems[0]!.hint).toContain(hint);
  expect(ejection).toEqual(
    isSite ? undefined : { ...TRAEFIK, count: 1, windowMs: 10_000, baseMs: 10_000, maxMs: 10_000 },
  );
  expect(routers).toMatchObject([{ fault: undefined }]);
});
