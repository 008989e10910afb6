import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { compileRule } from '../../../src/rule/compile.ts';
import { isRuleError, parseRule } from '../../../src/rule/parse.ts';
import { ruleRequest, type RawRequest } from '../../support/rule-request.ts';

interface RuleCase {
  readonly group: string;
  readonly rule: string;
  readonly request: RawRequest;
  readonly match: boolean | 'error';
  readonly note?: string;
}

const cases = JSON.parse(
  readFileSync(new URL('../../fixtures/rules-cases.json', import.meta.url), 'utf8'),
) as readonly RuleCase[];

function evaluate({ rule, request }: RuleCase): boolean | 'error' {
  const node = parseRule(rule);
  return isRuleError(node) ? 'error' : compileRule(node)(ruleRequest(request));
}

describe.each([...new Set(cases.map(({ group }) => group))])('%s', (group) => {
  test.for(cases.filter((one) => one.group === group))('$rule for $request.url: $match', (one) => {
    expect(evaluate(one)).toBe(one.match);
  });
});

test('the table of cases is the whole table', () => {
  expect(cases.length).toBe(267);
});
