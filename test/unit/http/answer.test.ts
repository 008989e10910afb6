import { describe, expect, test } from 'vitest';
import { failureAnswer, reasonPhrase } from '../../../src/http/answer.ts';
import { FAILURES, type FailureReason } from '../../../src/http/failure.ts';

const reasons = Object.keys(FAILURES) as FailureReason[];

describe.each([true, false])('pages, html: %s', (html) => {
  test.for(reasons)('%s is a short page with the request id and without internals', (reason) => {
    const answer = failureAnswer(reason, 'req-1', html);
    expect(answer.status).toBe(FAILURES[reason].status);
    expect(answer.close).toBe(FAILURES[reason].close);
    expect(answer.body).toContain('req-1');
    expect(answer.body).not.toContain(reason);
    expect(answer.body.length).toBeLessThan(700);
    expect(answer.fields).toContain('Cache-Control: no-store\r\n');
    expect(answer.fields).toContain(`Content-Type: text/${html ? 'html' : 'plain'}; charset=utf-8\r\n`);
    expect(answer.fields.includes('Retry-After: ')).toBe(answer.status === 503);
  });
});

test('every status of ours has its words, but 499, which nobody is sent', () => {
  const unnamed = reasons.map((reason) => FAILURES[reason].status).filter((s) => reasonPhrase(s) === 'Unknown');
  expect([...new Set(unnamed)]).toEqual([499]);
});
