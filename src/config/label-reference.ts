import { LABEL_OPTIONS } from './label-table.ts';
import { type LabelObject, type LabelOption, type LabelType, objectPath } from './label-option.ts';
import { code, joinSections, markdownTable } from './markdown.ts';
import { UNSUPPORTED_MIDDLEWARES } from './middleware-table.ts';

const INTRO = `
# Labels

Every label that Sluice knows. A site needs one of them, [\`sluice.host\`](#one-site); all others refine it. This page is made
from the tables of the code by \`npm run docs\`.

The shorthand exists with the prefix \`sluice.\` only. Everything below it is the full form, with the names and the meaning of
Traefik's labels, under either prefix: \`sluice.http.routers.web.rule\` and \`traefik.http.routers.web.rule\` are the same, and of
both on one container the one with \`sluice.\` counts. Words in angle brackets are names that you choose, without dots. Names are
compared without regard to case.

A label that is wrong disables the one router, service or middleware it belongs to, and the log says what to write instead
([problems](problems.md)); \`sluice check\` says so before you deploy.
`;

const TYPES = `
## How to read the tables

| type | values |
| --- | --- |
| text | anything |
| yes or no | \`true\` or \`false\` (also \`1\`, \`0\`, \`t\`, \`f\`) |
| switch | an empty value or \`true\` switches on what the labels below it refine; \`false\` removes it with all of them |
| number | a whole number |
| duration | \`10s\`, \`1m30s\`, \`500ms\`, or seconds: \`10\` |
| list | items with commas between them |
| networks | IP addresses and networks with commas between them: \`192.0.2.1, 10.0.0.0/8\` |
| statuses | \`404\` or \`500-599\`, with commas between them |
| regexp | a regular expression of RE2 |
| path | it begins with \`/\` |
| URL | \`http://\` or \`https://\` |
| rate | \`10/s burst 20\`, or \`/m\`, \`/h\` |
| cookie | \`true\`, \`false\`, or the name of the cookie |

A default that is *found* is what Sluice finds out by itself. One *of the mode* is another once an option of Traefik is given to the
router ([flags](flags.md)).

The last column says whether the label acts:

- **yes**: it does.
- **not yet**: its value is checked, and a warning names the label; everything else works.
- **503**: it asks for a protection that cannot be given yet. What it belongs to answers 503 while the label is there, unless its
  value asks for no more than the default.
`;

interface Section {
  readonly object: LabelObject;
  readonly title: string;
  readonly text: string;
}

const BEFORE_MIDDLEWARES: readonly Section[] = [
  {
    object: 'site',
    title: 'One site',
    text: 'The shorthand. Of several sites on one container each has a name: `sluice.<site>.host`, `sluice.<site>.port`, ….',
  },
  {
    object: 'container',
    title: 'The container',
    text: 'From here on the names follow `sluice.` or `traefik.`.',
  },
  { object: 'router', title: 'Routers', text: 'A router says which requests it answers and where it sends them.' },
  {
    object: 'service',
    title: 'Services',
    text: 'A service is where requests go: the containers that define it, one server each.',
  },
  { object: 'transport', title: 'Transports', text: 'A transport says how servers are reached; services name it.' },
  {
    object: 'tlsOptions',
    title: 'TLS options',
    text: 'What clients have to fulfil; routers name them with `tls.options`. Those called `default` in a file hold for all other routers.',
  },
];

const AFTER_MIDDLEWARES: readonly Section[] = [
  {
    object: 'tcpRouter',
    title: 'TCP routers',
    text: 'TCP and UDP are not routed yet: each object gets one warning by name.',
  },
  { object: 'tcpService', title: 'TCP services', text: '' },
  { object: 'tcpMiddleware', title: 'TCP middlewares', text: '' },
  { object: 'udpRouter', title: 'UDP routers', text: '' },
  { object: 'udpService', title: 'UDP services', text: '' },
  { object: 'other', title: 'Others', text: 'Labels of Swarm and of the default certificate.' },
];

/** The page of all labels, from the option table. */
export function labelReference(): string {
  return joinSections([
    INTRO,
    TYPES,
    ...BEFORE_MIDDLEWARES.map(objectSection),
    ...middlewareSections(),
    ...AFTER_MIDDLEWARES.map(objectSection),
  ]);
}

function objectSection({ object, title, text }: Section): string {
  const options = LABEL_OPTIONS.filter((option) => option.object === object);
  return `## ${title}\n\n${[text, below(object)].filter((part) => part !== '').join(' ')}\n\n${optionTable(options)}`;
}

function middlewareSections(): readonly string[] {
  const byType = new Map<string, LabelOption[]>();
  for (const option of LABEL_OPTIONS) {
    if (option.object !== 'middleware') continue;
    byType.getOrInsertComputed(option.key.split('.')[0] ?? '', () => []).push(option);
  }
  const section = ([type, options]: readonly [string, readonly LabelOption[]]): string =>
    `### ${code(type)}\n\n${optionTable(options)}`;
  const types = [...byType].sort(([left], [right]) => (left < right ? -1 : 1));
  return [
    `## Middlewares\n\nA middleware changes or refuses requests; routers name it, in order. Each has one type. ${below('middleware')}`,
    ...types.filter(([type]) => !UNSUPPORTED_MIDDLEWARES.has(type)).map(section),
    '## Middlewares that do not act yet\n\nA router that names a middleware of one of these types answers 503: it is never served without it.',
    ...types.filter(([type]) => UNSUPPORTED_MIDDLEWARES.has(type)).map(section),
  ];
}

/** Where the names of an object's table go on from; nothing for those that stand behind the prefix itself. */
function below(object: LabelObject): string {
  const path = objectPath(object);
  return path === '' ? '' : `Its names go on from ${code(path)}.`;
}

function optionTable(options: readonly LabelOption[]): string {
  const rows = options.map((option) => [
    code(option.object === 'site' ? `sluice.${option.key}` : option.key),
    typeOf(option),
    option.fallback,
    option.meaning,
    ACTS[option.acts],
  ]);
  return markdownTable(['label', 'type', 'default', 'meaning', 'acts'], rows);
}

const ACTS: Readonly<Record<LabelOption['acts'], string>> = { yes: 'yes', no: 'not yet', protects: '503' };

const TYPE_WORDS: Readonly<Partial<Record<LabelType, string>>> = {
  bool: 'yes or no',
  int: 'number',
  url: 'URL',
};

function typeOf({ type, words, min, max }: LabelOption): string {
  if (words !== undefined) return words.map(code).join(', ');
  const word = TYPE_WORDS[type] ?? type;
  if (type !== 'int') return word;
  if (max !== undefined) return `${word} from ${min} to ${max}`;
  return min === undefined ? word : `${word}, ${min} or more`;
}
