import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ResponseHead } from '../../../src/http1/response-head.ts';
import { complaintAboutRequests, complaintAboutResponse } from '../../support/parser-judge.ts';

/** What the fuzzer once found; `{{rep:TEXT:N}}` in `raw` is TEXT repeated N times. */
interface Finding {
  readonly id: string;
  readonly side: 'request' | 'response';
  readonly raw: string;
}

const findings = JSON.parse(
  readFileSync(new URL('../../fixtures/findings.json', import.meta.url), 'utf8'),
) as readonly Finding[];

const byBytes = (bytes: Buffer): Buffer[] => Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));

test.for(findings.map((finding) => [finding.id, finding] as const))('%s', ([, { side, raw }]) => {
  const text = raw.replace(/\{\{rep:(.*?):(\d+)\}\}/gs, (_, part: string, count: string) => part.repeat(Number(count)));
  const complaint =
    side === 'request' ? complaintAboutRequests(text, byBytes) : complaintAboutResponse(text, 'GET', byBytes);
  expect(complaint).toBeUndefined();
});

test('a Date that Connection names is missing, and ours takes its place (H12)', () => {
  const head = new ResponseHead();
  const buf = Buffer.from('HTTP/1.1 200 OK\r\nDate: 1\r\nConnection: Date\r\n\r\n');
  expect(head.parse(buf, 0, buf.length, 'GET')).toBe(buf.length);
  expect([head.fields, head.hasDate]).toEqual(['', false]);
});
