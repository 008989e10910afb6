import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { environmentNames, isTemplateError, parseTemplate, renderTemplate } from '../../../src/config/go-template.ts';
import { TEMPLATE_FUNCTION_NAMES } from '../../../src/config/go-template-functions.ts';

const DATA = {
  Name: 'web-shop',
  ContainerName: 'shop_web-1',
  Labels: { 'com.docker.compose.service': 'Web', plain: 'x', empty: '', list: 'a,b,c' },
};

function render(source: string, data: Parameters<typeof renderTemplate>[1]['data'] = DATA) {
  const template = parseTemplate(source);
  return isTemplateError(template) ? template : renderTemplate(template, { data, env: { DOMAIN: 'example.com' } });
}

describe('what people write', () => {
  test.for([
    ['no action', 'no action'],
    ['', ''],
    ['Host(`{{ normalize .Name }}`)', 'Host(`web-shop`)'],
    ['Host(`{{ .Name }}.example.com`)', 'Host(`web-shop.example.com`)'],
    ['Host(`{{.ContainerName | normalize}}.x`)', 'Host(`shop-web-1.x`)'],
    ['Host(`{{ index .Labels "com.docker.compose.service" }}.x`)', 'Host(`Web.x`)'],
    ['{{ index .Labels "com.docker.compose.service" | lower }}', 'web'],
    ['{{ (index .Labels "com.docker.compose.service") | lower | printf "%s.%s" "a" }}', 'a.web'],
    ['{{ index .Labels `com.docker.compose.service` }}', 'Web'],
    ['{{ .Labels.plain }}', 'x'],
    ['{{ index .Labels "missing" }}', ''],
    ['{{ index .Labels "missing" | default "other" }}', 'other'],
    ['{{ default "other" (index .Labels "missing") }}', 'other'],
    ['{{ .Labels.missing | default .Name }}', 'web-shop'],
    ['{{ coalesce (index .Labels "missing") .Labels.empty .Name }}', 'web-shop'],
    ['{{ trimSuffix "-shop" .Name }}', 'web'],
    ['{{ .Name | trimPrefix "web-" }}', 'shop'],
    ['{{ trimAll "-w" .Name }}', 'eb-shop'],
    ['{{ trim "  a " }}', 'a'],
    ['{{ .Name | replace "-" "." }}', 'web.shop'],
    ['{{ replace "-" "$&" .Name }}', 'web$&shop'],
    ['{{ regexReplaceAll "^(.*)-(.*)$" .Name "${2}.$1" }}', 'shop.web'],
    ['{{ regexReplaceAllLiteral "-.*" .Name "$1" }}', 'web$1'],
    ['{{ regexMatch "^web" .Name }}{{ regexFind "[a-z]+$" .Name }}', 'trueshop'],
    ['{{ split "-" .Name | len }}', '2'],
    ['{{ (split "-" .Name)._1 }}', 'shop'],
    ['{{ splitList "-" .Name | first }}.{{ splitList "-" .Name | last }}', 'web.shop'],
    ['{{ splitList "," .Labels.list | join "-" }}', 'a-b-c'],
    ['{{ index (splitList "," .Labels.list) 1 }}', 'b'],
    ['{{ upper .Labels.plain }}{{ quote .Labels.plain }}', 'X"x"'],
    ['{{ ternary "yes" "no" (hasPrefix "web" .Name) }}', 'yes'],
    ['{{ contains "sho" .Name | ternary "yes" "no" }}', 'yes'],
    ['{{ hasSuffix "shop" .Name }}', 'true'],
    ['{{ printf "%s-%d-%q-%v-%03d-%-3s|%%" "a" 7 "b" true 5 "c" }}', 'a-7-"b"-true-005-c  |%'],
    ['{{ printf "%s %d" "a" }}', 'a %!d(MISSING)'],
    ['{{ printf "%d" "a" }}', '%!d(a)'],
    ['{{ env "DOMAIN" }}{{ env "MISSING" }}', 'example.com'],
    ['{{ if eq .Labels.plain "x" }}one{{ else }}two{{ end }}', 'one'],
    ['{{ if eq .Labels.plain "a" "b" "x" }}one{{ end }}', 'one'],
    ['{{ if .Labels.empty }}a{{ else if ne .Name "z" }}b{{ else }}c{{ end }}', 'b'],
    ['{{ if .Labels.empty }}a{{ else if .Labels.missing }}b{{ else }}c{{ end }}', 'c'],
    ['{{ if and .Name (not .Labels.empty) }}a{{ end }}', 'a'],
    ['{{ if or .Labels.empty (eq .Name "z") }}a{{ else }}b{{ end }}', 'b'],
    ['{{ if and .Labels.empty (index (list) 3) }}a{{ else }}b{{ end }}', 'b'],
    ['{{ with .Labels }}{{ .plain }}{{ $.Name }}{{ end }}', 'xweb-shop'],
    ['{{ with .Labels.missing }}{{ . }}{{ else }}none{{ end }}', 'none'],
    ['{{ with .Labels.missing }}a{{ else with .Name }}{{ . }}{{ end }}', 'web-shop'],
    ['{{ with $n := .Name }}{{ $n }}{{ end }}', 'web-shop'],
    ['{{ $n := .Name }}{{ if true }}{{ $n = "changed" }}{{ end }}{{ $n }}', 'changed'],
    ['{{ $n := .Name }}{{ if true }}{{ $n := "hidden" }}{{ end }}{{ $n }}', 'web-shop'],
    ['{{ $l := .Labels }}{{ $l.plain }}', 'x'],
    ['a {{- .Labels.plain -}} b', 'axb'],
    ['a\n{{- /* said\nso */ -}}\nb', 'ab'],
    ['a{{/* said */}}b', 'ab'],
    ['{{ "a\\tb" }}{{ `c\\n` }}', 'a\tbc\\n'],
    ['{{ range $i, $e := until 3 }}{{ $i }}{{ $e }},{{ end }}', '00,11,22,'],
    ['{{ range splitList "," .Labels.list }}[{{ . }}]{{ end }}', '[a][b][c]'],
    ['{{ range $k, $v := dict "b" 1 "a" 2 }}{{ $k }}{{ $v }}{{ end }}', 'a2b1'],
    ['{{ range list }}x{{ else }}none{{ end }}', 'none'],
    ['{{ len .Labels }} {{ len "größe" }}', '4 7'],
    ['{{ add 1 2 | mul 3 }} {{ sub 5 3 }} {{ lt 1 2 }}{{ ge 1 2 }}', '9 2 truefalse'],
    ['{{ trunc 3 .Name }}{{ trunc -2 .Name }}{{ substr 1 3 .Name }}', 'webopeb'],
    ['{{ print "a" 1 true }}{{ .Labels }}', 'a1truemap[com.docker.compose.service:Web empty: list:a,b,c plain:x]'],
  ] as const)('%s', ([source, text]) => {
    expect(render(source)).toBe(text);
  });

  test('every function does its work with something', () => {
    for (const name of TEMPLATE_FUNCTION_NAMES) {
      const given = [
        '',
        '"a"',
        '1',
        '(list 1)',
        '"a" "a"',
        '(dict "a" 1) "a"',
        '"," (list "a")',
        '1 "a"',
        '1 2',
        '1 2 1',
        '"a" "b" "c"',
      ];
      const results = given.map((args) => render(`{{ ${name} ${args} | print }}`));
      expect([name, results.some((result) => typeof result === 'string')]).toEqual([name, true]);
    }
  });
});

describe('what cannot be parsed says where and how to mend it', () => {
  test.for([
    { source: 'Host(`{{ .Name `)', column: 16, message: 'no closing backtick' },
    { source: 'a {{ .Name', column: 3, message: 'has no }}' },
    { source: '{{ lowwer .Name }}', column: 4, message: 'no function lowwer', hint: 'did you mean lower?' },
    { source: '{{ Name }}', column: 4, message: 'no function Name', hint: '.Name' },
    { source: '{{ }}', column: 1, message: 'nothing between' },
    { source: 'x{{ if .Name }}a', column: 2, message: 'no {{end}}' },
    { source: '{{ end }}', column: 1, message: 'no block for this {{end}}' },
    { source: '{{ if .a }}{{ else }}{{ else }}{{ end }}', column: 1, message: 'two {{else}}' },
    { source: '{{ if .a }}{{ else lower }}{{ end }}', column: 20, message: 'lower is not expected' },
    { source: '{{ .Name .Name }}', column: 4, message: '.Name is no function' },
    { source: '{{ .Name | .Name }}', column: 12, message: 'no function' },
    { source: '{{ .Name | }}', column: 11, message: 'value is missing' },
    { source: '{{ (lower .Name }}', column: 4, message: 'not closed' },
    { source: '{{ lower .Name) }}', column: 15, message: ') is not expected' },
    { source: '{{ "abc }}', column: 4, message: 'no closing quote' },
    { source: "{{ 'abc' }}", column: 4, message: "unexpected character '" },
    { source: '{{ template "x" }}', column: 4, message: '{{template}} is not understood' },
    { source: '{{/* x }}', column: 1, message: 'comment has no end' },
    { source: `{{ ${'('.repeat(80)}.a${')'.repeat(80)} }}`, column: 1, message: 'nested too deeply' },
    { source: '{{ if .a }}'.repeat(80) + '{{ end }}'.repeat(80), column: 562, message: 'nested too deeply' },
  ])('$source', ({ source, column, message, hint = '' }) => {
    expect(parseTemplate(source)).toEqual({
      column,
      message: expect.stringContaining(message),
      hint: hint === '' ? expect.stringMatching(/./) : expect.stringContaining(hint),
    });
  });
});

describe('what cannot be rendered', () => {
  test.for([
    { source: 'a{{ .Missing }}', column: 5, message: 'there is no such value' },
    { source: '{{ .Labels.missing }}', column: 4, message: 'there is no such value' },
    { source: '{{ .Name.x }}', column: 4, message: 'no .x' },
    { source: '{{ $x }}', column: 4, message: 'no variable $x' },
    { source: '{{ $x = 1 }}', column: 9, message: 'no variable $x' },
    { source: '{{ lower .Labels }}', column: 4, message: 'lower: it needs a text' },
    { source: '{{ lower "a" "b" }}', column: 4, message: 'lower: it takes 1 values, not 2' },
    { source: '{{ index (list 1) 3 }}', column: 4, message: 'no element 3' },
    { source: '{{ regexMatch "(" .Name }}', column: 4, message: 'the regular expression is wrong' },
    { source: '{{ eq .Labels "a" }}', column: 4, message: 'cannot be compared' },
    { source: '{{ range .Name }}{{ end }}', column: 10, message: 'range needs a list' },
    { source: '{{ repeat 1000000000 "a" }}', column: 4, message: 'too often' },
    { source: '{{ until 1000000000 }}', column: 4, message: 'too long' },
    { source: '{{ range until 90000 }}{{ repeat 1000 "a" }}{{ end }}', column: 27, message: 'too much text' },
    {
      source: '{{ range until 1000 }}{{ range until 1000 }}{{ end }}{{ end }}',
      column: expect.any(Number) as number,
      message: 'too long',
    },
  ])('$source', ({ source, column, message }) => {
    expect(render(source)).toMatchObject({ column, message: expect.stringContaining(message) });
  });
});

describe('no value grows beyond what there is room for', () => {
  const X = '{{ $x := repeat 100000 "a" }}';
  const many = '$x '.repeat(5000);
  test.for([
    [`${X}{{ join $x (splitList "" $x) }}`, 'join: it would make too much text'],
    [`${X}{{ replace "a" $x $x }}`, 'replace: it would make too much text'],
    [`${X}{{ replace "" $x $x }}`, 'replace: it would make too much text'],
    [`${X}{{ regexReplaceAll "a" $x $x }}`, 'regexReplaceAll: it would make too much text'],
    [`${X}{{ regexReplaceAll "(a*)" $x "${'$1'.repeat(20)}" }}`, 'regexReplaceAll: it would make too much text'],
    [`${X}{{ regexReplaceAllLiteral "a" $x $x }}`, 'regexReplaceAllLiteral: it would make too much text'],
    [`${X}{{ repeat 20000 $x }}`, 'repeat: it would repeat too often'],
    [`${X}{{ $x = cat ${'$x '.repeat(11)} }}`, 'cat: it would make too much text'],
    [`${X}{{ $x = quote ${'$x '.repeat(11)} }}`, 'quote: it would make too much text'],
    [`${X}{{ $x = squote ${'$x '.repeat(11)} }}`, 'squote: it would make too much text'],
    [`${X}{{ $x = print ${'$x '.repeat(11)} }}`, 'print: it would make too much text'],
    [`${X}{{ $x = println ${'$x '.repeat(11)} }}`, 'println: it would make too much text'],
    [`${X}{{ $x = printf "${'%s'.repeat(11)}" ${'$x '.repeat(11)} }}`, 'printf: it would make too much text'],
    [`${X}{{ splitList "" (cat $x $x) }}`, 'splitList: the list would be too long'],
    [`${X}{{ split "" (cat $x $x) }}`, 'split: the list would be too long'],
    [`${X}{{ $x = list ${many} }}`, 'the template takes too long'],
    [`${X}{{ $l := list }}{{ range until 9999 }}{{ $l = list $l (upper $x) }}{{ end }}`, 'the template takes too long'],
    ['{{ $l := until 90000 }}{{ range until 9999 }}{{ $l = rest $l }}{{ end }}', 'the template takes too long'],
    ['{{ $l := list 1 }}{{ range until 40 }}{{ $l = list $l $l }}{{ end }}{{ $l }}', 'the template makes too much'],
    [
      '{{ $l := list }}{{ range until 40 }}{{ $l = dict "a" $l "b" $l }}{{ end }}{{ toString $l }}',
      'toString: it would',
    ],
    ['{{ $l := list }}{{ range until 60000 }}{{ $l = list $l }}{{ end }}{{ $l }}', 'the template makes too much'],
    [
      '{{ $l := list }}{{ range until 60000 }}{{ $l = list $l }}{{ end }}{{ print $l }}',
      'print: it would make too much',
    ],
  ] as const)('%s', ([source, message]) => {
    expect(render(source)).toMatchObject({ column: expect.any(Number), message: expect.stringContaining(message) });
  });

  test('what fits is made', () => {
    expect(render(`${X}{{ replace "a" "bc" $x | len }} {{ cat $x $x | len }} {{ replace "" "-" "ab" }}`)).toBe(
      '200000 200001 -a-b-',
    );
  });
});

test('the variables of the environment that a template asks for', () => {
  const template = parseTemplate(
    '{{ env "A" }}{{ if eq (env "B") "x" }}{{ .x | default (env "C") }}{{ end }}{{ env .Name }}',
  );
  expect(isTemplateError(template) ? template : environmentNames(template)).toEqual(['A', 'B', 'C']);
});

test('no text makes it throw', () => {
  const words = fc.constantFrom(
    '{{',
    '}}',
    '{{-',
    '-}}',
    ' ',
    '.Name',
    '.',
    'if',
    'else',
    'end',
    'with',
    'range',
    '(',
    ')',
    '|',
    '$x',
    ':=',
    '"a"',
    '`',
    'lower',
    'index',
    '1',
    ',',
  );
  fc.assert(
    fc.property(fc.array(words, { maxLength: 12 }), (parts) => {
      const result = render(parts.join(''));
      return typeof result === 'string' || result.column > 0;
    }),
    { numRuns: 2000 },
  );
});
