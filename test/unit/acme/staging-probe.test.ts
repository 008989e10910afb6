import { expect, test } from 'vitest';
import type { Failure } from '../../../src/acme/failure.ts';
import { nextProbe } from '../../../src/acme/staging-probe.ts';
import type { FailureClass, ProbeRecord } from '../../../src/certs/store-records.ts';

const failed = (kind: FailureClass): Failure => ({
  class: kind,
  type: '',
  detail: '',
  hint: '',
  retryAt: undefined,
  scope: 'spec',
  names: [],
});
const test0: ProbeRecord = { next: 'test', rounds: 0 };

test.for<{
  name: string;
  before: ProbeRecord | undefined;
  kind: FailureClass;
  isProbe?: boolean;
  wasProbed?: boolean;
  expected: ProbeRecord | undefined;
}>([
  { name: 'the first failed validation', before: undefined, kind: 'validation', expected: test0 },
  { name: 'an outage', before: undefined, kind: 'transient', expected: undefined },
  { name: 'a limit', before: undefined, kind: 'rate-limited', expected: undefined },
  { name: 'a failed validation at the test CA', before: test0, kind: 'validation', isProbe: true, expected: test0 },
  {
    name: 'a limit after a probe that went well',
    before: test0,
    kind: 'rate-limited',
    wasProbed: true,
    expected: { next: 'production', rounds: 0 },
  },
  {
    name: 'a failed validation after a probe that went well',
    before: { next: 'test', rounds: 1 },
    kind: 'validation',
    wasProbed: true,
    expected: { next: 'test', rounds: 2 },
  },
  {
    name: 'the third of these',
    before: { next: 'test', rounds: 2 },
    kind: 'validation',
    wasProbed: true,
    expected: { next: 'production', rounds: 3 },
  },
  {
    name: 'every one behind that',
    before: { next: 'production', rounds: 3 },
    kind: 'validation',
    expected: { next: 'production', rounds: 3 },
  },
])('after $name', ({ before, kind, isProbe = false, wasProbed = false, expected }) => {
  expect(nextProbe(before, failed(kind), { isProbe, wasProbed })).toEqual(expected);
});
