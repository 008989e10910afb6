import { expect, test } from 'vitest';
import { booleanFault, durationFault, meantBoolean, numberFault, wordHint } from '../../../src/config/value-hints.ts';
import { parseDuration } from '../../../src/lib/duration.ts';

test.for([
  { texts: ['yes', 'Y', ' on ', 'ENABLED', 'tRUE'], meant: true, hint: 'write true' },
  { texts: ['no', 'N', 'off', 'Disable', 'fALSE'], meant: false, hint: 'write false' },
  { texts: ['', 'nope', '2', 'please'], meant: undefined, hint: 'write true or false' },
])('$texts: $hint', ({ texts, meant, hint }) => {
  expect(texts.map(meantBoolean)).toEqual(texts.map(() => meant));
  expect(texts.map((text) => booleanFault(text).hint)).toEqual(texts.map(() => hint));
});

test.for(['"true"', "'yes'"])('%s: quotes are no part of a boolean', (text) => {
  expect(booleanFault(text)).toEqual({ message: 'is not a boolean', hint: 'write true, without quotes' });
});

test.for([
  { text: '8080:80', hint: 'write the port inside the container: 80' },
  { text: '127.0.0.1:8080:80/tcp', hint: 'write the port inside the container: 80' },
  { text: '[::1]:8080:80', hint: 'write the port inside the container: 80' },
  { text: ':80', hint: 'write the number alone: 80' },
  { text: '80/tcp', hint: 'write the number alone: 80' },
  { text: '80,443', hint: 'write one port only' },
  { text: '80 443', hint: 'write one port only' },
  { text: '8080:0', hint: 'write a number from 1 to 65535' },
  { text: '8080:70000', hint: 'write a number from 1 to 65535' },
  { text: '70000', hint: 'write a number from 1 to 65535' },
  { text: '8000-8010', hint: 'write a number from 1 to 65535' },
  { text: 'http', hint: 'write a number from 1 to 65535' },
  { text: '', hint: 'write a number from 1 to 65535' },
])('the port "$text": $hint', ({ text, hint }) => {
  expect(numberFault(text, 1, 65_535)).toEqual({ message: 'is not a port', hint });
});

test.for([
  { text: 'high', min: -Infinity, max: Infinity, fault: 'is not a whole number; write a whole number such as 10' },
  {
    text: '9223372036854775807',
    min: -(2 ** 53 - 1001),
    max: 2 ** 53 - 1001,
    fault: 'is out of range; write a whole number such as 10',
  },
  { text: '-1', min: 0, max: Infinity, fault: 'is out of range; write a number of 0 or more' },
  { text: '1.5', min: 1, max: Number.MAX_SAFE_INTEGER, fault: 'is not a whole number; write a number of 1 or more' },
  { text: '200', min: 400, max: 599, fault: 'is out of range; write a number from 400 to 599' },
])('the number "$text" $fault', ({ text, min, max, fault }) => {
  const { message, hint } = numberFault(text, min, max);
  expect(`${message}; ${hint}`).toBe(fault);
});

test.for([
  { text: '30sec', meant: '30s' },
  { text: '30 s', meant: '30s' },
  { text: '5 seconds', meant: '5s' },
  { text: '1 Minute 30 Secs', meant: '1m30s' },
  { text: '1h 5m', meant: '1h5m' },
  { text: '2 hours', meant: '2h' },
  { text: '1.5 min', meant: '1.5m' },
  { text: '250 msec', meant: '250ms' },
  { text: '7d', meant: '168h' },
])('the duration "$text" is written $meant', ({ text, meant }) => {
  expect(parseDuration(text)).toBeUndefined();
  expect(parseDuration(meant)).toBeTypeOf('number');
  expect(durationFault(text).hint).toBe(`write ${meant}`);
});

test.for(['soon', '-1s', '', '10 bananas', '1,5s', '1.2.3s', '3 weeks', '1 sec '.repeat(20)])(
  '"%s" stands for no duration',
  (text) => {
    expect(durationFault(text)).toEqual({ message: 'is not a duration', hint: 'write 10s or 1m30s' });
  },
);

test.for([
  { text: 'htps', words: ['http', 'https', 'h2c'], hint: 'did you mean https?' },
  { text: 'ftp4', words: ['auto', 'off', 'internal'], hint: 'write auto, off or internal' },
  { text: 'x', words: ['json', 'pretty'], hint: 'write json or pretty' },
  { text: 'x', words: ['only'], hint: 'write only' },
])('$text: $hint', ({ text, words, hint }) => {
  expect(wordHint(text, words)).toBe(hint);
});
