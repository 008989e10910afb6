import { describe, expect, test } from 'vitest';
import { fulfils, parseConstraint } from '../../../src/config/constraints.ts';

const LABELS = { team: 'shop', stage: 'prod-2', 'a.b': '' };

describe('which labels fulfil it', () => {
  test.for([
    ['Label(`team`, `shop`)', true],
    ['Label("team","shop")', true],
    ['Label(`team`, `sho`)', false],
    ['Label(`Team`, `shop`)', false],
    ['Label(`missing`, ``)', true],
    ['Label(`constructor`, ``)', true],
    ['LabelRegex(`stage`, `^prod-\\d$`)', true],
    ['LabelRegexp(`stage`, `od`)', true],
    ['LabelRegex(`stage`, `^od`)', false],
    ['LabelRegex(`missing`, `.`)', false],
    ['!Label(`team`, `shop`)', false],
    ['!!Label(`team`, `shop`)', true],
    ['Label(`team`, `shop`) && Label(`stage`, `x`)', false],
    ['Label(`team`, `shop`) || Label(`stage`, `x`)', true],
    ['Label(`team`, `x`) && Label(`team`, `x`) || Label(`team`, `shop`)', true],
    ['Label(`team`, `x`) && (Label(`team`, `x`) || Label(`team`, `shop`))', false],
    ['!(Label(`team`, `x`) || Label(`team`, `y`)) && Label(`team`, `shop`)', true],
    ['Label(`team`, `shop`)\n  && Label(`stage`, `prod-2`)', true],
  ] as const)('%s: %s', ([text, expected]) => {
    const constraint = parseConstraint(text);
    if ('message' in constraint) throw new Error(constraint.message);
    expect(fulfils(constraint, LABELS)).toBe(expected);
  });
});

describe('faults', () => {
  test.for([
    { text: '', column: 1, message: 'ends too early', hint: 'Label(' },
    { text: 'Label(`a`, `b`) &&', column: 19, message: 'ends too early', hint: 'Label(' },
    { text: 'Label(`a`)', column: 10, message: ') is not expected', hint: 'Label(`name`, `value`)' },
    { text: 'Label(`a`, `b`', column: 15, message: 'ends too early', hint: 'Label(`name`, `value`)' },
    { text: 'Label(`a`, `b`, `c`)', column: 15, message: ', is not expected', hint: '' },
    { text: 'Label(`a`, `b`) Label(`a`, `b`)', column: 17, message: 'Label is not expected', hint: '&& or ||' },
    { text: 'Labels(`a`, `b`)', column: 1, message: 'no matcher Labels', hint: 'did you mean Label?' },
    { text: 'Host(`a`)', column: 1, message: 'no matcher Host', hint: 'there are Label, LabelRegex' },
    { text: '(Label(`a`, `b`)', column: 17, message: 'ends too early', hint: 'missing )' },
    { text: 'LabelRegex(`a`, `(`)', column: 17, message: 'regular expression is wrong', hint: 'RE2' },
    { text: "Label('a', 'b')", column: 7, message: "unexpected character '", hint: 'backticks' },
    { text: 'a==b', column: 2, message: 'unexpected character =', hint: '' },
    { text: '!'.repeat(200), column: 102, message: 'nested too deeply', hint: '' },
  ])('$text', ({ text, column, message, hint }) => {
    expect(parseConstraint(text)).toEqual({
      column,
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    });
  });
});
