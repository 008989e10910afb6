import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RuleNode } from '../../../src/rule/ast.ts';
import { isRuleError, parseRule } from '../../../src/rule/parse.ts';
import { RegexpBudget } from '../../../src/rule/regexp-budget.ts';

const host = (name: string): RuleNode => ({ kind: 'match', name: 'Host', args: [name] });
const path = (text: string): RuleNode => ({ kind: 'match', name: 'Path', args: [text] });

describe('trees', () => {
  test.for<{ rule: string; node: RuleNode }>([
    { rule: 'Host(`a`)', node: host('a') },
    { rule: 'Host(`a`,)', node: host('a') },
    { rule: '((Host(`a`)))', node: host('a') },
    { rule: 'Host(`a`) && Path(`/x`)', node: { kind: 'and', nodes: [host('a'), path('/x')] } },
    { rule: 'Host(`a`) || Host(`b`) || Host(`c`)', node: { kind: 'or', nodes: [host('a'), host('b'), host('c')] } },
    {
      rule: 'Host(`a`) || Host(`b`) && Path(`/x`)',
      node: { kind: 'or', nodes: [host('a'), { kind: 'and', nodes: [host('b'), path('/x')] }] },
    },
    {
      rule: '(Host(`a`) || Host(`b`)) && Path(`/x`)',
      node: { kind: 'and', nodes: [{ kind: 'or', nodes: [host('a'), host('b')] }, path('/x')] },
    },
    { rule: '!Host(`a`) && Path(`/x`)', node: { kind: 'and', nodes: [{ kind: 'not', node: host('a') }, path('/x')] } },
    { rule: '!!Host(`a`)', node: { kind: 'not', node: { kind: 'not', node: host('a') } } },
    { rule: 'Header("X-A", "1")', node: { kind: 'match', name: 'Header', args: ['X-A', '1'] } },
    { rule: 'HOST(`A`)', node: host('A') },
    { rule: 'Host(`a`) // why', node: host('a') },
    { rule: '/* why */ Host(`a`)\n', node: host('a') },
  ])('$rule', ({ rule, node }) => {
    expect(parseRule(rule)).toEqual(node);
  });
});

describe('faults name the column and the fix', () => {
  test.for([
    { rule: '', column: 1, hint: 'Host(`example.com`)' },
    { rule: "Host('a')", column: 6, hint: '`value`' },
    { rule: 'Host(`a`', column: 9, hint: 'add the missing )' },
    { rule: '(Host(`a`)', column: 11, hint: 'add the missing )' },
    { rule: 'Host(`a`))', column: 10, hint: 'remove it' },
    { rule: 'Host(`a', column: 6, hint: 'backtick' },
    { rule: 'Host(`a) && Path(`/x`)', column: 6, hint: 'backtick' },
    { rule: 'Host("a', column: 6, hint: 'double quote' },
    { rule: 'Host("a\\d")', column: 8, hint: 'backticks' },
    { rule: 'Hots(`a`)', column: 1, hint: 'did you mean Host?' },
    { rule: 'Path(`/a`) && PathPrefx(`/x`)', column: 15, hint: 'did you mean PathPrefix?' },
    { rule: 'pathPrefix(`/x`)', column: 1, hint: 'did you mean PathPrefix?' },
    { rule: 'Headers(`a`, `b`)', column: 1, hint: 'Header(`name`, `value`)' },
    { rule: 'HostSNI(`a`)', column: 1, hint: 'TCP routers' },
    { rule: 'Not(Host(`a`))', column: 1, hint: '!' },
    { rule: 'Frobnicate(`a`)', column: 1, hint: 'the matchers are Host, HostRegexp' },
    { rule: 'Host(`a`, `b`)', column: 1, hint: 'Host(`a`) || Host(`b`)' },
    { rule: 'Header(`a`)', column: 1, hint: 'Header(`X-Tenant`, `blue`)' },
    { rule: 'Host()', column: 1, hint: 'Host(`example.com`)' },
    { rule: 'Query(`a`, ``)', column: 12, hint: 'Query(`mode`, `beta`)' },
    { rule: 'Path(`x`)', column: 6, hint: '/x' },
    { rule: 'Host(`bücher.example`)', column: 6, hint: 'xn--bcher-kva.example' },
    { rule: 'ClientIP(`10.0.0`)', column: 10, hint: '192.0.2.0/24' },
    { rule: 'PathRegexp(`(?!x)`)', column: 12, hint: 'look-around' },
    { rule: 'PathRegexp(`(.)\\1`)', column: 12, hint: 'back-references' },
    { rule: 'PathRegexp(`\\u0041`)', column: 12, hint: '\\x{0041}' },
    { rule: 'PathRegexp(`[`)', column: 12, hint: 'RE2' },
    { rule: 'Host(`a`)\n&& Path(`/x`)', column: 10, hint: 'one line' },
    { rule: '(Host(`a`)\n)', column: 11, hint: 'one line' },
    { rule: 'Host(`a`) Path(`/x`)', column: 11, hint: '&& or ||' },
    { rule: 'Host(`a`) & Path(`/x`)', column: 11, hint: '&&' },
    { rule: 'Host(`a`) | Path(`/x`)', column: 11, hint: '||' },
    { rule: 'Host(`a`) &&', column: 13, hint: 'Host(`example.com`)' },
    { rule: '`a`', column: 1, hint: 'Host(`a`)' },
    { rule: 'Host', column: 1, hint: 'Host(`value`)' },
    { rule: 'Host((`a`))', column: 6, hint: '`value`' },
    { rule: 'Host(`a`) /* x', column: 11, hint: '*/' },
    { rule: `${'('.repeat(200)}Host(\`a\`)${')'.repeat(200)}`, column: 102, hint: 'parentheses' },
  ])('$rule', ({ rule, column, hint }) => {
    const error = parseRule(rule);
    expect(error).toMatchObject({ column, hint: expect.stringContaining(hint) as string });
  });
});

describe('a regular expression that every request would pay for is refused', () => {
  test.for([
    { name: 'a repeat of a repeat', pattern: '^/((a{10}){10}){9}$', isRefused: false },
    { name: 'many repeats', pattern: '(a{1000})'.repeat(500), isRefused: true },
    { name: 'repeats of a repeat of a long text', pattern: `(((${'abc'.repeat(900)}){10}){10}){10}`, isRefused: true },
    { name: 'a repeat of a long text', pattern: `(${'abc'.repeat(1000)}){1000}`, isRefused: true },
    { name: 'a repeat without an upper bound', pattern: '(abcde){900,}', isRefused: true },
    { name: 'a long row of options', pattern: 'a?'.repeat(1500), isRefused: true },
    { name: 'a list of hundreds of words', pattern: Array.from({ length: 250 }, (_, i) => `bot${i}`).join('|') },
    { name: 'repeats as people write them', pattern: '^/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/v[0-9]{1,3}$' },
  ])('$name', ({ pattern, isRefused = false }) => {
    const result = parseRule(`PathRegexp(\`${pattern}\`)`);
    expect(isRuleError(result) && result.message.includes('too large')).toBe(isRefused);
  });
});

describe('the regular expressions of a rule have a bound together', () => {
  const dear = 'PathRegexp(`(?:.?){900}z`)';
  const two = `${dear} && !${dear}`;

  test('the one that is too much is named', () => {
    expect(parseRule(two)).toMatchObject({ kind: 'and' });
    expect(parseRule(`${two} && Host(\`a.test\`) || ${dear} && ${dear}`)).toMatchObject({
      column: two.length + 23,
      message: 'the regular expressions of the rule are too large together',
      hint: expect.stringContaining('{repeat}'),
    });
  });

  test('so have alternatives of one matcher', () => {
    const values = Array.from({ length: 3 }, (_, index) => `\`/{a:(?:.?){900}${index}}\``);
    expect(parseRule(`Path(${values.join(', ')})`, 'v2')).toMatchObject({
      column: 1,
      message: expect.stringContaining('too large'),
    });
  });

  test('hundreds of hosts fit', () => {
    const hosts = Array.from({ length: 150 }, (_, index) => `HostRegexp(\`^[a-z]+\\.site${index}\\.com$\`)`);
    expect(parseRule(hosts.join(' || '))).toMatchObject({ kind: 'or' });
  });

  test('several rules may share another bound, and one without an expression is not touched by it', () => {
    const budget = new RegexpBudget(4000);
    const found = [dear, dear, dear, 'PathRegexp(`(`)', 'Host(`a.test`)'].map((rule) => parseRule(rule, 'v3', budget));
    const message = 'the regular expressions of all rules of the container are too large together';
    expect(found).toMatchObject([{ kind: 'match' }, { kind: 'match' }, { message }, { message }, { kind: 'match' }]);
  });

  test('what is at fault is paid too', () => {
    const budget = new RegexpBudget(4000);
    const faulty = `PathRegexp(\`${'a?'.repeat(1500)}\`)`;
    for (let index = 0; index < 3; index++) parseRule(faulty, 'v3', budget);
    expect(budget.isSpent).toBe(true);
  });
});

test.for(['constructor', '__proto__', 'toString', 'hasOwnProperty'])(
  'the word %s is no matcher, and the hint says so',
  (word) => {
    const result = parseRule(`${word}(\`a\`)`);
    expect(isRuleError(result) && typeof result.hint).toBe('string');
  },
);

test('no text makes it throw', () => {
  const pieces = fc.constantFrom(
    'Host',
    '(',
    ')',
    '`',
    '"',
    '&&',
    '||',
    '!',
    ',',
    '\n',
    ' ',
    'a',
    '\\',
    '//',
    '/*',
    "'",
  );
  fc.assert(
    fc.property(fc.array(pieces), (parts) => {
      const result = parseRule(parts.join(''));
      return !isRuleError(result) || result.column > 0;
    }),
  );
});
