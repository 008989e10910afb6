import { expect, test } from 'vitest';
import { readRetryAt } from '../../../src/acme/retry-after.ts';

const NOW = Date.UTC(2026, 10, 23, 12, 0, 0);

test.for([
  { name: 'seconds', header: '120', detail: '', at: NOW + 120_000 },
  { name: 'zero seconds', header: '0', detail: '', at: NOW },
  { name: 'a date', header: 'Mon, 23 Nov 2026 13:00:00 GMT', detail: '', at: Date.UTC(2026, 10, 23, 13) },
  { name: 'a date in the past means now', header: 'Mon, 23 Nov 2026 11:00:00 GMT', detail: '', at: NOW },
  {
    name: 'the text of the error when there is no header',
    header: undefined,
    detail: 'too many certificates already issued, retry after 2026-11-24 00:18:15 UTC: see https://ca.test/limits',
    at: Date.UTC(2026, 10, 24, 0, 18, 15),
  },
  { name: 'the header before the text', header: '5', detail: 'retry after 2026-11-24 00:18:15 UTC', at: NOW + 5000 },
  { name: 'nonsense', header: 'soon', detail: 'retry after lunch', at: undefined },
  { name: 'a negative number', header: '-5', detail: '', at: undefined },
  { name: 'a fraction', header: '1.5', detail: '', at: undefined },
  { name: 'a number too long to mean anything', header: '12345678901', detail: '', at: undefined },
  { name: 'an old form of date', header: 'Monday, 23-Nov-26 13:00:00 GMT', detail: '', at: Date.UTC(2026, 10, 23, 13) },
  { name: 'nothing', header: undefined, detail: '', at: undefined },
])('$name', ({ header, detail, at }) => {
  expect(readRetryAt(header, detail, NOW)).toBe(at);
});
